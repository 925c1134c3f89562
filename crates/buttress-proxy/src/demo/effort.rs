//! What the proxy does for its clients: attempts at the origins, those of them that are retries, and what
//! is left of the budget that limits these.

use std::collections::VecDeque;

use buttress::retry;
use serde::Serialize;

use crate::proxy::BUDGET;

/// What the proxy did within one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Effort {
    /// Attempts that ended, whatever came of them.
    pub(super) attempts: u64,
    /// Retries that were sent.
    pub(super) retries: u64,
    /// Retries that the budget still had at the end of the second.
    pub(super) budget: u64,
}

/// Reads the proxy's counters.
#[derive(Debug)]
pub(super) struct Meter {
    retries: retry::Handle,
    /// Retries that had been sent when it was last read.
    before: u64,
}

impl Meter {
    pub(super) const fn new(retries: retry::Handle) -> Self {
        Self { retries, before: 0 }
    }

    /// What was done since the last call, which were so many attempts.
    pub(super) fn take(&mut self, attempts: u64) -> Effort {
        let budget = self.retries.budget().map_or(0, |budget| budget.snapshot().balance);
        let now = self.retries.totals().retries();
        Effort { attempts, retries: now - std::mem::replace(&mut self.before, now), budget }
    }

    /// Retries that the budget refused.
    pub(super) fn refused(&self) -> u64 {
        self.retries.budget().map_or(0, |budget| budget.snapshot().refused)
    }
}

/// Holds what was spent against what the budget allows, in every window of whole seconds.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Requests and retries of the seconds in the window that ends now.
    window: VecDeque<(u64, u64)>,
    fullest: Window,
}

/// The retries in one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Window {
    pub(super) spent: u64,
    /// A share of the requests in it, and some for each second.
    pub(super) allowed: u64,
}

impl Ledger {
    pub(super) fn add(&mut self, requests: u64, retries: u64) {
        let seconds = BUDGET.window.as_secs();
        self.window.push_back((requests, retries));
        if self.window.len() as u64 > seconds {
            self.window.pop_front();
        }
        let (requests, spent) =
            self.window.iter().fold((0, 0), |sum, second| (sum.0 + second.0, sum.1 + second.1));
        let allowed = (BUDGET.ratio * requests as f64 + BUDGET.per_second * seconds as f64) as u64;
        let now = Window { spent, allowed };
        if now.fullness() > self.fullest.fullness() {
            self.fullest = now;
        }
    }

    /// The window in which most of what was allowed was spent.
    pub(super) fn fullest(&self) -> Window {
        self.fullest
    }
}

impl Window {
    pub(super) fn held(self) -> bool {
        self.spent <= self.allowed
    }

    fn fullness(self) -> f64 {
        self.spent as f64 / self.allowed.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_of_all_windows_decides_whether_the_budget_held() {
        let mut ledger = Ledger::default();
        ledger.add(300, 0);
        ledger.add(300, 100);
        assert_eq!(ledger.fullest(), Window { spent: 100, allowed: 310 });
        for _ in 0..20 {
            ledger.add(300, 0);
        }
        assert_eq!(ledger.fullest(), Window { spent: 100, allowed: 310 }, "emptier ones do not hide it");
        ledger.add(0, 1_361);
        assert_eq!(ledger.fullest(), Window { spent: 1_361, allowed: 1_360 });
        assert!(!ledger.fullest().held());
    }
}
