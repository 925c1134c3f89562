//! How a retry stands.

#[cfg(feature = "serde")]
use super::serialize;
use crate::Durations;
use crate::retry::{GiveUp, Handle, Totals, budget};
use std::collections::BTreeMap;

/// How one retry stands. All counts are since it was made.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RetryStatus {
    /// The most attempts that a call has, the first among them.
    pub max_attempts: u32,
    /// Attempts by their number from 1 to 10, and those beyond.
    pub attempts: Vec<u64>,
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed for good.
    pub failures: u64,
    /// The same by why there was no further attempt, with the names of [`GiveUp::as_str`].
    pub failures_by_reason: BTreeMap<&'static str, u64>,
    /// Calls that were dropped before they had a result.
    pub cancelled: u64,
    /// The share of calls that succeeded, of those that had a result, in percent; `None` without any.
    pub success_rate: Option<f64>,
    /// The waits before retries, as they were decided.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::buckets"))]
    pub delays: Durations,
    /// How its budget stands, if it has one: of one that others share, with what they spent.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::retry_budget"))]
    pub budget: Option<budget::Snapshot>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) totals: Totals,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

impl RetryStatus {
    pub(crate) fn new(handle: &Handle) -> Self {
        let snapshot = handle.snapshot();
        let totals = snapshot.totals;
        Self {
            max_attempts: handle.config().max_attempts().get(),
            attempts: totals.attempts().to_vec(),
            successes: totals.successes(),
            failures: totals.failures(),
            failures_by_reason: GiveUp::ALL.iter().map(|why| (why.as_str(), totals.gave_up(*why))).collect(),
            cancelled: totals.cancelled,
            success_rate: totals.success_rate().map(|rate| rate.get() * 100.0),
            delays: snapshot.delays,
            budget: snapshot.budget,
            totals,
            seed: handle.seed(),
        }
    }
}
