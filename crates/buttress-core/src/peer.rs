//! What happens to a peer of a ledger, as it is told.

use std::fmt;
use std::time::Duration;

/// How a peer that a ledger keeps book of stands otherwise than before.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PeerChange {
    /// It is asked no more.
    Banned {
        /// Its score, 0 to 100.
        score: f64,
        /// How often it was banned so far, this time included.
        times: u32,
        /// For how long; `None` until somebody lifts it.
        ban_for: Option<Duration>,
    },
    /// It may be asked again.
    Unbanned,
    /// Its score took it from one tier to another.
    Tier {
        /// What it was.
        from: &'static str,
        /// What it is.
        to: &'static str,
    },
    /// Its breaker opened.
    Opened,
    /// Its breaker admits probes.
    HalfOpened,
    /// Its breaker closed.
    Closed,
    /// It did worse than the others, and is left out for a time.
    Ejected {
        /// For how long.
        out_for: Duration,
    },
    /// It is among the others again.
    Readmitted,
}

impl PeerChange {
    /// Whether calls to it are refused since.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        matches!(self, Self::Banned { .. } | Self::Opened | Self::Ejected { .. })
    }
}

impl fmt::Display for PeerChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Banned { score, times, ban_for } => {
                match ban_for {
                    Some(time) => write!(f, "banned for {time:.1?}")?,
                    None => f.write_str("banned until it is lifted")?,
                }
                write!(f, ", time {times}, at score {score:.1}")
            }
            Self::Unbanned => f.write_str("unbanned"),
            Self::Tier { from, to } => write!(f, "{from} -> {to}"),
            Self::Opened => f.write_str("breaker opened"),
            Self::HalfOpened => f.write_str("breaker half-open"),
            Self::Closed => f.write_str("breaker closed"),
            Self::Ejected { out_for } => write!(f, "ejected for {out_for:.1?}"),
            Self::Readmitted => f.write_str("readmitted"),
        }
    }
}
