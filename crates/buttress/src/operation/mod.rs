//! Counts and times the calls of one operation, and puts a name on everything that happens within.
//!
//! Answers the failure in which nobody can say what failed: a stack of layers sees calls, its owner thinks in operations,
//! such as `charge` of `payments`.
//!
//! # How it decides
//! Nothing: every call passes. Its classifier says how it ended, as in the [circuit breaker](crate::circuit_breaker), and
//! that is counted by outcome, timed into buckets, and kept with the last few others:
//! ```text
//! success rate = successes / (successes + failures + throttled)
//! ```
//! Calls that were refused beneath and never sent, calls that were cancelled and whatever else is
//! [ignored](crate::Outcome::Ignored) say nothing about it; they are counted apart and not timed. With feature `tracing` a call
//! runs in a span `operation` with the fields `operation` and `component`, so all that is logged in it carries them.
//!
//! # Where it stands in a stack
//! Outermost, so that it sees what the caller sees: after retries, with all waiting. Beneath the retry it sees attempts.
//!
//! # Example
//! ```
//! use buttress::OperationLayer;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), std::io::Error> {
//! let layer = OperationLayer::new("charge", "payments");
//! let charge = layer.handle().cloned().expect("it is on");
//! let mut service = ServiceBuilder::new().layer(layer).service(service_fn(|cents: u32| async move {
//!     if cents > 0 { Ok(cents) } else { Err(std::io::Error::other("nothing to charge")) }
//! }));
//!
//! for cents in [100, 250, 0, 990] {
//!     let _ = service.ready().await?.call(cents).await;
//! }
//! let totals = charge.totals();
//! assert_eq!((totals.successes, totals.failures), (3, 1));
//! assert_eq!(charge.success_rate().expect("there were calls").to_string(), "75.0 %");
//! assert_eq!(charge.history().len(), 4);
//! # Ok(())
//! # }
//! ```
//! It refuses nothing, so there is no refusal to show; errors come through as they are.
//!
//! # Readiness
//! That of the service beneath. An error from there comes through and is no call.
//!
//! # Cancellation
//! A call dropped before its end is counted as cancelled, and as panicked besides if a panic dropped it.
//!
//! # Errors
//! Those of the service beneath, unchanged. A [`Rejected`](crate::Rejected) in a boxed error, in an `io::Error` or by itself is
//! judged as that rejection; one inside the caller's own error type is for the classifier to tell.
//!
//! # Events
//! None.
//!
//! # Beside tower
//! tower-http's `TraceLayer` opens a span per HTTP request and logs it; take that for access logs. It keeps no counts.

mod future;
mod handle;
mod history;
mod layer;
mod member;
mod running;
mod service;

pub use future::ResponseFuture;
pub use handle::{Handle, Snapshot, Totals};
pub use history::Entry;
pub use layer::OperationLayer;
pub use running::Running;
pub use service::OperationService;
