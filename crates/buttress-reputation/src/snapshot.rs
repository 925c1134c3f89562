//! How a peer stood at one instant.

use crate::{Score, Tier, breaker};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How a peer stood at one instant.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// What it has earned, decayed to this instant.
    pub score: Score,
    /// How much is known of it, from 0 to 1.
    pub confidence: f64,
    /// The group its score puts it in.
    pub tier: Tier,
    /// The share of its operations that succeeded; 0.5 while there was none.
    pub reliability: f64,
    /// Syncs that succeeded.
    pub successful_syncs: u64,
    /// Syncs that failed.
    pub failed_syncs: u64,
    /// Messages that arrived.
    pub successful_messages: u64,
    /// Messages that did not.
    pub failed_messages: u64,
    /// Calls that succeeded.
    pub successful_calls: u64,
    /// Calls that failed.
    pub failed_calls: u64,
    /// How long it takes to answer; `None` while nobody has measured it.
    pub avg_latency: Option<Duration>,
    /// Bytes that it was sent.
    pub bytes_sent: u64,
    /// Bytes that it sent.
    pub bytes_received: u64,
    /// Why it is banned, if it is.
    pub ban: Option<Ban>,
    /// How its breaker stands.
    pub breaker: breaker::State,
    /// Calls to it that have not ended.
    pub in_flight: u32,
    /// When something was first heard of it.
    pub first_seen: SystemTime,
    /// When something was last heard of it.
    pub last_seen: SystemTime,
    /// How long that is after the first time.
    pub uptime: Duration,
}

/// A ban that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ban {
    /// Why, as whoever banned it said.
    pub reason: Arc<str>,
    /// Since when.
    pub since: SystemTime,
    /// Until when; `None` until somebody lifts it.
    pub until: Option<SystemTime>,
    /// How often it was banned, with this time.
    pub times: u32,
}

impl Snapshot {
    /// Whether it is not asked at all.
    #[must_use]
    pub const fn is_banned(&self) -> bool {
        self.ban.is_some()
    }
}
