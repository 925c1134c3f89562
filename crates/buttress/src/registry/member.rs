//! What a registry asks of the handles in it.

use super::health::Health;
use super::reset::{Answer, Asked};
use super::status::Status;
use crate::observe::Listen;
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// A kind of handle that a [`Registry`](super::Registry) keeps by name. The handles of this crate are of such kinds; others
/// cannot be.
pub trait Member: Held + Clone {
    /// The kind, as it is called in errors and in [`Concern`](super::Concern).
    const KIND: &'static str;
}

/// The same for any kind.
pub trait Held: Any + Debug + Send + Sync {
    /// The name its owner gave to it.
    fn name(&self) -> &'static str;

    /// Writes down how it stands; of one that keeps a state per key, with as many keys.
    fn report(&self, status: &mut Status, keys: usize);

    /// Adds to `health` how well it is, at no more cost than that needs.
    fn judge(&self, health: &mut Health);

    /// Lets calls flow again and forgets what it has against them, if that is to happen when it is asked for like this.
    fn reset(&self, asked: Asked) -> Answer;

    /// Tells `listener` of its events from now on.
    fn listen(&self, listener: Arc<dyn Listen>);
}
