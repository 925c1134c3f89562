//! Peers in groups, by their score.
