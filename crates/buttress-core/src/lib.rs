//! The decisions of buttress, without tower, async or dice.
//!
//! Each machine answers three questions: *may I* ([`CircuitBreaker::try_acquire`]), *this happened*
//! ([`CircuitBreaker::record`]) and *how do you stand* ([`CircuitBreaker::snapshot`]). Time is an argument, a [`Tick`];
//! randomness is an argument, a seed. So the same code runs in production, under a model checker and in a simulation.
//!
//! | machine | decides |
//! |---|---|
//! | [`CircuitBreaker`] | whether a peer that fails is asked at all |
//! | [`retry`] | whether and when a call that failed is tried again, and how much of that a peer bears |
//! | [`AdaptiveLimit`] | how many calls may be in flight |
//! | [`rate_limit`] | how many calls there may be over time |
//! | [`AdaptiveTimeout`] | how long a call may take |
//! | [`Bandwidth`] | how many bytes may pass |
//! | [`Bulkhead`] | how many calls are under way at a time, and who is next |
//! | [`ErrorBudget`] | how much may still go wrong, and who is to be told |
//! | [`health`] | whether something is well that is looked at from time to time |
//! | [`FailureLog`] | nothing: it remembers what failed, and which failures are the same |
//!
//! [`keyed`] keeps one state per key, of a machine or of a single word, in memory that is bounded.
//!
//! The shared words are [`Tick`], [`Outcome`], [`Refusal`], [`Event`], [`Ratio`] and each machine's `Snapshot`. A
//! [`Histogram`] counts how long calls took.

pub mod adaptive_limit;
pub mod adaptive_timeout;
pub mod bandwidth;
pub mod bulkhead;
pub mod circuit_breaker;
pub mod clock;
mod config;
pub mod error_budget;
mod event;
pub mod failure_log;
pub mod health;
pub mod keyed;
mod measure;
mod outcome;
mod peer;
pub mod rate_limit;
mod ratio;
mod refusal;
pub mod retry;
#[doc(hidden)]
pub mod sync;
pub mod text;
mod trigger;

pub use adaptive_limit::AdaptiveLimit;
pub use adaptive_timeout::AdaptiveTimeout;
pub use bandwidth::Bandwidth;
pub use bulkhead::Bulkhead;
pub use circuit_breaker::CircuitBreaker;
pub use clock::{ManualClock, Tick};
pub use config::{Difference, InvalidConfig};
pub use error_budget::ErrorBudget;
pub use event::{Event, EventKind};
pub use failure_log::FailureLog;
pub use measure::{Bounds, Durations, Histogram, PerThread};
pub use outcome::{FailureKind, Outcome};
pub use peer::PeerChange;
pub use ratio::Ratio;
pub use refusal::{Reason, Refusal};
pub use trigger::Trigger;
