//! Which peers to ask, and which to leave alone.
//!
//! Among many peers some are slow, some fail at once, some come and go, and some lie. A [`Ledger`] remembers what each of them did,
//! and answers with that:
//!
//! | who asks | for |
//! |---|---|
//! | [`Ledger::should_communicate`], [`Ledger::admit`] | whether to ask this peer now: it is not banned, its breaker lets it be asked |
//! | [`Selection::pick`](selection::Selection::pick) | which one to ask next: a choice in constant time, by cost, score and load |
//! | [`Ledger::top`], [`Ledger::sync_candidates`] | the best of all, with some that are new |
//! | [`Ledger::peer`], [`Ledger::summary`] | how they stand, from the very state that admits and refuses |
//!
//! What is recorded of a peer moves all of that in one go: its [breaker], its [score](Scoring), its [ban](BanRules), what it costs
//! to ask it. There is one state of each peer and no second one to disagree with it. Peers are forgotten when there are more than
//! somebody chose to remember, but never those that something is held against.
//!
//! ```
//! use buttress_reputation::selection::{self, Selection};
//! use buttress_reputation::{Config, Deed, FailureKind, Ledger};
//! use std::time::Duration;
//!
//! let peers = Ledger::<String>::new("sync", Config::default());
//!
//! // What happened, as somebody saw it.
//! peers.record_success("alice", Duration::from_millis(20));
//! peers.record("mallory", Deed::points(-30.0));
//! assert!(peers.ban("mallory", "signed a block twice", Duration::from_secs(3600)));
//! assert!(!peers.should_communicate("mallory"));
//!
//! // Whom to ask next, and what came of it: a permit that is dropped says that nobody waited for it.
//! let known = Selection::new(&peers, selection::Config::default());
//! known.extend(["alice", "bob"].map(|name| (name.to_owned(), ())));
//! let picked = known.pick()?;
//! picked.failed(FailureKind::Timeout);
//!
//! let summary = peers.summary();
//! assert_eq!((summary.reputation.total_peers, summary.reputation.banned_peers), (3, 1));
//! # Ok::<(), selection::NoPeer>(())
//! ```
//!
//! # Features
//! By default it depends on the core alone: no runtime, no tower, no HTTP.
//!
//! | feature | adds |
//! |---|---|
//! | `registry` | a ledger as a member of a registry, with its status, health and events |
//! | `serde` | how peers stand can be written |
//! | `persist` | peers that outlive the process |
//! | `tower` | one service over peers that come and go, as a router |
//! | `http` | its outcomes at the end of HTTP bodies |
//! | `metrics` | counters in the recorder of the `metrics` facade |

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
pub use ledger::{Appraisal, Ledger, Listening, Ranked};
pub use peer::{Change, PeerEvent, Refused, Why};
pub use permit::Permit;
pub use score::{Additive, Bayesian, Score, Scoring};
pub use snapshot::{Ban, Snapshot};
pub use summary::{Breakers, Reputation, Summary};
pub use tier::{Tier, Tiers};

use buttress_core::sync;
