//! Admits no more calls than a rate allows.
//!
//! Answers the failure in which one caller asks for more than was agreed, and takes it from all others; and, before a peer
//! that has such a limit itself, the failure in which calls are made only to be refused.
//!
//! # How it decides
//! ```text
//!              rate: one token each 1/rate
//!                       │
//!                       ▼
//!   call ──cost──▶ [ burst tokens ] ──there are enough──▶ admitted
//!                       │
//!                       └──there are not──▶ refused with the exact wait, or a turn in the queue
//! ```
//! A token bucket, kept as one word by the generic cell rate algorithm: nothing runs to refill it, and no part of a token is
//! lost. Over any time `t` it admits at most `burst + rate × t`. A call can cost several tokens
//! ([`cost`](RateLimitLayer::cost)); what costs more than the burst is refused for good, as it could never be admitted. For
//! contracts that count otherwise, such as "100 a minute", [`Handle::of`] takes windows and several limits at once, of which
//! all must admit a call and none loses a token to one that another refuses.
//!
//! With [`wait`](RateLimitLayer::wait) a call takes its turn in the order of calls. Who waits has taken nothing yet, so who
//! leaves the queue leaves no gap. A call that would wait for too long, or beyond its [deadline](crate::Deadline), is refused
//! at once: it is known before.
//!
//! # Where it stands in a stack
//! Above the breaker and beneath retry, so that each attempt is charged:
//! `deadline · retry · rate limit · breaker · bulkhead · timeout · service`. On a server outermost, before any work is done.
//!
//! # Example
//! ```
//! use buttress::rate_limit::{Config, Rate, RateLimitLayer};
//! use buttress::{BoxError, Reason, Rejected};
//! use std::time::Duration;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let mut service = ServiceBuilder::new()
//!     .layer(RateLimitLayer::new(Config::new(Rate::per_second(4)?, 2)?))
//!     .service(service_fn(|_: ()| async { Ok::<_, std::io::Error>("done") }));
//!
//! assert_eq!(service.ready().await?.call(()).await?, "done");
//! assert_eq!(service.ready().await?.call(()).await?, "done");
//! let refused = service.ready().await?.call(()).await.unwrap_err();
//! let rejected = Rejected::find(&*refused).expect("two a time, four a second");
//! assert_eq!(rejected.reason(), Reason::RateLimited);
//! assert!(rejected.retry_after() <= Some(Duration::from_millis(250)));
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! That of the service beneath. The decision falls in `call`, so a service that is ready has taken nothing, and can be kept
//! for as long as one likes.
//!
//! # Cancellation
//! A call that was admitted is charged, however it ends. One that is dropped while it waits leaves the queue and is not
//! charged, unless its turn was less than two milliseconds away. One that is kept and not polled keeps its place, and does not
//! keep back those behind it: where it does not come to its turn, they go ahead after ten milliseconds, or
//! up to thirty where there are several.
//!
//! # Errors
//! A refusal is a [`Rejected`](crate::Rejected) that was not sent: [`Reason::RateLimited`](crate::Reason::RateLimited) with the
//! time until it would be admitted, [`Reason::TooLarge`](crate::Reason::TooLarge) if it never would. Whose turn did not come,
//! as the limit was lowered while they waited, has a [`Reason::QueueTimedOut`](crate::Reason::QueueTimedOut), or a
//! [`Reason::Expired`](crate::Reason::Expired) where its deadline was over. As responses the first two are a 429 with
//! `Retry-After`, and in gRPC a RESOURCE_EXHAUSTED with its pushback. An error of the service beneath comes through unchanged.
//!
//! # Events
//! An [`EventKind::Rejected`](crate::EventKind::Rejected) for every call that is refused: by [`Handle::on_event`], and with
//! feature `tracing` under the target `buttress`.
//!
//! # Beside tower
//! tower's `RateLimit` counts calls in fixed windows, at whose edge twice the number passes. It is not `Clone`, as its state is
//! in the service: behind tower's `Buffer` one task has it, and where a host makes a service for each connection or route,
//! each has a limit of its own. Take it for a single task that calls a single service.

mod after;
mod cost;
#[cfg(feature = "http")]
mod fields;
mod future;
mod handle;
mod keyed;
mod layer;
mod machine;
mod member;
#[cfg(feature = "http")]
mod peer;
mod queue;
mod queues;
mod service;
mod source;
mod standing;
mod tally;

pub use after::{After, Silent, Task};
pub use buttress_core::rate_limit::{
    Config, Limiter, Rate, Rule, TokenBucket, WindowConfig, adaptive, presets,
};
#[cfg(feature = "http")]
pub use cost::ByCost;
pub use cost::{CostOf, One};
#[cfg(feature = "http")]
pub use fields::{Fields, Tell};
pub use future::{ResponseFuture, TurnFuture};
pub use handle::{Handle, Snapshot};
pub use keyed::{KeptKey, Keyed, OneKey};
pub use layer::RateLimitLayer;
#[cfg(feature = "http")]
pub use peer::{Follow, FollowPeer};
pub use queue::Turn;
pub use service::{AtOnce, InTurn, RateLimitService};
pub use source::{Kept, Limit, Select, Source};
pub use standing::Standing;
