//! That nobody may be asked.

use std::time::Duration;
use std::{error, fmt};

/// Nobody may be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPeer {
    /// When one of those that were looked at may be asked again, if that is known. Nothing is known of members that the caller's
    /// own condition left out, of those that were tried, and of a breaker all of whose probes are under way.
    pub retry_after: Option<Duration>,
    /// Whether there is no member at all.
    pub empty: bool,
}

impl fmt::Display for NoPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.empty {
            return f.write_str("there are no peers");
        }
        f.write_str("no peer may be asked now")?;
        match self.retry_after {
            Some(after) => write!(f, ", one of them again in {after:?}"),
            None => Ok(()),
        }
    }
}

impl error::Error for NoPeer {}
