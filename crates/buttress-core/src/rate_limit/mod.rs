//! How many calls there may be over time.
//!
//! Answers the failure in which a peer is asked more than it bears, or more than was agreed.
//!
//! | limit | admits | takes | for |
//! |---|---|---|---|
//! | [`TokenBucket`] | a burst at once, then the rate | a word, no lock | almost everything |
//! | [`Window`] that logs | so many in any window, exactly | 16 bytes for each of them | a contract of "5 a minute" |
//! | [`Window`] that counts | the same, each up to a tenth of the window later | a few hundred bytes | one of many a minute |
//! | [`Buckets`] | a bucket for each key | 16 bytes a key, bounded | clients, tenants |
//!
//! # The bound
//! Of a bucket, over every time of length `t` and whatever threads do: admitted ≤ burst + rate · t. And nothing is refused for
//! which there is room. (Where reservations are given up while later ones wait, see
//! [`TokenBucket::refund`].) Both hold to the nanosecond and for ever, as nothing is rounded: see [`Config::new`] for the few
//! settings that cannot be kept so. The told wait is exact: a nanosecond earlier the same call is refused, and then it is
//! admitted, unless others came between.
//!
//! A limit's time is that of its caller, from one clock: [`clock::fine`](crate::clock::fine) is the one for it, as a burst can
//! be shorter than the steps of [`clock::coarse`](crate::clock::coarse). With a clock that goes back it stands still, and
//! nothing comes in until the clock has caught up.

pub mod adaptive;
mod config;
mod gcra;
mod keyed;
mod limiter;
pub mod presets;
mod rate;
mod snapshot;
mod token_bucket;
mod window;

pub use adaptive::AdaptiveRate;
pub use config::Config;
pub use keyed::{Buckets, PerKey};
pub use limiter::{Limiter, Rule, reserve_all, try_acquire_all};
pub use rate::Rate;
pub use snapshot::Snapshot;
pub use token_bucket::TokenBucket;
pub use window::{Window, WindowConfig};
