//! When to open.

use super::config::Config;
use super::transition::Cause;
use crate::measure::Tally;
use std::fmt;

/// A rule that opens a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Failures one after the other.
    ConsecutiveFailures,
    /// The number of failures in the window.
    FailuresInWindow,
    /// The share of failures in the window.
    FailureRate,
    /// The share of slow calls in the window.
    SlowCallRate,
}

impl Rule {
    /// The rule as words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConsecutiveFailures => "consecutive failures",
            Self::FailuresInWindow => "failures in the window",
            Self::FailureRate => "failure rate",
            Self::SlowCallRate => "slow call rate",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Config {
    /// The length of run that opens when the window holds `calls`.
    pub(super) fn run_limit(&self, calls: u64) -> Option<u64> {
        let busy = calls >= u64::from(self.minimum_calls);
        self.run.map(|run| u64::from(if busy { run.when_busy } else { run.failures }))
    }

    /// The first rule that opens on a run of `run` failures and what the window holds. A success, which can be there for
    /// being slow, is no reason to look at the failures.
    pub(super) fn rule_that_opens(&self, failed: bool, run: u64, window: Tally) -> Option<Cause> {
        let (failures, calls) = (window.bad, window.calls());
        if let Some(limit) = self.run_limit(calls).filter(|limit| failed && run >= *limit) {
            return Some(Cause::ConsecutiveFailures { failures: run, limit });
        }
        if let Some(limit) = self
            .failure_count
            .map(|count| u64::from(count.get()))
            .filter(|limit| failed && failures >= *limit)
        {
            return Some(Cause::FailuresInWindow { failures, limit });
        }
        if calls < u64::from(self.minimum_calls) {
            return None;
        }
        if let Some(threshold) = self.failure_rate.filter(|rate| failed && rate.reached_by(failures, calls)) {
            return Some(Cause::FailureRate { failures, calls, threshold });
        }
        let slow = self.slow_calls.filter(|slow| slow.rate.reached_by(window.slow, calls))?;
        Some(Cause::SlowCallRate { slow: window.slow, calls, threshold: slow.rate })
    }
}
