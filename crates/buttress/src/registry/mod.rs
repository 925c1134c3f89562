//! All handles of an application by their names, how they stand, and what happens to them.
//!
//! A layer works without a registry: it has its handle. A registry is for those who look at all of them, an operator, a
//! dashboard, an alert: whatever admits calls belongs into it, and is then in its [`Status`], its [`Health`] and its
//! streams of events without more ado. All of these are read from the very state that admits the calls.
//!
//! # Example
//! Handles get their names where the application is put together. There, a name that does not fit is an error.
//! ```
//! use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, presets};
//! use buttress::registry::{Registry, Verdict};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), buttress::BoxError> {
//! let registry = Registry::new();
//! registry.circuit_breaker("orders", Config::default())?;
//! registry.circuit_breaker("payments", presets::walgit())?;
//! registry.on_health_change(|health| eprintln!("{health}"));
//!
//! // Elsewhere, while the stacks are built:
//! let orders = registry.get::<Handle>("orders")?;
//! let mut service = ServiceBuilder::new()
//!     .layer(CircuitBreakerLayer::from_handle(orders))
//!     .service(service_fn(|_: ()| async { Err::<(), _>(std::io::Error::other("no route to host")) }));
//! for _ in 0..5 {
//!     let _ = service.ready().await?.call(()).await;
//! }
//!
//! let status = registry.status();
//! assert_eq!(status.circuit_breakers["orders"].state.as_str(), "open");
//! assert_eq!(status.health.verdict, Verdict::Unhealthy);
//! assert_eq!(status.health.to_string(), "unhealthy: circuit_breaker orders is open");
//! registry.reset_all();
//! assert_eq!(registry.health().verdict, Verdict::Healthy);
//! # Ok(())
//! # }
//! ```
//! With feature `serde` a status is JSON:
//! ```
//! # use buttress::{circuit_breaker::Config, registry::Registry};
//! # let registry = Registry::new();
//! # registry.circuit_breaker("orders", Config::default())?;
//! # #[cfg(feature = "serde")] {
//! let json = serde_json::to_value(registry.status())?;
//! assert_eq!(json["health"]["verdict"], "healthy");
//! assert_eq!(json["circuit_breakers"]["orders"]["state"], "closed");
//! assert_eq!(json["circuit_breakers"]["orders"]["retry_after"], serde_json::Value::Null);
//! # }
//! # Ok::<_, buttress::BoxError>(())
//! ```
//!
//! # Names
//! There are as many as the registry was made for, and they are refused when they are empty or taken: the same name with
//! other settings is an error that says which setting differs, not one of the two at random.
//!
//! # Health
//! A breaker that refuses is unhealthy, one that is half-open or due for a probe is degraded, and the worst counts for
//! all. So it is with what a [`Monitor`](crate::health::Monitor) looks at. It is about now: how often a breaker has opened before makes no difference.
//!
//! # Events
//! [`Registry::subscribe`] has all events in one bounded stream, which costs nothing while nobody reads it, and no call is
//! held up by a reader that does not read.

mod bandwidths;
mod book;
mod bulkheads;
mod error;
mod error_budgets;
mod failure_logs;
mod fallbacks;
mod health;
mod health_checks;
mod member;
mod names;
mod operations;
mod peers;
mod rate_limits;
mod reset;
mod retries;
#[cfg(feature = "serde")]
pub(crate) mod serialize;
mod status;
mod stream;
mod time_limits;
mod watch;

pub use bandwidths::{BandwidthStatus, LaneStatus};
pub use bulkheads::{BulkheadStatus, KeyedBulkheadStatus};
pub use error::{RegistryError, UnknownName};
pub use error_budgets::{BurnStatus, ErrorBudgetStatus, ObjectiveStatus, PercentileStatus};
pub use failure_logs::{FailingOperation, FailureClass, FailureLogStatus};
pub use fallbacks::FallbackStatus;
pub(crate) use health::Verdicts;
pub use health::{Concern, Health, Verdict};
pub use health_checks::{CheckStatus, MonitorStatus};
pub(crate) use member::Held;
pub use member::Member;
pub use names::Registry;
pub use operations::OperationStatus;
pub use peers::{
    PeerBan, PeerEvents, PeerListener, PeerStates, PeerStatus, PeerTroubles, Peers, PeersStatus, peer_label,
};
pub use rate_limits::{KeyedRateLimitStatus, LimitStatus, RateLimitStatus};
pub(crate) use reset::{Answer, Asked};
pub use reset::{Part, Resets};
pub use retries::RetryStatus;
pub use status::{BreakerStatus, Change, KeyedStatus, LastFailure, StateCounts, Status};
pub use stream::Subscription;
pub use time_limits::TimeLimitStatus;
