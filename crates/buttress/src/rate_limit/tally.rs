//! What is counted about calls.

use crate::{Reason, Refusal};
use std::sync::atomic::{AtomicU64, Ordering};

/// Calls by what became of them. They only ever grow.
#[derive(Default)]
pub(super) struct Tally {
    admitted: AtomicU64,
    limited: AtomicU64,
    too_large: AtomicU64,
    timed_out: AtomicU64,
    expired: AtomicU64,
}

/// The same at one instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tallied {
    pub(super) admitted: u64,
    pub(super) limited: u64,
    pub(super) too_large: u64,
    pub(super) timed_out: u64,
    pub(super) expired: u64,
}

impl Tally {
    #[inline]
    pub(super) fn admitted(&self) {
        count(&self.admitted);
    }

    #[inline]
    pub(super) fn rejected(&self, refusal: Refusal) {
        count(match refusal.reason() {
            Reason::TooLarge => &self.too_large,
            Reason::QueueTimedOut => &self.timed_out,
            Reason::Expired => &self.expired,
            _ => &self.limited,
        });
    }

    pub(super) fn read(&self) -> Tallied {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tallied {
            admitted: read(&self.admitted),
            limited: read(&self.limited),
            too_large: read(&self.too_large),
            timed_out: read(&self.timed_out),
            expired: read(&self.expired),
        }
    }
}

#[inline]
fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
