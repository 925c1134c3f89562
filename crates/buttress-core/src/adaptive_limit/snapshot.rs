//! How a limit stands.

use std::time::Duration;

/// A limit and what it was derived from, true for one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Calls that may be in flight.
    pub limit: u32,
    /// What a call takes when it does not wait; `None` before that is known.
    pub usual: Option<Duration>,
    /// What a call took on average in the last window; `None` before the first.
    pub latency: Option<Duration>,
    /// Calls that taught it something, in the windows that are closed; a total that only grows.
    pub calls: u64,
    /// Those of them that were dropped: timeouts and throttling.
    pub dropped: u64,
    /// How often the limit rose.
    pub raised: u64,
    /// How often the limit fell.
    pub lowered: u64,
}
