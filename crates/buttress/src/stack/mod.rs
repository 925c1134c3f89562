//! The layers in the order in which they work together, as one layer with a name for its type.
//!
//! Layers can be put on a service by hand in any order, and most orders are wrong. A [`Stack`] has the right one, outermost
//! first:
//!
//! ```text
//! failure log · error budget · operation · bandwidth · fallback · (breaker) · deadline · retry ·
//!                          [each attempt:] rate limit · breaker · bulkhead · timeout · service
//! ```
//!
//! - the **failure log** writes down what callers do not get;
//! - the **error budget** counts what callers get as well, of those that were let in: what it sheds itself is none of it;
//! - the **operation** counts what callers get, whoever answered;
//! - the **bandwidth** shapes the bodies that go out and come in, once, however often it is tried;
//! - the **fallback** answers for calls that a part beneath refused and did not send, and with
//!   [`AnyError`](crate::fallback::AnyError) for all that fails beneath it, also when the time is over;
//! - the **deadline** ends all attempts and the waits between them;
//! - the **retry** sends each attempt through
//! - the **rate limit**, as it is attempts that the peer counts; what it refuses says nothing about the peer, so it is above
//! - the **breaker**, so that what one attempt finds out the next one knows, and each is judged by itself;
//! - the **bulkhead**, whose places are for those who may call, so an open breaker takes none of them, nor does who waits to try
//!   again; a limit that moves learns from what the timeout ends;
//! - the **timeout** ends an attempt that hangs, which is then a failure for the breaker and is tried again; its time begins when
//!   there is a place, and not in the queue.
//!
//! Other systems have the breaker [around the retries](Stack::circuit_breaker_outside): it then counts calls that used up all
//! their attempts, and with 3 of these opens after three times as many failures on the wire. Both can be on.
//!
//! Each part is made of a handle that others may share, or of settings; is off until it is set; and can be switched by an
//! `Option`, which changes no type. The modes of rejecting and of judging are those of the layers, and hold for all parts.
//! What the order costs is what the layers cost: there is no box, and a part that is off is a branch.
//!
//! ```
//! use buttress::registry::Registry;
//! use buttress::{Stack, Stacked, presets, retry};
//! use std::time::Duration;
//! use tower::{Layer, Service, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), buttress::BoxError> {
//! let registry = Registry::new();
//! let stack = Stack::new("prices")
//!     .preset(&presets::default())
//!     .operation("quote")
//!     .retry(retry::Config::builder().attempts(2).build()?) // before that of the preset
//!     .deadline(Duration::from_secs(15))
//!     .register(&registry)?;
//! assert!(stack.lint().is_empty());
//! assert_eq!(
//!     stack.explain().lines().map(|line| line.split(['"', ':']).next().unwrap().trim()).collect::<Vec<_>>(),
//!     ["stack", "operation", "deadline", "retry", "circuit_breaker", "bulkhead", "timeout"],
//! );
//!
//! let mut service = stack.layer(service_fn(|id: u64| async move { Ok::<_, std::io::Error>(id * 2) }));
//! assert_eq!(service.ready().await?.call(21).await?, 42);
//! assert_eq!(registry.status().operations.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! A function is run by [`Stack::run`]. [`Stack::lint`] says which numbers do not go together, [`presets`](crate::presets) has
//! those of other systems by name.
//!
//! # In the field of a struct
//! [`Stacked`] is the type of a service with a stack on it:
//! ```
//! # #[cfg(feature = "tonic")] {
//! use buttress::stack::{self, Stacked};
//! use buttress::AsStatus;
//! use tonic::transport::Channel;
//!
//! struct Peers {
//!     health: Stacked<Channel, stack::Grpc<AsStatus>>,
//! }
//! # }
//! ```
//!
//! # Other orders
//! Whatever else is to be between the parts is put together by hand, of the same layers; [`lint`] looks at such a stack too,
//! by its [`Parts`].

mod builder;
mod explain;
mod handles;
mod lint;
mod part;
mod register;
mod run;
mod service;
mod shape;

pub use builder::Stack;
#[cfg(feature = "http")]
pub use builder::{Grpc, Http};
pub use lint::{Parts, Warning, lint};
pub use part::Part;
pub use run::{Function, Ran};
pub use service::Stacked;
#[cfg(feature = "http")]
pub use shape::ByExtensions;
pub use shape::{Alike, Fallback, Known, NoBandwidth, NoFallback, Shaping, Terms, Tries};
