//! Which way, whose limit, and how long there is no room.

use std::fmt;
use std::time::Duration;

/// Which way bytes go, as the caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the caller to the service: the bodies of requests.
    Upload,
    /// From the service to the caller: the bodies of responses.
    Download,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Upload, Self::Download];

    /// `upload` or `download`, as in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Download => "download",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// That of all peers together.
    Global,
    /// That of one peer.
    Peer,
}

impl Scope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Global, Self::Peer];

    /// `global` or `peer`, as in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Peer => "peer",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// In which limit; where in both, the one that takes longer.
    pub scope: Scope,
    /// How long, if nothing else passes meanwhile: exact to the nanosecond, rounded up.
    pub wait: Duration,
}
