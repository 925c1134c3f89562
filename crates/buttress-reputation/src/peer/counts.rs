//! How often what was done succeeded and failed.

use crate::deed::{Deed, Kind};
use crate::sync::{AtomicU64, Ordering};
use buttress_core::Outcome;

/// Successes and failures in one word, each up to four billion and not beyond.
#[derive(Debug)]
pub(crate) struct Pair(AtomicU64);

const FAILURE: u64 = 1 << 32;
/// Both stop a little below what they can hold, so that threads that count at once do not carry one into the other.
const MOST: u64 = (u32::MAX - u16::MAX as u32) as u64;

impl Pair {
    fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[inline]
    fn count(&self, succeeded: bool) {
        let word = self.0.load(Ordering::Relaxed);
        let (so_far, one) = if succeeded { (word & 0xffff_ffff, 1) } else { (word >> 32, FAILURE) };
        if so_far < MOST {
            self.0.fetch_add(one, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Tries {
        let word = self.0.load(Ordering::Relaxed);
        Tries { succeeded: word as u32, failed: (word >> 32) as u32 }
    }

    #[cfg(any(test, feature = "persist"))]
    fn set(&self, tries: Tries) {
        let most = u32::try_from(MOST).expect("less than four billion");
        let (succeeded, failed) = (tries.succeeded.min(most), tries.failed.min(most));
        self.0.store(u64::from(succeeded) | u64::from(failed) << 32, Ordering::Relaxed);
    }
}

/// How often something was tried, by how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tries {
    /// It succeeded.
    pub(crate) succeeded: u32,
    /// It failed.
    pub(crate) failed: u32,
}

impl Tries {
    /// All of them.
    pub(crate) const fn all(self) -> u64 {
        self.succeeded as u64 + self.failed as u64
    }
}

/// What a peer did, by its kind. What a peer turned down because it was asked too much failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) syncs: Tries,
    pub(crate) messages: Tries,
    pub(crate) calls: Tries,
}

impl Counts {
    /// All of them together.
    pub(crate) const fn samples(&self) -> u64 {
        self.syncs.all() + self.messages.all() + self.calls.all()
    }

    /// Those that succeeded.
    pub(crate) const fn succeeded(&self) -> u64 {
        self.syncs.succeeded as u64 + self.messages.succeeded as u64 + self.calls.succeeded as u64
    }
}

/// The counts as they grow.
#[derive(Debug)]
pub(crate) struct Counters {
    syncs: Pair,
    messages: Pair,
    calls: Pair,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self { syncs: Pair::new(), messages: Pair::new(), calls: Pair::new() }
    }

    #[inline]
    pub(crate) fn count(&self, deed: &Deed) {
        match deed.kind() {
            Kind::Sync { succeeded } => self.syncs.count(succeeded),
            Kind::Message { succeeded } => self.messages.count(succeeded),
            Kind::Call(Outcome::Success) => self.calls.count(true),
            Kind::Call(Outcome::Failure(_) | Outcome::Throttled) => self.calls.count(false),
            Kind::Call(Outcome::Ignored | Outcome::Cancelled) | Kind::Points(_) => {}
        }
    }

    pub(crate) fn read(&self) -> Counts {
        Counts { syncs: self.syncs.read(), messages: self.messages.read(), calls: self.calls.read() }
    }

    #[cfg(any(test, feature = "persist"))]
    pub(crate) fn set(&self, counts: Counts) {
        self.syncs.set(counts.syncs);
        self.messages.set(counts.messages);
        self.calls.set(counts.calls);
    }
}
