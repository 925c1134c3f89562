//! How a rate limit stands.

use super::health::Verdict;
#[cfg(feature = "serde")]
use super::serialize;
use crate::rate_limit::{Rate, Snapshot, Standing};
use std::time::Duration;

/// How one rate limit stands. All counts are since it was made.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RateLimitStatus {
    /// Degraded while it is paused, as a peer or an operator asked for; that it refuses what comes above its rate is its task.
    pub verdict: Verdict,
    /// How many tokens come a second; of several limits, those of the slowest.
    pub rate: f64,
    /// Its limits, most often one.
    pub limits: Vec<LimitStatus>,
    /// How much of a pause is left.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub paused_for: Duration,
    /// Calls that wait for their turn.
    pub waiting: u64,
    /// Calls that were admitted.
    pub admitted: u64,
    /// Calls that were not, for whatever reason.
    pub rejected: u64,
    /// Those of them that came above the rate.
    pub limited: u64,
    /// Those of them that cost more than there ever is.
    pub too_large: u64,
    /// Those of them that waited in vain for as long as they might.
    pub timed_out: u64,
    /// Those of them whose deadline was over while they waited.
    pub expired: u64,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

/// How one of the limits of a rate limit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LimitStatus {
    /// How many tokens come in which time, as `100/s`.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub rate: Rate,
    /// How many there are when none was taken for long.
    pub burst: u64,
    /// How many there are now.
    pub remaining: u64,
}

/// How the limits of many keys stand. All counts are since they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedRateLimitStatus {
    /// How many tokens of each key come in which time, as `100/s`.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub rate: Rate,
    /// How many tokens each key has when none was taken for long.
    pub burst: u32,
    /// How many keys have a state.
    pub entries: usize,
    /// How many can have one.
    pub capacity: usize,
    /// How many had to go so that another could have one.
    pub evicted: u64,
    /// How often a key found no room and shared the state of all such keys.
    pub overflowed: u64,
    /// Calls that were admitted.
    pub admitted: u64,
    /// Calls that were not, for whatever reason.
    pub rejected: u64,
    /// Those of them that came above the rate of their key.
    pub limited: u64,
    /// Those of them that cost more than there ever is.
    pub too_large: u64,
    /// Those of them that waited in vain for as long as they might.
    pub timed_out: u64,
    /// Those of them whose deadline was over while they waited.
    pub expired: u64,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

impl RateLimitStatus {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let paused_for = snapshot.paused_for;
        Self {
            verdict: if paused_for.is_zero() { Verdict::Healthy } else { Verdict::Degraded },
            rate: snapshot.rate,
            limits: snapshot.limits.iter().map(LimitStatus::new).collect(),
            paused_for,
            waiting: snapshot.waiting,
            admitted: snapshot.admitted,
            rejected: snapshot.rejected(),
            limited: snapshot.limited,
            too_large: snapshot.too_large,
            timed_out: snapshot.timed_out,
            expired: snapshot.expired,
            seed: snapshot.seed,
        }
    }
}

impl LimitStatus {
    pub(crate) fn new(standing: &Standing) -> Self {
        let Standing { rate, burst, remaining, .. } = *standing;
        Self { rate, burst, remaining }
    }
}
