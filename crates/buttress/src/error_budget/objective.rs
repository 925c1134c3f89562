//! One objective of a handle.

use crate::Outcome;
use crate::Tick;
use crate::rejected::Site;
use buttress_core::error_budget::{Changes, Config, ErrorBudget, Level};
use std::time::Duration;

/// What is promised, under a name of its own, and how it is kept.
pub(super) struct Objective {
    site: &'static Site,
    machine: ErrorBudget,
}

impl Objective {
    pub(super) const fn new(site: &'static Site, machine: ErrorBudget) -> Self {
        Self { site, machine }
    }

    pub(super) const fn site(&self) -> &'static Site {
        self.site
    }

    pub(super) const fn machine(&self) -> &ErrorBudget {
        &self.machine
    }

    const fn config(&self) -> &Config {
        self.machine.config()
    }
}

impl Objective {
    /// How long a good call may take, if that matters.
    pub(super) const fn slower_than(&self) -> Option<Duration> {
        self.config().slower_than()
    }

    /// Whether a call is good or bad that ended like this, or was refused before it was sent; `None` if it does not count.
    pub(super) const fn judge(&self, outcome: Outcome, refused: bool) -> Option<bool> {
        self.config().judge(outcome, refused)
    }

    pub(super) fn level(&self) -> Level {
        self.machine.level()
    }

    #[inline]
    pub(super) fn record(&self, good: bool, now: Tick) -> Option<Changes> {
        self.machine.record(good, now)
    }

    #[inline]
    pub(super) fn record_lasting(&self, success: bool, took: Duration, now: Tick) -> Option<Changes> {
        self.machine.record_lasting(success, took, now)
    }
}
