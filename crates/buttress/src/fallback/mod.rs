//! Answers in the place of calls that have no answer of their own.
//!
//! Answers the failure in which one peer that is down takes everybody down who asks it: a price of an hour ago, a local copy
//! or "not known today" is often better than an error.
//!
//! # How it decides
//! The call is made, and its result looked at:
//!
//! | [`when`](FallbackLayer::when) | a fallback answers for |
//! |---|---|
//! | [`Open`], the default | a call that a layer beneath refused and did not send: the breaker is open |
//! | [`OpenOrOpening`] | that, and a failed call that finds the breaker open: the very one at which it opened |
//! | [`AnyError`] | every call that failed |
//! | a closure | what it says `true` to, of any result |
//!
//! Any other result comes through as it is: a single failure of a peer that is well is for its caller to see. The answer comes
//! from one of these:
//!
//! | | |
//! |---|---|
//! | [`value`](FallbackLayer::value) | a clone of a value |
//! | [`function`](FallbackLayer::function), [`function_of_request`](FallbackLayer::function_of_request) | an async function of the [`Cause`], and of a clone of the request |
//! | [`service`](FallbackLayer::service) | another service, with a clone of the request |
//! | [`last_good`](FallbackLayer::last_good) | the last good response for the same key, up to an age |
#![cfg_attr(
    feature = "http",
    doc = "| [`last_good_http`](FallbackLayer::last_good_http) | the same for HTTP answers, bodies included: see [`LastGoodHttp`] |"
)]
//!
//! Over HTTP, [`http`](FallbackLayer::http) makes a 5xx a failure, and an answer of the fallback says what it is: by [`Degraded`] in
//! its extensions and by a header where one is named. Without it no response is ever a failure, nor the rejection that a layer
//! beneath made a response of by `.respond()`: there, [`Open`] never answers.
//!
//! # Where it stands in a stack
//! Above the breaker, and above deadline and retry as well: with [`AnyError`] it answers when they have given up, whatever the
//! failure was. By default it answers for what they refused and did not send; a call whose attempts are used up or whose time is
//! over, as one of them was sent, comes through with its error. A fallback of a fallback is another layer of them above, which
//! the refusal beneath reaches as well.
//!
//! # What is done twice
//! A fallback that gets the request, as [`service`](FallbackLayer::service) and
//! [`function_of_request`](FallbackLayer::function_of_request) do, may do again what the call has done already. By default it
//! gets none but those that were not sent. With [`AnyError`] and [`OpenOrOpening`] it gets also a `POST` that failed after the
//! peer had processed it, whether or not it has an idempotency key: use these for requests that read, or for another place that
//! knows what the first one did.
//!
//! # How long it takes
//! The deadline of the stack is beneath, so nothing limits a fallback but itself. One that could hang has a limit of its own: a
//! service a [`TimeoutLayer`](crate::TimeoutLayer), as in `FallbackLayer::service(TimeoutLayer::new(limit).layer(replica))`, a
//! function `tokio::time::timeout`.
//!
//! # Example
//! ```
//! use buttress::circuit_breaker::{Config, Handle};
//! use buttress::{CircuitBreakerLayer, FallbackLayer};
//! use std::io;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), buttress::BoxError> {
//! let breaker = Handle::new("prices", Config::default());
//! let fallback = FallbackLayer::function(|cause| {
//!     let why = cause.to_string();
//!     async move { if why.contains("forced") { Ok("as yesterday") } else { Err("no price is kept") } }
//! });
//! let mut price = ServiceBuilder::new()
//!     .layer(fallback)
//!     .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
//!     .service(service_fn(|sold_out: bool| async move {
//!         if sold_out { Err(io::Error::other("sold out")) } else { Ok("42") }
//!     }));
//!
//! assert_eq!(price.ready().await?.call(false).await?, "42");
//! let error = price.ready().await?.call(true).await.unwrap_err();
//! assert_eq!(error.to_string(), "sold out");
//! // Refused, and not asked: the fallback answers.
//! breaker.force_open();
//! assert_eq!(price.ready().await?.call(false).await?, "as yesterday");
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! That of the service beneath, whose readiness error comes through and is no call. A breaker that refuses is ready at once, so
//! the fallback answers at once; one that [waits instead](crate::CircuitBreakerLayer::readiness) keeps its fallback waiting.
//! Another service that answers is readied for each use.
//!
//! # Cancellation
//! A call dropped while it falls back drops the fallback, and counts as cancelled there; dropped by a panic, as panicked
//! besides.
//!
//! # Errors
//! Those of the service beneath where no fallback is asked. Where it fails too, the error is a [`Failed`] with both, whose source
//! is the one of the call; an error type of its own is asked for both by
//! [`Carry::with_fallback`](crate::Carry::with_fallback), and by `.respond()` the error of the call stays. A *response* whose
//! fallback fails comes back as it was.
//!
//! # Events
//! Each use: why, from where, and whether there was an answer, by [`Handle::on_event`] and, with feature `tracing`, for debugging
//! under the target `buttress`. [`Handle::totals`] counts them.
//!
//! # Beside tower
//! tower has no fallback. Its `Either` and `Steer` choose before a call, and `util::Then` maps a result without knowing who
//! refused it.

mod answers;
mod cause;
mod error;
mod future;
mod handle;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod last_good_http;
mod layer;
mod member;
mod protocol;
mod service;
mod when;

pub use answers::{
    Answers, Function, FunctionOfRequest, KeepOf, LastGood, NothingKept, OfService, OfServiceFuture, Value,
};
pub use cause::Cause;
pub use error::Failed;
pub use future::ResponseFuture;
pub use handle::{Ends, Handle, Totals};
#[cfg(feature = "http")]
pub use http::Http;
#[cfg(feature = "http")]
pub use last_good_http::{Anybody, Asked, KeptBody, LastGoodHttp};
pub use layer::FallbackLayer;
pub use protocol::{Plain, Protocol};
pub use service::FallbackService;
pub use when::{AnyError, Open, OpenOrOpening, Seen, When};

/// In the extensions of a response: a fallback answered, and not the service that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Degraded {
    /// Where the answer comes from.
    pub source: &'static str,
}
