//! How a limit stands.

use super::Rate;
use std::time::Duration;

/// How a limit stands, true for one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// How many over time.
    pub rate: Rate,
    /// How many at once.
    pub burst: u32,
    /// How many it would admit now.
    pub remaining: u32,
    /// After how long it admits one; zero if it does now.
    pub next_in: Duration,
    /// After how long it would admit one more than it does now; zero if all of the burst is there.
    pub more_in: Duration,
    /// After how long all of the burst is there, if none is taken meanwhile.
    pub full_in: Duration,
    /// How much of a pause is left.
    pub paused_for: Duration,
}
