//! From what is wrong with peers to a verdict.

use super::PeerTroubles;
use crate::registry::Verdict;
use std::fmt;
use std::time::Duration;

impl PeerTroubles {
    /// The time that trips count for. A network that was broken is well again this long after, however often breakers opened
    /// before; and in less time, peers that come and go one by one would be no sign of anything.
    pub const WINDOW: Duration = Duration::from_secs(300);

    /// From so many trips in the window on, they are more than the peers' own affair.
    pub const MANY: u64 = 100;

    /// So many peers, of which so many are refused, and so many trips in the window.
    #[must_use]
    pub const fn new(peers: usize, refused: usize, trips: u64) -> Self {
        Self { peers, refused, trips }
    }

    /// Unhealthy where every peer is refused; degraded where at least half of them are, or after [many](Self::MANY) trips. A
    /// peer that is refused among many that are not is what a ledger is for.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        if self.peers > 0 && self.refused >= self.peers {
            Verdict::Unhealthy
        } else if self.refused > 0 && 2 * self.refused >= self.peers || self.trips >= Self::MANY {
            Verdict::Degraded
        } else {
            Verdict::Healthy
        }
    }
}

impl fmt::Display for PeerTroubles {
    /// `refusing 2 of 3 peers, 7 trips lately`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peers, refused, trips } = self;
        write!(f, "refusing {refused} of {peers} peers, {trips} trips lately")
    }
}
