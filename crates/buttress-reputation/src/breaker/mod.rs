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
//! While closed, calls and failures are counted over a window, and each failure asks whether they are enough and share enough.
//! Half-open, a few calls are *leased* as probes. A lease comes back when its call ends or is dropped, and expires when neither
//! happens. Each change of state begins a generation, and what was begun in an older one changes nothing.
//!
//! ```
//! use buttress_reputation::breaker;
//! use std::time::Duration;
//!
//! // A threshold and a recovery time are all there is to it: the third failure in a row opens, and after a minute one success
//! // closes again.
//! let minute = Duration::from_secs(60);
//! let config = breaker::Config::builder().failure_threshold(3).failure_rate(0.0).clear_on_success(true);
//! let config = config.open_for(minute).escalation(1.0, minute).jitter(0.0).success_threshold(1);
//! # config.build()?;
//! # Ok::<(), buttress_reputation::InvalidConfig>(())
//! ```
//!
//! It does not try again by itself: that is for [`retry`](buttress_core::retry), with its backoffs and budgets.
//!
//! As the [circuit breaker](buttress_core::circuit_breaker) of the core, which has more rules, overrides and a history, and takes
//! two kilobytes for them. Of peers there are thousands, so each has this one unless [`Kind::Full`] says otherwise.

mod builder;
mod compact;
mod config;
mod either;
#[cfg(any(test, feature = "persist"))]
mod kept;
mod kind;
mod past;
mod window;
mod word;

pub use builder::Builder;
pub use config::Config;
pub use kind::Kind;

pub(crate) use either::{Breaker, Lease, Means, Plan};
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
