//! Remembers which calls failed, how, and how often.
//!
//! Answers the failure in which nobody remembers: what failed last night, whether that is new, how much of the traffic it
//! takes, and what belongs together.
//!
//! # How it decides
//! Nothing: every call passes, and nothing that is learned makes a difference to any. Its classifier says how a call ended, as
//! in the [circuit breaker](crate::circuit_breaker).
//!
//! ```text
//! success    counted: one reading of the coarse clock, no lock, no allocation
//! failure    written down: the last 1,000, and counted by class, which is its message without what changes in it
//! throttled  written down as a warning
//! refused    by a layer beneath, and not sent: counted, and one a second written down as an information
//! ignored, cancelled   counted
//! panic      written down as critical
//! ```
//! A failure is described by its error and everything that caused it, by the status of a response
//! ([`FailureLogLayer::http`], [`FailureLogLayer::grpc`]), or by how a body broke off. How bad it is and of what sort is
//! found out from that. Passwords, tokens and keys are taken out before anything is kept. [`Config`] bounds the memory that
//! all of it takes, whatever comes.
//!
//! A [`Handle`] has the [failures](Handle::records), the [classes](Handle::classes) and what can be made of them.
//!
//! # Where it stands in a stack
//! Outermost, so that it sees what the caller sees. Beneath the retry it sees attempts, and
//! [`attempts`](FailureLogLayer::attempts) says which.
//!
//! # Example
//! ```
//! use buttress::failure_log::{Config, FailureLogLayer, Filter, Handle};
//! use std::io;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), io::Error> {
//! let log = Handle::new("shop", Config::default());
//! let mut service = ServiceBuilder::new()
//!     .layer(FailureLogLayer::new(&log, "charge", "payments"))
//!     .service(service_fn(|cents: u32| async move {
//!         if cents > 0 { Ok(cents) } else { Err(io::Error::other(format!("order {cents}: nothing to charge"))) }
//!     }));
//!
//! for cents in [100, 250, 0, 990] {
//!     let _ = service.ready().await?.call(cents).await;
//! }
//! let failures = log.records(&Filter::default());
//! assert_eq!(failures.len(), 1);
//! assert_eq!(failures[0].message.as_ref(), "order 0: nothing to charge");
//! let counts = log.operation("charge", "payments").counts();
//! assert_eq!((counts.successes, counts.failures), (3, 1));
//! # Ok(())
//! # }
//! ```
//! It refuses nothing, so there is no refusal to show; errors come through as they are.
//!
//! # Readiness
//! That of the service beneath. An error from there comes through and is no call.
//!
//! # Cancellation
//! A call dropped before its end is counted as cancelled, and written down as a panic if it panicked.
//!
//! # Errors
//! Those of the service beneath, unchanged. A [`Rejected`](crate::Rejected) in a boxed error, in an `io::Error` or by itself is
//! written down as that rejection: one that was sent as a failure, one that was not as a refusal.
//!
//! # Events
//! An [`EventKind::Failing`](crate::EventKind::Failing) when a class of failures is new, comes back or becomes frequent, at
//! most ten a second.
//!
//! # Beside tower
//! tower-http's `TraceLayer` logs each failure as it happens; take that for access logs. It remembers nothing.

mod announce;
mod ask;
mod describe;
mod details;
#[cfg(feature = "serde")]
mod export;
mod follow;
mod future;
#[cfg(feature = "http")]
mod grpc;
mod handle;
mod layer;
mod member;
#[cfg(feature = "persist")]
mod open;
mod operation;
mod reading;
mod running;
mod said;
mod service;

pub use ask::{Ask, Keyed, Nothing, Seen, SeenKey, SeenWith, With};
#[cfg(feature = "http")]
pub use ask::{Attempts, SeenAttempt};
pub use buttress_core::failure_log::{
    Analysis, Bucket, Builder, Calls, Category, CategoryRate, Change, Chart, Class, ClassSummary, Common,
    ComponentPatterns, ComponentRate, Config, Correlation, Count, Direction, Distribution, Failure, Filter,
    Fingerprint, Flags, Occurrences, OperationFailures, OperationRate, Options, Pattern, Periodic, Priority,
    Rate, RateBucket, Rates, Recommendation, Record, Recorded, Regression, Report, Review, Rule, Series,
    Severity, Similar, Snapshot, Standing, Statistics, Subject, Suggestion, Tally, TallyCount, TopError,
    Trend, Volume,
};
#[cfg(feature = "http")]
pub use describe::OfHttp;
pub use describe::{By, Describe, Errors, Plain};
pub use details::Details;
#[cfg(feature = "serde")]
pub use export::Export;
pub use follow::Following;
pub use future::ResponseFuture;
pub use handle::Handle;
pub use layer::FailureLogLayer;
pub use operation::{Counts, Operation, Tracked};
pub use running::Running;
pub use service::FailureLogService;
