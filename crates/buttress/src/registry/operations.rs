//! How an operation stands.

#[cfg(feature = "serde")]
use super::serialize;
use crate::Durations;
use crate::operation::{Handle, Totals};

/// How one operation stands.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OperationStatus {
    /// The name of the operation.
    pub operation: &'static str,
    /// The component whose operation it is.
    pub component: &'static str,
    /// Calls that have begun and not ended.
    pub in_flight: u64,
    /// Calls that ended since it was made or reset.
    #[cfg_attr(feature = "serde", serde(with = "serialize::OperationTotals"))]
    pub totals: Totals,
    /// The share of calls that succeeded, of those that had a say in it, in percent; `None` without any.
    pub success_rate: Option<f64>,
    /// How long calls took that succeeded, failed or were throttled, since it was made or reset.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::buckets"))]
    pub durations: Durations,
    /// The same since it was made: what counters are made of, which no reset takes back.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) lifetime: Totals,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) lifetime_durations: Durations,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

impl OperationStatus {
    pub(crate) fn new(handle: &Handle) -> Self {
        let (lifetime, lifetime_durations) = handle.lifetime();
        let totals = handle.totals();
        Self {
            operation: handle.name(),
            component: handle.component(),
            in_flight: handle.in_flight(),
            totals,
            success_rate: totals.success_rate().map(|rate| rate.get() * 100.0),
            durations: handle.durations(),
            lifetime,
            lifetime_durations,
            seed: handle.seed(),
        }
    }
}
