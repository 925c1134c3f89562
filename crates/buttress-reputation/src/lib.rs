//! Which peers to ask, and which to leave alone.

pub mod adjust;
mod ban;
mod bandwidth;
mod board;
mod breaker;
mod builder;
mod clock;
mod config;
mod cost;
mod deed;
mod dice;
mod ledger;
mod outlier;
mod peer;
mod permit;
#[cfg(feature = "persist")]
mod persist;
mod presets;
#[cfg(feature = "registry")]
mod registry;
#[cfg(feature = "tower")]
pub mod router;
mod score;
pub mod selection;
mod snapshot;
mod summary;
mod tier;

pub use buttress_core::InvalidConfig;
pub use buttress_core::bandwidth::{Direction, Scope, Short};
pub use buttress_core::{FailureKind, Outcome, Ratio, Tick};

pub use bandwidth::BandwidthSummary;

use buttress_core::sync;
