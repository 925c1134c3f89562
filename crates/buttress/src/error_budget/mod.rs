//! Keeps count of how much of what was promised is still left, and says when it runs out.
//!
//! Answers the failure that nobody notices: a service that promises 99.9 % may fail one call in a thousand, and whether it is
//! on its way to fail three in a thousand is in no single call. An error budget is what the promise allows to go wrong in a
//! window of up to a month; how fast it burns says whom to wake, and when it is low there is a reason to ask less.
//!
//! # How it decides
//! Its classifier says how a call ended, as in the [circuit breaker](crate::circuit_breaker). A failure is bad, and so is a
//! success that took longer than the objective has it, where that says so. Then, over the window:
//! ```text
//! allowed   = calls × (1 − objective)           1,000,000 calls at 99.9 %: 1,000
//! consumed  = bad / allowed, at most 1          remaining = 1 − consumed
//! burn rate = (bad / calls) / (1 − objective)   over any time: 1 uses up the budget in one window
//! ```
//! By these numbers alone an objective is [met](BudgetSnapshot::met) or not. Two thresholds of what remains, `low` and `exhausted`,
//! each with room between going and coming back, make three levels, which go down only if the window has
//! [calls enough](Builder::minimum_calls), 100 by default:
//! ```text
//!          low            exhausted
//! normal ───────▶ careful ───────▶ spent
//!        ◀─────── recovers ◀───────
//! ```
//! A burn rate that is high over a long time and over a short one at the same time is an alert, by up to four pairs of times:
//! the long one says that it matters, the short one that it still goes on. Too few calls for that are no alert.
//!
//! Calls that were cancelled and those that the classifier [ignores](crate::Outcome::Ignored) say nothing. Calls that layers
//! beneath refused and never sent, and those that the peer throttled, count only if the objective
//! [counts rejections](Config::count_rejections): then as bad, as whoever asked had no answer.
//!
//! Memory does not depend on the calls, a call is an addition, and to read is to look at no more than a few marks.
//!
//! # Actions
//! All are off unless asked for. [`ErrorBudgetLayer::shed_low_priority`] refuses requests of
//! [low priority](crate::bulkhead::Priority::Low) while the level is not normal, [`Handle::shrink_retries`] has fewer retries
//! sent meanwhile. Both end when the level is normal again, which time alone can bring about.
//!
//! # Where it stands in a stack
//! Outermost but for the failure log, so that it counts what callers get: after retries and fallbacks.
//!
//! # Example
//! ```
//! use buttress::bulkhead::Priority;
//! use buttress::error_budget::{Level, presets};
//! use buttress::{ErrorBudgetLayer, Reason, Rejected};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), buttress::BoxError> {
//! // 99.9 % over a day, from the first call on.
//! let config = presets::standard().to_builder().minimum_calls(1).build()?;
//! let layer = ErrorBudgetLayer::new(config);
//! let budget = layer.handle().clone();
//! let layer = layer.shed_low_priority_by(|cents: &u32| if *cents < 10 { Priority::Low } else { Priority::Normal });
//! let mut service = ServiceBuilder::new().layer(layer).service(service_fn(|cents: u32| async move {
//!     if cents > 0 { Ok(cents) } else { Err(std::io::Error::other("nothing to charge")) }
//! }));
//!
//! for cents in [100, 250, 0, 990] {
//!     let _ = service.ready().await?.call(cents).await;
//! }
//! assert_eq!(budget.level(), Level::Spent, "one call of four failed, and one of a thousand may");
//! assert!(service.ready().await?.call(100).await.is_ok());
//! let error = service.ready().await?.call(5).await.unwrap_err();
//! let rejected = Rejected::find(&*error).expect("it is shed");
//! assert_eq!((rejected.reason(), rejected.was_sent()), (Reason::Shed, false));
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! That of the service beneath, as only the request tells whether it is shed. An error from there comes through and is no
//! call.
//!
//! # Cancellation
//! A call dropped before its end is not counted by any objective; how many there were is in the [`Totals`].
//!
//! # Errors
//! Those of the service beneath. What is shed is a [`Rejected`](crate::Rejected) with [`Reason::Shed`](crate::Reason::Shed) that
//! was not sent.
//!
//! # Events
//! [`EventKind::Budget`](crate::EventKind::Budget) when an objective changes, once for each time: it is low, exhausted or
//! recovered, or it burns too fast or no more. An [`EventKind::Rejected`](crate::EventKind::Rejected) for every call that is shed.
//!
//! # Beside tower
//! tower has none. Prometheus computes the same from counters; take that where nothing has to act on it, and where it is enough
//! to know minutes later.

mod actions;
mod delivery;
mod future;
mod handle;
mod layer;
mod member;
mod objective;
#[cfg(feature = "persist")]
pub mod persist;
mod recording;
mod service;
mod shared;
mod snapshot;
mod source;

pub use buttress_core::error_budget::{
    Builder, Burn, Change, Changes, Config, Difference, Level, Pair, Percentiles, Quantile,
    Snapshot as BudgetSnapshot, State, Totals as BudgetTotals, presets,
};
pub use future::ResponseFuture;
pub use handle::Handle;
pub use layer::ErrorBudgetLayer;
pub use recording::Recording;
pub use service::ErrorBudgetService;
pub use shared::Shared;
pub use snapshot::{ObjectiveSnapshot, Snapshot, Totals};
#[cfg(feature = "http")]
pub use source::ByPriority;
pub use source::{PriorityOf, Shedding, Sheds};
