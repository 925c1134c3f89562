//! Stops calling a service that fails, and finds out with a few calls when it is back.
//!
//! Answers the failure in which a peer is down or drowning: calls to it cost time, tie up the caller and keep the peer
//! down. With the breaker they are refused at once and the peer is left alone.
//!
//! # How it decides
//! ```text
//!            a rule fires                open time over
//!   Closed ───────────────▶ Open ──────────────────────▶ HalfOpen
//!     ▲                      ▲                              │ │
//!     │                      └────── a probe failed ────────┘ │
//!     └───────────────── enough probes succeeded ─────────────┘
//! ```
//! A rule fires when `failures ≥ rate × calls` of at least `minimum_calls` in the window, or at a run of failures, or at a
//! share of slow calls, or at a count of failures; see [`Config`] for the knobs and their defaults. The rules are asked
//! when a call fails or is slow. The open time is `base × factorⁿ`, spread by the jitter, capped, raised by the server's own
//! `Retry-After` up to a limit. Failures of calls that began before the breaker opened do not extend it.
//!
//! An HTTP call is judged when its head is there, or with [`at_body_end`](CircuitBreakerLayer::at_body_end) when its body has
//! ended, so that a peer which cuts its answers short does not look well.
//!
//! # Where it stands in a stack
//! Beneath retry, so that each attempt is judged and a refused one costs nothing; above the timeout, so that a call without
//! an answer is a failure: `retry · breaker · bulkhead · timeout · service`.
//!
//! # Example
//! ```
//! use buttress::circuit_breaker::{CircuitBreakerLayer, Config};
//! use buttress::{BoxError, Reason, Rejected};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let breaker = CircuitBreakerLayer::new(Config::builder().consecutive_failures(2).build()?);
//! let mut service = ServiceBuilder::new()
//!     .layer(breaker)
//!     .service(service_fn(|_: ()| async { Err::<(), _>(std::io::Error::other("no route to host")) }));
//!
//! for _ in 0..2 {
//!     let error = service.ready().await?.call(()).await.unwrap_err();
//!     assert_eq!(error.to_string(), "no route to host");
//! }
//! let refused = service.ready().await?.call(()).await.unwrap_err();
//! let rejected = Rejected::find(&*refused).expect("the breaker is open");
//! assert_eq!(rejected.reason(), Reason::Open);
//! assert!(rejected.retry_after().is_some() && !rejected.was_sent());
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! The decision falls in `poll_ready` and is kept for `call`. An open breaker is ready at once and does not touch the
//! service beneath. With [`readiness`](CircuitBreakerLayer::readiness) it is not ready until a probe is due. Where the
//! request has a say ([`bypass_when`](CircuitBreakerLayer::bypass_when), [`keyed`](CircuitBreakerLayer::keyed)), the decision falls in `call` instead, and the
//! service is ready when the one beneath is. A half-open lease that a readied service holds expires like any other.
//!
//! # Cancellation
//! A call dropped before its response, or midway through a body whose end is waited for, is neither a success nor a failure:
//! it is counted as cancelled, and a probe gives its lease back. A call dropped by a panic is counted as panicked besides.
//!
//! # Errors
//! A refusal is a [`Rejected`](crate::Rejected) that was not sent, with the open time that is left. An error of the service
//! beneath comes through unchanged, judged by the classifier; one from its `poll_ready` as well, unless the request has a say:
//! then nobody knows yet whose failure it is.
//!
//! # Events
//! Every change of state is an [`Event`](crate::Event) with its cause and the numbers behind it: by
//! [`Handle::subscribe`], by [`Handle::on_event`], and with feature `tracing` under the target `buttress`.
//!
//! # Beside tower
//! tower has no circuit breaker.

mod events;
mod future;
mod handle;
mod keyed;
mod layer;
mod member;
mod permit;
mod service;
mod timing;
mod wait;

pub use buttress_core::circuit_breaker::{
    Builder, Cause, Config, Difference, Explanation, LastFailure, Probes, Rule, Snapshot, Standing, State,
    Totals, Transition, TransitionCount, UnknownState, Window, WindowCounts, presets,
};
pub use events::Subscription;
pub use future::ResponseFuture;
pub use handle::{Handle, Shared};
pub use keyed::Keyed;
pub use layer::CircuitBreakerLayer;
pub use permit::Permit;
pub use service::CircuitBreakerService;
