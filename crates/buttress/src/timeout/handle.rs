//! A time limit that its owner watches.

use super::watched::{Watched, watched};
use buttress_core::adaptive_timeout::Config;
use std::sync::Arc;
use std::time::Duration;

/// A time limit with a name. Cheap to clone; every clone, every layer made from one and every service of those share it.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Watched>);

/// The kind of layer, in events and rejections.
pub(super) const LAYER: &str = "timeout";

impl Handle {
    /// Gives up after `limit`. The name is for people and metrics; an application has as many as it has limits it names.
    #[must_use]
    pub fn new(name: &str, limit: Duration) -> Self {
        Self(Watched::fixed(LAYER, name, limit))
    }

    /// Gives up after a time that follows how long calls take: see [`Config`]. One for each operation, as what is long for
    /// one is short for another.
    #[must_use]
    pub fn adaptive(name: &str, config: Config) -> Self {
        Self(Watched::adaptive(LAYER, name, config))
    }

    /// Forgets how long calls took: a limit that follows them begins anew. What was counted stays.
    pub fn reset(&self) {
        self.0.reset();
    }
}

watched!(among timeouts);
