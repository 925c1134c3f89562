//! Limits how many calls are under way at a time, and lets a few wait for their turn.
//!
//! Answers the failure in which one slow peer takes all there is: every task, connection and megabyte waits for it, and calls
//! that have nothing to do with it fail too. Behind a bulkhead it can take its own share and no more.
//!
//! # How it decides
//! ```text
//!            room                       done
//!   call ───────────▶ under way ─────────────────▶ answered
//!     │                  ▲              │
//!     │ full             │ its turn     │ the next one's turn
//!     ├──────▶ queue ────┴──────────────┘
//!     │          └──── too long, or its deadline passed ──▶ refused, never sent
//!     └── queue full ─▶ refused at once
//! ```
//! `max_concurrent` calls may be under way, by [weight](BulkheadLayer::weigh); `queue` more may wait, each for `max_wait` and
//! no longer than its [deadline](crate::Deadline) leaves: see [`Config`] for the defaults. Within a
//! [priority](BulkheadLayer::priority) the first to come is the first to go; a higher one goes first, and yet nobody is
//! starved. The limit can [change](Handle::resize) at any time, and with [`BulkheadLayer::adaptive`] it follows what the peer
//! bears: it grows while calls take what they usually take, and shrinks when they take longer or time out.
//!
//! A call is under way until its head is there, or with [`at_body_end`](BulkheadLayer::at_body_end) until its body has ended. An
//! adaptive limit learns in either case from how long the head took: a body is as slow as who reads it.
//!
//! # Where it stands in a stack
//! Beneath whatever tries again, so that only attempts that are made take a place, and beneath the breaker, which refuses at
//! once and must not wait for a place to do so; above the timeout, whose time must not run while a call waits here:
//! `retry · rate limit · breaker · bulkhead · timeout · service`.
//!
//! # Example
//! ```
//! use buttress::bulkhead::{BulkheadLayer, Config};
//! use buttress::{BoxError, Reason, Rejected};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let bulkhead = BulkheadLayer::new(Config::builder().max_concurrent(1).queue(1).build()?);
//! let mut service = ServiceBuilder::new()
//!     .layer(bulkhead)
//!     .service(service_fn(|page: u32| async move { Ok::<_, BoxError>(page + 1) }));
//!
//! let under_way = service.ready().await?.call(1);
//! let waits = service.ready().await?.call(2);
//! let refused = service.ready().await?.call(3).await.unwrap_err();
//! let rejected = Rejected::find(&*refused).expect("one is under way and one waits");
//! assert_eq!(rejected.reason(), Reason::Full);
//! assert!(!rejected.was_sent());
//!
//! assert_eq!(under_way.await?, 2);
//! assert_eq!(waits.await?, 3);
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! That of the service beneath: the decision falls in `call`, and a ready service holds no place. So one that is kept and never
//! called takes nothing from the others. A call that has to wait takes along the service that was ready for it, which is why
//! that must be `Clone`. With [`backpressure`](BulkheadLayer::backpressure) readiness takes a place, for a caller that hands a
//! request to who is ready; such a place is lent for [a second](RESERVED_FOR), and then goes to whoever waits.
//!
//! # Cancellation
//! A dropped call gives its place back at once. One that waited leaves the queue, and a turn it had got already goes to the
//! next.
//!
//! # Errors
//! A [`Rejected`](crate::Rejected) that was not sent: [`Reason::Full`](crate::Reason::Full),
//! [`Reason::QueueTimedOut`](crate::Reason::QueueTimedOut) with how long it waited, [`Reason::Expired`](crate::Reason::Expired)
//! when its deadline passed in the queue, [`Reason::TooLarge`](crate::Reason::TooLarge) when it weighs more than the limit.
//! Over HTTP 503, 503, 504 and 503, the first two with a `Retry-After` of a second. Errors of the service beneath come through unchanged.
//!
//! # Events
//! Every refusal, and every change of the limit as [`EventKind::LimitChanged`](crate::EventKind::LimitChanged): by
//! [`Handle::on_event`], and with feature `tracing` under the target `buttress`.
//!
//! # Beside tower
//! tower's `ConcurrencyLimit` has no bound on who waits nor on how long, and takes its permit in `poll_ready`: a service that is
//! ready and not called keeps it for ever. It is enough where every ready service is called at once and something above it
//! sheds load.

mod future;
mod handle;
mod keyed;
mod layer;
mod lent;
mod member;
mod permit;
mod reserve;
mod run;
mod service;
mod shared;
mod source;
mod turn;

pub use buttress_core::adaptive_limit;
pub use buttress_core::bulkhead::{Builder, Config, Difference, Priority, Snapshot, Weight, presets};
pub use future::ResponseFuture;
pub use handle::Handle;
#[cfg(feature = "http")]
pub(crate) use handle::LAYER;
pub use keyed::Keyed;
pub use layer::BulkheadLayer;
pub use permit::Permit;
pub use reserve::RESERVED_FOR;
pub use service::BulkheadService;
pub use shared::{Dropped, Shared};
#[cfg(feature = "http")]
pub use source::Extended;
pub use source::{Claim, Claims, Places, Ranked, Weighed};
