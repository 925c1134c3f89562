//! Tries a failed call again, for as long as that is likely to help and the peer can bear it.
//!
//! Answers the failure that is over before the caller would notice it: a connection that broke, an instance that is being
//! replaced, a lock that is held. The second attempt succeeds, and nobody need know.
//!
//! # How it decides
//! After each attempt the [condition](Condition) says whether its result is a failure that another may mend: by default any
//! error, with [`classify`](RetryLayer::classify) what a classifier calls a failure or throttling, with
//! [`retry_if`](RetryLayer::retry_if) what a function says. Then all of these must hold, in this order; the first that does not
//! is why the call [is given up](GiveUp), and the caller has the last result at once:
//! 1. no layer of buttress beneath refused the attempt without sending it, as it would refuse the next as well. That shows in
//!    any error in a box and in those of the libraries that buttress has features for; for errors of your own, put `.typed()`
//!    on the retry too ([`Carry`](crate::Carry)). Above several peers, the request may [know](Replay::outlook) that another one
//!    would take it: then it goes there, and at once; and if it knows that none would, this is the end whatever it was;
//! 2. there are attempts left;
//! 3. the request can be sent again, and says that it may ([`Replay`]);
//! 4. the peer does not ask for a longer wait than is acceptable;
//! 5. the wait ends before the [deadline](crate::Deadline) of the call;
//! 6. the budget bears another retry.
//!
//! ```text
//! wait = max(the peer's hint, min(cap, jitter(backoff(n))))       retries in the window ≤ share × requests + floor
//! ```
//! By default there are 3 attempts, with waits of up to 50 ms, 100 ms, and so on ([`Config`]), and the retries of all calls
//! together are at most a fifth of the calls and one a second ([`Budget`]): when a peer is down for good, it is not asked three
//! times as much. A call makes its deposit when its first attempt has ended.
//!
//! # Where it stands in a stack
//! Above the breaker and the timeout of an attempt, so that each attempt is judged and limited by itself, and beneath the
//! deadline of the whole call: `operation · fallback · deadline · retry · breaker · timeout · service`. With the breaker above,
//! that sees one call where the peer sees three.
//!
//! A retry above another leaves the attempts to the upper one, so that they do not multiply and each call makes one deposit. The
//! lower one knows an attempt by the type of the request, while the upper one calls what is beneath it; and one of HTTP by
//! [`Attempt`] too, wherever it comes from. It does not know others: those that are made later or elsewhere, such as behind
//! a buffer or in an async block; those whose type was changed on the way; and what a function calls that [is
//! run](Handle::run), as that can be anything. There both try again, so give one of them up. Conversely, what a service calls
//! for itself has retries of its own, unless it does so in its `call` rather than in its future, with a request of the same
//! type.
//!
//! # Example
//! ```
//! use buttress::circuit_breaker::{CircuitBreakerLayer, Config};
//! use buttress::retry::{self, GiveUp, RetryLayer};
//! use buttress::Rejected;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), buttress::BoxError> {
//! let orders = retry::Handle::new("orders", retry::Config::default());
//! let mut service = ServiceBuilder::new()
//!     .layer(RetryLayer::from_handle(orders.clone()))
//!     .layer(CircuitBreakerLayer::new(Config::builder().consecutive_failures(4).build()?))
//!     .service(service_fn(|id: u64| async move {
//!         if id > 0 { Ok(id) } else { Err(std::io::Error::other("no route to host")) }
//!     }));
//!
//! assert_eq!(service.ready().await?.call(7).await?, 7);
//! let error = service.ready().await?.call(0).await.unwrap_err();
//! assert_eq!(error.to_string(), "no route to host");
//! assert_eq!(orders.totals().retries(), 2);
//! // The breaker opens with the first attempt of the next call, and refuses its second: that is the end of it.
//! let refused = service.ready().await?.call(0).await.unwrap_err();
//! assert!(Rejected::find(&*refused).is_some());
//! assert_eq!((orders.totals().retries(), orders.totals().gave_up(GiveUp::NotRetryable)), (3, 1));
//! # Ok(())
//! # }
//! ```
//! Functions without a service are tried again by [`Handle::run`] and [`RetryLayer::run`], also those that are not async.
//!
//! # Readiness
//! That of the service beneath: the instance that was polled ready makes the first attempt. Each other is made by a clone of
//! the service as it was when the layer was put on it, once that is ready; while it is not, the call waits. One whose readiness
//! fails is a failed attempt.
//!
//! # Cancellation
//! A call dropped at any point drops its attempt or its timer, and is counted as cancelled. What a retry took from the budget
//! goes back unless it was sent.
//!
//! # Errors
//! The caller has the last result as it is, or with [`explained`](RetryLayer::explained) the last error in an [`Exhausted`]
//! that says how many attempts there were. The one it makes itself is a [`Rejected`](crate::Rejected) for
//! [`Reason::DeadlineExceeded`](crate::Reason::DeadlineExceeded), where the deadline was over before a service was ready for the next attempt:
//! that is not sent any more, and the last result is gone.
//!
//! # Events
//! [`Retried`](crate::EventKind::Retried) before each wait and [`GaveUp`](crate::EventKind::GaveUp) when a call fails for good:
//! by [`Handle::on_event`], and with feature `tracing` under the target `buttress`. What the results were is for
//! [`on_retry`](RetryLayer::on_retry), [`on_failure`](RetryLayer::on_failure) and [`on_success`](RetryLayer::on_success).
//!
//! # Beside tower
//! tower's `Retry` calls a policy of the user's own and clones the whole stack beneath for each call. Where it is in place
//! already, [`RetryLayer::policy`] puts these decisions into it.

#[cfg(feature = "http")]
mod attempt;
pub mod budget;
mod condition;
mod counters;
mod course;
mod explained;
mod future;
mod handle;
mod hooks;
#[cfg(feature = "http")]
mod http;
mod layer;
mod member;
mod nested;
mod outlook;
#[cfg(feature = "tower")]
mod policy;
mod replay;
mod run;
mod service;
mod source;
mod transient;

#[cfg(feature = "http")]
pub use self::attempt::{Attempt, NoRetry};
pub use self::budget::Budget;
pub(crate) use self::budget::Limiter;
pub use self::condition::{ByClass, Condition, Decision, When};
pub use self::counters::Totals;
pub use self::explained::{Exhausted, Explained};
pub use self::future::ResponseFuture;
pub use self::handle::{Handle, Snapshot};
pub use self::hooks::{BackoffHook, FailureHook, Hooks, RetryHook, Retrying, SuccessHook, Watch};
#[cfg(feature = "http")]
pub use self::http::{GrpcCondition, HttpCondition};
pub use self::layer::RetryLayer;
pub use self::outlook::Outlook;
#[cfg(feature = "tower")]
pub use self::policy::{Policy, Wait};
#[cfg(feature = "reqwest")]
pub use self::replay::ReqwestTape;
#[cfg(feature = "http")]
pub use self::replay::{ByBody, RepeatBody, ReplayBody, RequestTape};
pub use self::replay::{ByClone, Replay};
pub use self::run::Done;
pub use self::service::RetryService;
pub use self::source::Source;
pub use self::transient::is_transient;
pub use buttress_core::retry::{Backoff, Builder, Config, GiveUp, Jitter, presets};
