//! Gives up on a call that has no answer in time.
//!
//! Answers the failure in which a peer accepts work and never comes back: without a limit the caller waits for ever, with
//! all it holds.
//!
//! # How it decides
//! The call is polled first. Only if it is not done at once is a timer made, for the limit counted from that first poll;
//! when it ends before the call, the call is dropped. A call that keeps the task busy without ever waiting does not keep
//! the timer from being looked at.
//!
//! The limit can follow how long calls take: see [`TimeoutLayer::adaptive`]. It is for the response, over HTTP its head;
//! `BodyTimeoutLayer` has limits for what comes after.
//!
//! # Where it stands in a stack
//! Innermost, for a limit per attempt. The limit over all attempts is a [`DeadlineLayer`](crate::DeadlineLayer) above them;
//! beneath one, a call waits no longer than is left.
//!
//! # Example
//! ```
//! use buttress::{BoxError, Reason, Rejected, TimeoutLayer};
//! use std::time::Duration;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let mut service = ServiceBuilder::new()
//!     .layer(TimeoutLayer::new(Duration::from_millis(100)))
//!     .service(service_fn(|_: ()| std::future::pending::<Result<(), std::io::Error>>()));
//! let error = service.ready().await?.call(()).await.unwrap_err();
//! let rejected = Rejected::find(&*error).expect("a timeout");
//! assert_eq!(rejected.reason(), Reason::TimedOut);
//! assert!(rejected.was_sent());
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! That of the service beneath; waiting for it is not limited.
//!
//! # Cancellation
//! A dropped call drops the call beneath and its timer.
//!
//! # Errors
//! A call without an answer is a [`Rejected`](crate::Rejected) that was sent: a breaker or budget above counts it as a failure of the
//! peer. Where a deadline left it less than the limit, it counts only if the owner of that deadline gave it at least half of
//! theirs; otherwise it is a [`Reason::DeadlineExceeded`](crate::Reason::DeadlineExceeded), which says nothing about the peer.
//!
//! # Events
//! With a [`Handle`], an [`EventKind::Rejected`](crate::EventKind::Rejected) for every call that is given up.
//!
//! # Beside tower
//! tower's `Timeout` makes a timer for every call and boxes its error; take it where that does not matter.

#[cfg(feature = "http")]
mod body;
mod future;
mod handle;
mod layer;
mod limited;
mod service;
mod source;
mod timer;
mod watched;

#[cfg(feature = "http")]
pub use body::{BodyFuture, BodyLimits, BodyTimeoutLayer, BodyTimeoutService, LimitedBody};
pub use buttress_core::adaptive_timeout::Config;
pub use future::ResponseFuture;
pub use handle::Handle;
pub use layer::TimeoutLayer;
pub(crate) use limited::Limited;
pub use service::TimeoutService;
pub use source::{Given, Limit, SetBy, Source};
#[cfg(feature = "http")]
pub(crate) use timer::Timer;
pub use watched::Snapshot;
pub(crate) use watched::{Watched, watched};
