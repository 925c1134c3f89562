//! The counters of a breaker as they are exported: each call under one result.

use crate::circuit_breaker::Totals;

/// The results of calls, in the order of [`Counts`].
pub(super) const RESULTS: [&str; 6] = ["success", "failure", "rejected", "throttled", "ignored", "cancelled"];

/// Numbers that only grow: the calls by result, and what else is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) results: [u64; RESULTS.len()],
    /// Throttled calls among them where those are failures.
    pub(super) failures: u64,
    pub(super) slow: u64,
    pub(super) expired_leases: u64,
    pub(super) would_reject: u64,
    pub(super) panicked: u64,
    pub(super) opened: u64,
}

impl Counts {
    pub(super) fn new(totals: &Totals, opened: u64) -> Self {
        let failed = totals.failures.saturating_sub(totals.throttled_failures);
        let Totals { successes, rejected, throttled, ignored, cancelled, .. } = *totals;
        Self {
            results: [successes, failed, rejected, throttled, ignored, cancelled],
            failures: totals.failures,
            slow: totals.slow,
            expired_leases: totals.expired_leases,
            would_reject: totals.would_reject,
            panicked: totals.panicked,
            opened,
        }
    }

    /// Each number by `both` of this and the other.
    pub(super) fn zip(&self, other: &Self, both: impl Fn(u64, u64) -> u64) -> Self {
        let results = std::array::from_fn(|result| both(self.results[result], other.results[result]));
        Self {
            results,
            failures: both(self.failures, other.failures),
            slow: both(self.slow, other.slow),
            expired_leases: both(self.expired_leases, other.expired_leases),
            would_reject: both(self.would_reject, other.would_reject),
            panicked: both(self.panicked, other.panicked),
            opened: both(self.opened, other.opened),
        }
    }
}
