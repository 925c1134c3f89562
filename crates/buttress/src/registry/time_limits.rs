//! How a timeout or a deadline stands.

#[cfg(feature = "serde")]
use super::serialize;
use crate::timeout::Snapshot;
use std::time::Duration;

/// How one timeout or one deadline stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TimeLimitStatus {
    /// How long a call may take now.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub limit: Duration,
    /// What 95 % of the last calls did not exceed; `None` unless the limit follows them, and before there are enough.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub percentile: Option<Duration>,
    /// Calls that were sent and given up, since it was made.
    pub timed_out: u64,
    /// Those of them for which another deadline left less time than the limit: one around it, or one that came with the request.
    pub by_deadline: u64,
    /// Calls that a deadline did not send, as it was over before; none of a timeout.
    pub expired: u64,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

impl TimeLimitStatus {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let Snapshot { limit, percentile, timed_out, by_deadline, expired, seed, .. } = *snapshot;
        Self { limit, percentile, timed_out, by_deadline, expired, seed }
    }
}
