//! Which peers to ask, and which to leave alone.

pub mod adjust;
mod ban;
mod bandwidth;
mod board;
pub mod breaker;
mod builder;
mod canonical;
mod clock;
mod config;
mod cost;
mod deed;
mod dice;
mod difference;
mod latency;
mod ledger;
pub mod outlier;
mod peer;
mod permit;
#[cfg(feature = "persist")]
pub mod persist;
pub mod presets;
#[cfg(feature = "registry")]
mod registry;
#[cfg(feature = "tower")]
pub mod router;
mod score;
pub mod selection;
mod snapshot;
mod summary;
mod tier;

pub use ban::{BanBuilder, BanRules};
pub use bandwidth::BandwidthSummary;
pub use builder::Builder;
pub use buttress_core::bandwidth::{Direction, Scope, Short};
pub use buttress_core::{Difference, InvalidConfig};
pub use buttress_core::{FailureKind, Outcome, Ratio, Tick};
pub use canonical::{InvalidAddr, PeerAddr};
pub use config::Config;
pub use cost::CostRules;
pub use deed::{Deed, Weights};
pub use latency::Estimator;
pub use ledger::{Ledger, Listening, Ranked, Standing};
pub use peer::{Change, Refused, Why};
pub use permit::Permit;
pub use score::{Additive, Bayesian, Score, Scoring};
pub use snapshot::{Ban, Snapshot};
pub use summary::{Breakers, Reputation, Summary};
pub use tier::{Tier, Tiers};

use buttress_core::sync;
