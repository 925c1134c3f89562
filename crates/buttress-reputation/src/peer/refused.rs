//! Why a peer is not to be asked.

use std::time::Duration;
use std::{error, fmt};

/// Which part of what is known of a peer speaks against asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Why {
    /// It is banned.
    Banned,
    /// Its breaker is open, or half-open with all its probes out.
    Open,
    /// It does worse than the others.
    Ejected,
}

impl Why {
    /// The reason in one lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::Open => "open",
            Self::Ejected => "ejected",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A peer is not to be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What speaks against it.
    pub why: Why,
    /// In how long to ask again, where that is known.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::Banned => "the peer is banned",
            Why::Open => "the peer's circuit breaker is open",
            Why::Ejected => "the peer does worse than the others",
        };
        f.write_str(why)?;
        match self.retry_after {
            Some(after) => write!(f, ", retry after {after:?}"),
            None => Ok(()),
        }
    }
}

impl error::Error for Refused {}
