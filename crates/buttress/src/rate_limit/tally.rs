//! What is counted about calls.

use crate::{Reason, Refusal};
use buttress_core::PerThread;
use std::sync::atomic::AtomicU64;

/// Calls by what became of them. They only ever grow.
#[derive(Default)]
pub(super) struct Tally(PerThread<Counters>);

#[derive(Default)]
struct Counters {
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
        self.0.count(|calls| &calls.admitted);
    }

    #[inline]
    pub(super) fn rejected(&self, refusal: Refusal) {
        // By a branch, which is foreseen: what is counted is not waited for until the refusal is known.
        match refusal.reason() {
            Reason::RateLimited => self.0.count(|calls| &calls.limited),
            reason => self.rejected_otherwise(reason),
        }
    }

    #[inline(never)]
    fn rejected_otherwise(&self, reason: Reason) {
        self.0.count(|calls| match reason {
            Reason::TooLarge => &calls.too_large,
            Reason::QueueTimedOut => &calls.timed_out,
            Reason::Expired => &calls.expired,
            _ => &calls.limited,
        });
    }

    pub(super) fn read(&self) -> Tallied {
        Tallied {
            admitted: self.0.sum(|calls| &calls.admitted),
            limited: self.0.sum(|calls| &calls.limited),
            too_large: self.0.sum(|calls| &calls.too_large),
            timed_out: self.0.sum(|calls| &calls.timed_out),
            expired: self.0.sum(|calls| &calls.expired),
        }
    }
}
