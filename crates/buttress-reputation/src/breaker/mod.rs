//! The breaker of one peer: whether it is asked at all, in five words.
//!
//! ```text
//!          enough of the calls failed           open time over
//!   Closed ─────────────────────────▶ Open ──────────────────────▶ HalfOpen
//!     ▲                                ▲                              │ │
//!     │                                └──────── a probe failed ──────┘ │
//!     └───────────────────── enough probes succeeded ───────────────────┘
//! ```
//!
//! As the [circuit breaker](buttress_core::circuit_breaker) of the core, which has more rules, overrides and a history, and takes
//! two kilobytes for them. Of peers there are thousands, so each has this one unless [`Kind::Full`] says otherwise.

mod builder;
mod compact;
mod config;
mod either;
mod kind;
mod past;
mod window;
mod word;

pub use builder::Builder;
pub use config::Config;
pub use kind::Kind;

pub(crate) use either::{Breaker, Lease, Plan};
pub(crate) use past::Past;

use std::fmt;

#[cfg(all(test, buttress_loom))]
mod models;
#[cfg(all(test, not(buttress_loom)))]
mod tests;

/// Where the breaker of a peer stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum State {
    /// Calls flow and are judged.
    #[default]
    Closed,
    /// The peer is not asked until the open time is over.
    Open,
    /// A few leased probes find out whether the peer is back.
    HalfOpen,
}

impl State {
    /// The name in lower case with underscores: `half_open`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
