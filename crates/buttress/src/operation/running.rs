//! One call under way.

use super::handle::Shared;
use crate::{Outcome, Settle, Tick, clock};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A call under way. Settled with the outcome; dropped, it counts as cancelled.
#[must_use = "a dropped call is a cancelled call"]
pub struct Running(Option<(Arc<Shared>, Tick)>);

impl Running {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(Some((shared, clock::precise())))
    }

    /// A call that nobody counts.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// The call ended like this.
    pub fn record(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    #[inline]
    fn end(&mut self, outcome: Outcome) {
        if let Some((shared, began)) = self.0.take() {
            shared.end(outcome, began, clock::precise());
        }
    }
}

impl Settle for Running {
    fn settle(&mut self, outcome: Outcome, _: Option<Duration>) {
        self.end(outcome);
    }

    fn take(&mut self) -> Self {
        Self(self.0.take())
    }
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        self.end(Outcome::Cancelled);
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("ended", &self.0.is_none()).finish()
    }
}
