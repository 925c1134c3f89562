//! One call that counts.

use super::shared::Shared;
use crate::{Outcome, Rejected, Settle, Tick, classify};
use std::ops::Deref;
use std::time::Duration;

/// A call under way. Settled with the outcome; dropped, it is a call that was cancelled, which the budget does not count.
#[derive(Debug)]
#[must_use = "a dropped call is a cancelled call"]
pub struct Recording<L: Deref<Target = Shared>>(Option<(L, Tick)>);

impl<L: Deref<Target = Shared>> Recording<L> {
    /// A call that begins now.
    #[inline]
    pub(super) fn begin(lease: L) -> Self {
        let began = lease.begins_at();
        Self(Some((lease, began)))
    }

    /// A call that no budget counts.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    // Out of line, so that the check for it is all that a settled one costs.
    #[cold]
    #[inline(never)]
    fn cancel(&mut self) {
        if let Some((lease, _)) = self.0.take() {
            lease.cancelled();
        }
    }
}

impl<L: Deref<Target = Shared>> Drop for Recording<L> {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.cancel();
        }
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Settle for Recording<L> {
    #[inline(always)]
    fn settle(&mut self, outcome: Outcome, _: Option<Duration>) {
        if let Some((lease, began)) = self.0.take() {
            lease.ended(outcome, began);
        }
    }

    fn rejected(&mut self, rejected: Rejected) {
        match (&self.0, classify::outcome_of(rejected)) {
            (Some((lease, _)), Outcome::Ignored) => {
                lease.refused_beneath();
                self.0 = None;
            }
            (_, outcome) => self.settle(outcome, None),
        }
    }

    #[inline]
    fn take(&mut self) -> Self {
        Self(self.0.take())
    }
}
