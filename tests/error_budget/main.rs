//! The error budget as a layer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actions;
mod counted;
mod events;
mod kept;
mod killed;
mod over_http;
mod stack;
mod threads;
mod tracker;

use buttress::error_budget::{BudgetSnapshot, Config, Handle};
use buttress::{BoxError, FailureKind, Outcome, Ratio, Reason, Rejected};
use std::time::Duration;

pub(crate) const FAILED: Outcome = Outcome::Failure(FailureKind::Error);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Nine calls of ten are to be good, over an hour, and no call is too early to say so.
pub(crate) fn config() -> Config {
    Config::builder().objective(ratio(0.9)).window(HOUR).minimum_calls(1).build().unwrap()
}

/// So many calls that ended like this, at once.
pub(crate) fn record(handle: &Handle, outcome: Outcome, times: usize) {
    (0..times).for_each(|_| handle.record(outcome, Duration::ZERO));
}

/// How its one objective stands.
pub(crate) fn budget(handle: &Handle) -> BudgetSnapshot {
    let mut objectives = handle.snapshot().objectives;
    assert_eq!(objectives.len(), 1);
    objectives.remove(0).budget
}

/// Calls and bad ones.
pub(crate) fn calls(handle: &Handle) -> (u64, u64) {
    let budget = budget(handle);
    (budget.total, budget.bad)
}

pub(crate) fn ratio(share: f64) -> Ratio {
    Ratio::new(share).unwrap()
}

/// Why a call was refused, and when to come again.
pub(crate) fn refusal(error: &BoxError) -> (Reason, Option<Duration>) {
    let rejected = Rejected::find(&**error).unwrap_or_else(|| panic!("`{error}` is no rejection"));
    (rejected.reason(), rejected.retry_after())
}
