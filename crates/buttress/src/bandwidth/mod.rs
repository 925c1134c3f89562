//! Lets no more bytes pass in a second than a line, or a peer's share of it, is to carry.
//!
//! Answers the failure in which a few large transfers take the whole line, and everybody else waits for the little they need.
//!
//! # How it decides
//! Each limit is a debt: what passes adds to it, time takes off what the rate has, and something passes while the debt stays
//! within the [burst](Config::burst), a second's worth by default. In any second no more than rate and burst pass.
//!
//! Bodies pass frame by frame. While there is room, and nobody waits for it, a frame passes as it comes. If not, it waits for its
//! turn, one frame of each body after the other in the order in which they came, and then for room; one that is larger than the room
//! goes on in parts of a [refill](Config::refill_interval). What passes at last was not held up at its end: the last frame is
//! followed by the end at once.
//!
//! There are two directions, named as the caller sees them: the bodies of requests are uploads, those of responses downloads. Each has
//! a limit for all peers together, and one for each peer where a layer is [`keyed`](BandwidthLayer::keyed); bytes count in both
//! or in neither, and who waits for a limit of its own holds up nobody else. A limit of 0 is none: everything passes at once, and is
//! counted. Heads and trailers are neither shaped nor counted.
//!
//! [`Handle::set`] changes the limits for bodies that are under way as well. A burst of little more than a millisecond, the
//! resolution of timers, keeps the rate from being reached.
//!
//! # Where it stands in a stack
//! Outermost, around whatever gives up on slow calls: the time that bytes wait here is nobody's fault beneath. A body beneath is
//! not asked for more while something of it waits, and so is silent without being [stalled](crate::AtEnd), but a limit on how long a
//! body may [last](crate::timeout::BodyLimits::total) goes on.
//!
//! The types of both bodies change, to [`ShapedBody`], whose data are `Bytes`. axum takes them as they are; beneath the layer,
//! tower's `map_request` makes them a body that a client wants, as `|request| request.map(tonic::body::Body::new)`.
//!
//! # Example
#![cfg_attr(feature = "http", doc = "```")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use buttress::bandwidth::{Config, Direction, Handle};
//! use buttress::{BandwidthLayer, BoxError};
//! use bytes::Bytes;
//! use http_body_util::{BodyExt, Full};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let line = Handle::new("line", Config::builder().download(1_000).build()?);
//! let mut service = ServiceBuilder::new()
//!     .layer(BandwidthLayer::from_handle(line.clone()))
//!     .service(service_fn(async |_: http::Request<_>| {
//!         let file = Full::<Bytes>::from(vec![0_u8; 3_000]);
//!         Ok::<_, BoxError>(http::Response::new(file))
//!     }));
//! let request = http::Request::new(Full::<Bytes>::from("which"));
//! # let began = tokio::time::Instant::now();
//! let response = service.ready().await?.call(request).await?;
//! // The first second's worth passes at once, and the other 2,000 bytes take two seconds.
//! let file = response.into_body().collect().await?.to_bytes();
//! assert_eq!(file.len(), 3_000);
//! # assert!(began.elapsed() >= std::time::Duration::from_secs(2));
//! assert_eq!(line.snapshot().download.bytes, 3_000);
//! // For what is no body, there is the handle alone. Nothing is left of the second.
//! assert!(!line.try_consume(Direction::Download, 500));
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! That of the service beneath.
//!
//! # Cancellation
//! A dropped body gives up its turn and what it waits for. Nothing is given back of what passed, as it did. One that is kept and not
//! read holds up nobody: it gets what is its turn, once, as anybody who asks hands it out; whoever waits behind it does so some
//! hundredths of a second after its turn. That counts as passed, whether or not it is read then.
//!
//! # Errors
//! None of its own; those beneath come through as they are.
//!
//! # Events
//! An [`EventKind::Throttled`](crate::EventKind::Throttled) for each frame that has to wait, and for each
//! [`try_consume`](Handle::try_consume) without room.
//!
//! # Beside tower
//! tower's `RateLimit` counts calls, whatever they weigh, and has nothing for bodies.

#[cfg(feature = "http")]
mod future;
mod handle;
#[cfg(feature = "http")]
mod layer;
mod line;
mod member;
mod peer;
mod queue;
#[cfg(feature = "http")]
mod service;
#[cfg(feature = "http")]
mod shaped_body;
mod shared;
#[cfg(feature = "http")]
mod source;

pub use buttress_core::bandwidth::{Builder, Config, Direction, Lane, Scope, presets};
#[cfg(feature = "http")]
pub use future::ResponseFuture;
pub use handle::{Handle, Snapshot};
#[cfg(feature = "http")]
pub use layer::BandwidthLayer;
pub use peer::Peer;
#[cfg(feature = "http")]
pub use service::BandwidthService;
#[cfg(feature = "http")]
pub use shaped_body::ShapedBody;
#[cfg(feature = "http")]
pub use source::{ByPeer, Select, Together};
