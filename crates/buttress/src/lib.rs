//! [Tower](https://docs.rs/tower) layers that keep a service standing when what it calls does not.
//!
//! | layer | answers |
//! |---|---|
//! | [`CircuitBreakerLayer`] | a peer that fails is left alone until it is back |
//! | [`TimeoutLayer`] | a call without an answer is given up |
//!
//! The order in a stack, outermost first: `breaker · timeout · service`. Each layer holds a handle to its state; every service
//! it makes, and every clone of those, shares that state. The one error they make is [`Rejected`]. How it reaches the
//! caller is a choice of each layer:
//!
//! | | the error type | for |
//! |---|---|---|
//! | by default | [`BoxError`] | any stack; [`Rejected::find`] looks into it |
//! | `.typed()` | stays | errors that [`Carry`] a rejection |
//! | `.respond()` | stays | responses that can [`Answer`] for it, as on axum |
//!
//! # Features
//! None is on by default. `http`: classifier, answers and [`Bypass`] for the types of the `http` crate. `tracing`: events as
//! `tracing` events. `test-util`: decisions follow tokio's clock, also when it is paused.

#[macro_use]
mod macros;

#[cfg(feature = "http")]
mod answer;
mod check;
pub mod circuit_breaker;
pub mod classify;
pub mod clock;
#[cfg(feature = "tower")]
mod ext;
mod judge;
pub mod key;
pub mod metrics;
mod observe;
mod refuse;
pub mod registry;
mod rejected;
pub mod timeout;

#[cfg(feature = "http")]
pub use answer::whole_seconds;
pub use buttress_core::{
    Bounds, Durations, Event, EventKind, FailureKind, Histogram, InvalidConfig, Outcome, Ratio, Reason,
    Refusal, Tick,
};
pub use check::check;
pub use circuit_breaker::{CircuitBreakerLayer, Config};
pub use classify::Classify;
#[cfg(feature = "tower")]
pub use ext::ServiceBuilderExt;
#[cfg(feature = "http")]
pub use judge::{AtEnd, AtEndBoxed, JudgedBody, Rebox};
pub use judge::{AtHead, Judge, Settle};
#[cfg(feature = "tonic")]
pub use refuse::AsStatus;
#[cfg(feature = "http")]
pub use refuse::RespondGrpc;
pub use refuse::{Answer, Boxed, Carry, Refuse, Respond, RespondWith, Typed};
pub use rejected::Rejected;
pub use timeout::TimeoutLayer;

/// Any error, by tower's convention.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// In a request's extensions: this call passes by every layer that was told to look for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bypass;
