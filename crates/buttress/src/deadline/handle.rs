//! A total limit that its owner watches.

use crate::timeout::{Watched, watched};
use std::sync::Arc;
use std::time::Duration;

/// A total limit with a name. Cheap to clone; every clone, every layer made from one and every service of those share it.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Watched>);

/// The kind of layer, in events and rejections.
pub(super) const LAYER: &str = "deadline";

impl Handle {
    /// A call is over after `limit`. The name is for people and metrics; an application has as many as it has limits it names.
    #[must_use]
    pub fn new(name: &str, limit: Duration) -> Self {
        Self(Watched::fixed(LAYER, name, limit))
    }
}

watched!(among deadlines);
