//! How all peers stood at one instant.

use crate::BandwidthSummary;

/// How all peers of a ledger stood at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Summary {
    /// Their breakers.
    pub breakers: Breakers,
    /// Their scores.
    pub reputation: Reputation,
    /// What passed.
    pub bandwidth: BandwidthSummary,
}

/// How the breakers of all peers stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Breakers {
    /// Peers that are known.
    pub total_peers: usize,
    /// Those that are asked.
    pub closed: usize,
    /// Those that are not.
    pub open: usize,
    /// Those that are asked once or twice, to see whether they are back.
    pub half_open: usize,
    /// How often a breaker opened since the ledger began, also of peers that are forgotten by now.
    pub trips: u64,
}

/// How the scores of all peers stood.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reputation {
    /// Peers that are known.
    pub total_peers: usize,
    /// Those that are banned.
    pub banned_peers: usize,
    /// The mean of all scores; that of a new peer while none is known.
    pub avg_score: f64,
    /// The mean of all reliabilities; 0.5 while no peer is known.
    pub avg_reliability: f64,
}
