//! [Tower](https://docs.rs/tower) layers that keep a service standing when what it calls does not.
//!
//! | layer | answers |
//! |---|---|
//! | [`BulkheadLayer`] | one slow peer takes all there is: so many calls at a time and no more |
//! | [`CircuitBreakerLayer`] | a peer that fails is left alone until it is back |
//! | [`DeadlineLayer`] | a caller is gone and everybody still works for it |
//! | [`ErrorBudgetLayer`] | nobody sees in time that a promise is about to be broken |
//! | [`FailureLogLayer`] | nobody remembers what failed, how often, and since when |
//! | [`FallbackLayer`] | a call that fails has an answer all the same |
//! | [`OperationLayer`] | nobody can say what failed: counts and times calls by name |
//! | [`RateLimitLayer`] | one caller asks for more than was agreed |
//! | [`RetryLayer`] | a call fails that would succeed the next time |
//! | [`TimeoutLayer`] | a call without an answer is given up |
#![cfg_attr(
    feature = "http",
    doc = "| [`BandwidthLayer`] | a few large transfers take the whole line: bodies pass at a rate |
| [`BodyTimeoutLayer`](timeout::BodyTimeoutLayer) | a body that falls silent or never ends is cut |"
)]
//!
//! The order in a stack, outermost first: `failure log · error budget · operation · bandwidth · fallback · deadline · retry ·
//! rate limit · breaker · bulkhead · timeout · service`. A [`Stack`] has it, as one layer with a type that has a name, knows which
//! [numbers](stack::lint) do not go together, and takes those of other systems from [`presets`]. Each layer holds a handle to its
//! state; every service it makes, and every clone of those, shares that state; a [`Registry`](registry::Registry) shows all of
//! them by name. A [`health::Monitor`] looks at what an application depends on beside its calls. The one error they make is
//! [`Rejected`]. How it reaches the caller is a choice of each layer:
//!
//! | | the error type | for |
//! |---|---|---|
//! | by default | [`BoxError`] | any stack; [`Rejected::find`] looks into it |
//! | `.typed()` | stays | errors that [`Carry`] a rejection |
//! | `.respond()` | stays | responses that can [`Answer`] for it, as on axum |
//! | `.respond_grpc()` | stays | gRPC servers |
//! | `.as_status()` | `tonic::Status` | gRPC clients |
//!
//! What fits axum, tonic, reqwest and hyper-util is on [the page about hosts](hosts). Where a stack does not compile,
//! [`check`] says which part of it does not fit.
//!
//! # Features
//! None is on by default. `http`: classifiers, answers, bodies, keys and [`Bypass`] for the types of the `http` crate.
//! `axum`, `hyper`, `reqwest`, `tonic`: bodies, answers and errors of those. `tower`: the layers as methods of
//! `tower::ServiceBuilder`. `tracing`: events as `tracing` events, operations as spans. `metrics`: counters in the recorder of
//! the `metrics` facade. `serde`: status values can be serialised. `persist`: error budgets and failure logs in files that outlive
//! the process. `test-util`: decisions follow tokio's clock, also when it is paused.

#[macro_use]
mod macros;

#[cfg(feature = "http")]
mod answer;
pub mod bandwidth;
pub mod bulkhead;
mod check;
pub mod circuit_breaker;
pub mod classify;
pub mod clock;
pub mod deadline;
mod dice;
#[cfg(feature = "persist")]
pub mod disk;
pub mod error_budget;
#[cfg(feature = "tower")]
mod ext;
pub mod failure_log;
pub mod fallback;
pub mod health;
#[cfg(doc)]
pub mod hosts;
mod judge;
pub mod key;
pub mod metrics;
mod observe;
pub mod operation;
pub mod presets;
pub mod rate_limit;
mod refuse;
pub mod registry;
mod rejected;
pub mod retry;
pub mod source;
pub mod stack;
pub mod timeout;

#[cfg(feature = "http")]
pub use answer::whole_seconds;
#[cfg(feature = "http")]
pub use bandwidth::BandwidthLayer;
pub use bulkhead::BulkheadLayer;
#[doc(inline)]
pub use buttress_core::text;
pub use buttress_core::{
    Bounds, Durations, Event, EventKind, FailureKind, Histogram, InvalidConfig, Outcome, PeerChange, Ratio,
    Reason, Refusal, Tick, Trigger,
};
pub use check::check;
pub use circuit_breaker::{CircuitBreakerLayer, Config};
pub use classify::Classify;
pub use deadline::{Deadline, DeadlineLayer};
pub use error_budget::ErrorBudgetLayer;
#[cfg(feature = "tower")]
pub use ext::ServiceBuilderExt;
pub use failure_log::FailureLogLayer;
pub use fallback::FallbackLayer;
#[cfg(feature = "http")]
pub use judge::{AtEnd, AtEndBoxed, JudgedBody, Rebox};
pub use judge::{AtHead, Judge, JudgedCall, Settle};
pub use operation::OperationLayer;
pub use rate_limit::RateLimitLayer;
#[cfg(feature = "tonic")]
pub use refuse::AsStatus;
#[cfg(feature = "http")]
pub use refuse::RespondGrpc;
pub use refuse::{Answer, Boxed, Carry, Refuse, Respond, RespondWith, Typed};
pub use rejected::Rejected;
pub use retry::RetryLayer;
pub use stack::{Stack, Stacked};
pub use timeout::TimeoutLayer;

/// Any error, by tower's convention.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// In a request's extensions: this call passes by every layer that was told to look for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bypass;

/// In a request's extensions: how many tokens this call costs a rate limit that was told to look for it. A call without it costs
/// one. How many places of a bulkhead it takes is said by [`bulkhead::Places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(
    /// So many.
    pub u32,
);
