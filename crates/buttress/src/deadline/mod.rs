//! Gives up on a call, with all that is done for it, when its deadline is over.
//!
//! Answers the failure in which a caller is long gone and everybody still works for it: attempts, waits between them and
//! whole chains of services go on for an answer that nobody will read.
//!
//! # How it decides
//! ```text
//! deadline = the earliest of  now + limit
//!                             that of a deadline around it
//!                             that of the request: its extensions, its headers (HTTP)
//! ```
//! Over before the call is sent, the call is refused. Over while it is under way, everything beneath is dropped. What is
//! beneath knows it: as [`Deadline::current`] whatever the type of the request, and for HTTP in its extensions, which also
//! reach another task. So a [timeout](crate::TimeoutLayer) beneath waits no longer than is left. A limit of a second and more is
//! counted by a cheap clock, and may end some milliseconds early.
//!
//! # Where it stands in a stack
//! Above whatever tries again or waits. The limit of one attempt is a [`TimeoutLayer`](crate::TimeoutLayer) beneath the
//! retry, and there [`PropagateLayer`] tells the peer what is left.
//!
//! # Example
//! ```
//! use buttress::{BoxError, Deadline, DeadlineLayer, Reason, Rejected};
//! use std::time::Duration;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let mut service = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(Duration::from_secs(2)))
//!     .service(service_fn(|attempts: u32| async move {
//!         for _ in 0..attempts {
//!             assert!(Deadline::current().expect("there is one").remaining() <= Duration::from_secs(2));
//!             tokio::time::sleep(Duration::from_millis(900)).await;
//!         }
//!         Ok::<_, BoxError>("done")
//!     }));
//! assert_eq!(service.ready().await?.call(2).await?, "done");
//! let error = service.ready().await?.call(3).await.unwrap_err();
//! let rejected = Rejected::find(&*error).expect("its time is over");
//! assert_eq!(rejected.reason(), Reason::TimedOut);
//! assert_eq!(rejected.to_string(), "deadline: no answer within 2s");
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! That of the service beneath; waiting for it is not limited. Only the call knows its deadline: a refused one keeps what the
//! service beneath reserved for the next call of this very service. Such a service that is then kept and not used holds a
//! permit of a concurrency limit beneath that others wait for, as any readied service does that nobody calls: drop it, or
//! have the limit above the deadline.
//!
//! # Cancellation
//! A dropped call drops the call beneath and its timer.
//!
//! # Errors
//! A [`Rejected`](crate::Rejected): for [`Reason::Expired`](crate::Reason::Expired) it was not sent, for
//! [`Reason::TimedOut`](crate::Reason::TimedOut) it was, and breakers count it as a failure of the peer. So it is for
//! [`Reason::DeadlineExceeded`](crate::Reason::DeadlineExceeded), where the deadline came with the request or left less than
//! half of the limit it comes from; that says nothing about the peer, and breakers ignore it. Over HTTP all are 504, over
//! gRPC `DEADLINE_EXCEEDED`.
//!
//! # Events
//! With a [`Handle`], an [`EventKind::Rejected`](crate::EventKind::Rejected) for every call that is refused or given up.
//!
//! # Beside tower
//! tower's `Timeout` around a stack limits it as a whole; nothing beneath knows, and so retries begin that cannot end.

mod future;
mod handle;
#[cfg(feature = "http")]
mod header;
mod incoming;
mod layer;
mod point;
#[cfg(feature = "http")]
mod propagate;
pub(crate) mod scope;
mod service;

pub use future::ResponseFuture;
pub use handle::Handle;
#[cfg(feature = "http")]
pub use header::{Header, Unit};
#[cfg(feature = "http")]
pub use incoming::Headers;
pub use incoming::{Incoming, Inherit};
pub use layer::DeadlineLayer;
pub use point::Deadline;
#[cfg(feature = "http")]
pub use propagate::{PropagateLayer, PropagateService};
pub use service::DeadlineService;
