//! The rules by which a limit moves: arithmetic over one window of calls.

use crate::InvalidConfig;
use crate::config::ensure;
use std::time::Duration;

const TOLERANCE: f64 = 1.5;

/// By what rule a limit moves. Each is told of what was too much by calls that were dropped, which are timeouts and throttling,
/// and takes away half of their share, as DCTCP does: all dropped halves the limit, one in a hundred hardly moves it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Algorithm {
    /// One more for each window in which nothing was dropped. Knows of no queue until calls are dropped, so it needs a timeout
    /// or a bound from which calls count as dropped.
    Aimd {
        /// Calls that took longer than this count as dropped; `None` for no such calls.
        slow: Option<Duration>,
    },
    /// Keeps the calls that wait at the peer, `limit * (1 - usual / latency)`, between 3 and 6 times the logarithm of the
    /// limit, as TCP Vegas does: the fewest that wait, and the slowest to find more room.
    Vegas,
    /// Shrinks by as much as the mean latency exceeds what is tolerated, and leaves a headroom of the square root of the limit,
    /// until that alone has kept it above what is tolerated for a while.
    Gradient2 {
        /// How many times the usual latency is no queue yet, from 1 to 10.
        tolerance: f64,
    },
}

/// What happened in one window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calls {
    pub(super) count: u32,
    pub(super) dropped: u32,
    /// Their mean latency, in nanoseconds.
    pub(super) latency: f64,
    /// The most that were in flight at a time.
    pub(super) peak: u32,
    /// Whether the limit had fallen long enough before for slow calls to end in it as well as quick ones.
    pub(super) settled: bool,
}

impl Calls {
    /// The share of them that were dropped.
    pub(super) fn dropped_share(&self) -> f64 {
        f64::from(self.dropped) / f64::from(self.count.max(1))
    }
}

impl Algorithm {
    /// With the tolerance that its authors chose.
    pub const GRADIENT2: Self = Self::Gradient2 { tolerance: TOLERANCE };

    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        match self {
            Self::Gradient2 { tolerance } => {
                ensure((1.0..=10.0).contains(tolerance), "tolerance", tolerance, "a number from 1 to 10")
            }
            Self::Aimd { .. } | Self::Vegas => Ok(()),
        }
    }

    /// Where `from` goes after `calls`, when they usually take `usual` nanoseconds, `slack` more is no delay, and so much is
    /// left of the headroom.
    pub(super) fn next(self, from: f64, calls: &Calls, usual: f64, slack: f64, headroom: f64) -> f64 {
        let kept = 1.0 - calls.dropped_share() / 2.0;
        match self {
            Self::Aimd { .. } if calls.dropped == 0 => from + 1.0,
            Self::Aimd { .. } => from * kept,
            Self::Vegas if calls.dropped > 0 => from * kept + 1.0,
            Self::Vegas => {
                let waiting = from * (1.0 - ((usual + slack) / calls.latency).min(1.0));
                let step = from.log10().max(1.0);
                match waiting {
                    few if few < 3.0 * step => from + step,
                    many if many > 6.0 * step => from - step,
                    _ => from,
                }
            }
            Self::Gradient2 { .. } => {
                from * (self.tolerated(usual, slack) / calls.latency).clamp(0.5, 1.0).min(kept)
                    + from.sqrt() * (1.0 - calls.dropped_share()) * headroom
            }
        }
    }

    /// How long calls can take on average without being held to wait.
    pub(super) fn tolerated(self, usual: f64, slack: f64) -> f64 {
        match self {
            Self::Gradient2 { tolerance } => (usual * tolerance).max(usual + slack),
            Self::Aimd { .. } | Self::Vegas => (usual * TOLERANCE).max(usual + slack),
        }
    }

    /// Whether a call that took so long counts as dropped.
    #[inline]
    pub(super) fn drops(self, latency: Duration) -> bool {
        matches!(self, Self::Aimd { slow: Some(slow) } if latency > slow)
    }
}
