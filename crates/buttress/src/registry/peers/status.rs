//! How the peers of a ledger stand.

#[cfg(feature = "serde")]
use crate::registry::serialize;
use crate::registry::{LaneStatus, Verdict};
use std::time::{Duration, SystemTime};

/// How the peers of one ledger stand: all of them in numbers, and those that matter most one by one.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PeersStatus {
    /// How well they are together, by [`troubles`](Self::troubles).
    pub verdict: Verdict,
    /// What that is by.
    pub troubles: PeerTroubles,
    /// How many peers are known.
    pub entries: usize,
    /// How many can be.
    pub capacity: usize,
    /// How many had to go so that another could be known.
    pub evicted: u64,
    /// How often a peer was given the state that those without room share.
    pub overflowed: u64,
    /// How many have a breaker in which state; `None` where the ledger has none for them.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub states: Option<PeerStates>,
    /// How many are banned.
    pub banned: usize,
    /// The mean of their scores, 0 to 100; `None` without peers.
    pub avg_score: Option<f64>,
    /// The mean share of what they did that succeeded, 0 to 1; `None` without peers.
    pub avg_reliability: Option<f64>,
    /// How often a breaker opened, since the ledger was made. It never becomes fewer. `None` where the ledger has none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub trips: Option<u64>,
    /// How often a peer was banned that was not, since the ledger was made. It never becomes fewer.
    pub bans: u64,
    /// What is sent to them.
    pub upload: Option<LaneStatus>,
    /// What is received from them.
    pub download: Option<LaneStatus>,
    /// The best of those that are not banned, the best first.
    pub best: Vec<PeerStatus>,
    /// Those that are banned or whose breaker is not closed, and then the worst, the worst first. A peer of a few can be among the
    /// best as well.
    pub worst: Vec<PeerStatus>,
    /// How it stands with the file they are kept in; `None` if there is none.
    #[cfg(feature = "persist")]
    pub saves: Option<crate::disk::keeper::Saves>,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub seed: u64,
}

/// What is wrong with peers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PeerTroubles {
    /// How many peers are known.
    pub peers: usize,
    /// How many of them are banned, or have an open breaker.
    pub refused: usize,
    /// How often a breaker opened or a peer was banned lately: within [`PeerTroubles::WINDOW`], in steps of a tenth of it.
    pub trips: u64,
}

/// How many peers have a breaker in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PeerStates {
    /// It is closed.
    pub closed: usize,
    /// It is open.
    pub open: usize,
    /// It is half-open.
    pub half_open: usize,
}

/// How one peer stands.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PeerStatus {
    /// Its id: what a terminal would obey in it is escaped, and a long one is cut.
    pub peer: String,
    /// Its score, 0 to 100.
    pub score: f64,
    /// How much is known to say so, 0 to 1.
    pub confidence: f64,
    /// The tier that the score puts it in.
    pub tier: &'static str,
    /// The share of what it did that succeeded; a half if it did nothing.
    pub reliability: f64,
    /// What it did that succeeded.
    pub successes: u64,
    /// What it did that failed.
    pub failures: u64,
    /// How long what it did took on average; `None` if that is not known.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub avg_latency: Option<Duration>,
    /// Bytes that were sent to it.
    pub bytes_sent: u64,
    /// Bytes that came from it.
    pub bytes_received: u64,
    /// The ban that holds.
    pub ban: Option<PeerBan>,
    /// The state of its breaker: `closed`, `open`, `half_open`. `None` if it has none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub breaker: Option<&'static str>,
    /// Calls to it that have begun and not ended.
    pub in_flight: u32,
    /// When it was heard of first.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::rfc3339"))]
    pub first_seen: SystemTime,
    /// When it was heard of last.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::rfc3339"))]
    pub last_seen: SystemTime,
}

/// A ban of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PeerBan {
    /// Why, as whoever banned it said; what a terminal would obey in it is escaped.
    pub reason: String,
    /// How often it was banned, this time included.
    pub times: u32,
    /// How long until it is lifted; `None` if only an operator does.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub left: Option<Duration>,
}

impl PeerStatus {
    /// A peer that nothing is known of but that its score is this; the fields are there to be set.
    #[must_use]
    pub fn new(peer: String, score: f64) -> Self {
        Self {
            peer,
            score,
            confidence: 0.0,
            tier: "neutral",
            reliability: 0.5,
            successes: 0,
            failures: 0,
            avg_latency: None,
            bytes_sent: 0,
            bytes_received: 0,
            ban: None,
            breaker: None,
            in_flight: 0,
            first_seen: SystemTime::UNIX_EPOCH,
            last_seen: SystemTime::UNIX_EPOCH,
        }
    }
}

impl PeerBan {
    /// A ban for this reason, the first one, until an operator lifts it; the fields are there to be set.
    #[must_use]
    pub const fn new(reason: String) -> Self {
        Self { reason, times: 1, left: None }
    }
}
