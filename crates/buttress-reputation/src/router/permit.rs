//! What a call holds of the peer that it went to.

use super::common::PeerId;
use super::trail::Trail;
use crate::Tick;
use crate::clock::fine;
use crate::selection::Picked;
use buttress::{Outcome, Settle};
use std::fmt;
use std::time::Duration;

/// The leave to ask one peer, and the account of how that went. Settled with the outcome; dropped, the call counts as cancelled,
/// and as one that would have taken at least so long.
#[must_use = "a dropped permit is a cancelled call"]
pub struct Permit<K: PeerId, S>(Option<Held<K, S>>);

struct Held<K: PeerId, S> {
    picked: Picked<K, S>,
    began: Tick,
    /// When the head of the answer was there, where its body is waited for: the peer's time, as the rest takes as long as the
    /// caller likes.
    answered: Option<Tick>,
    trail: Option<Trail>,
}

impl<K: PeerId, S> Permit<K, S> {
    /// The call begins now.
    #[inline]
    pub(super) fn begin(picked: Picked<K, S>, trail: Option<Trail>) -> Self {
        Self(Some(Held { picked, began: fine(), answered: None, trail }))
    }
}

impl<K: PeerId, S> Drop for Permit<K, S> {
    #[inline]
    fn drop(&mut self) {
        if let Some(held) = self.0.take() {
            held.end(Outcome::Cancelled);
        }
    }
}

impl<K: PeerId, S> Held<K, S> {
    #[inline]
    fn end(self, outcome: Outcome) {
        let took = self.answered.unwrap_or_else(fine).since(self.began);
        self.picked.record(outcome, took);
    }
}

impl<K: PeerId, S: Send + Sync + 'static> Settle for Permit<K, S> {
    #[inline]
    fn settle(&mut self, outcome: Outcome, retry_after: Option<Duration>) {
        let Some(held) = self.0.take() else { return };
        if let Some(trail) = &held.trail {
            trail.ended(held.picked.number(), outcome, retry_after);
        }
        held.end(outcome);
    }

    #[inline]
    fn answered(&mut self) {
        if let Some(held) = &mut self.0 {
            held.answered = Some(fine());
        }
    }

    #[inline]
    fn take(&mut self) -> Self {
        Self(self.0.take())
    }
}

impl<K: PeerId, S> fmt::Debug for Permit<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.0.is_some()).finish()
    }
}
