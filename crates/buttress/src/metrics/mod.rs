//! What the layers count, for Prometheus and the `metrics` facade.
//!
//! Layers count for themselves what they need to decide. An [`Exporter`] reads that when it is asked, so a call costs the same
//! with metrics as without, and what is exported is what calls are decided by. Every metric with its meaning is in
//! [`FAMILIES`] and in `docs/metrics.md`.
//!
//! ```
//! use buttress::Config;
//! use buttress::metrics::Exporter;
//! use buttress::registry::Registry;
//!
//! let registry = Registry::new();
//! let orders = registry.circuit_breaker("orders", Config::default())?;
//! let exporter = Exporter::new(registry);
//!
//! assert!(exporter.render().contains("buttress_circuit_breaker_state{name=\"orders\"} 0\n"));
//! orders.force_open();
//! assert!(exporter.render().contains("buttress_circuit_breaker_state{name=\"orders\"} 2\n"));
//! # Ok::<(), buttress::BoxError>(())
//! ```
//!
//! # How long calls take
//! is recorded by breakers that are made with
//! [`Handle::recording_durations`](crate::circuit_breaker::Handle::recording_durations), as that is the one thing a call pays
//! for.
//!
//! # Keys
//! Of the keys of a keyed breaker, those with the most failures have series of their own; all others are together in the key
//! `other`, also one that is called `other`. What is counted between two scrapes is added to exactly one of these series, so
//! their sum is the total. The series of a key begins at zero when it is first among those with the most failures, and goes
//! when it is no more; its calls before and after are in `other`. So the number of series is bounded, whatever keys come.
//!
//! # Series that end
//! A member that leaves the registry takes its series with it. Another that comes under the same name starts at zero, which
//! Prometheus takes for a restart; the same one goes on where it was.

mod bandwidths;
mod bulkheads;
mod collect;
mod counts;
mod error_budgets;
mod exporter;
#[cfg(feature = "metrics")]
mod facade;
mod failure_logs;
mod fallbacks;
mod families;
mod family;
mod health_checks;
mod members;
mod memory;
mod operations;
mod peers;
mod rate_limits;
mod retries;
#[cfg(any(feature = "metrics", test))]
mod spread;
mod text;
mod time_limits;

pub use exporter::{Builder, Exporter};
pub use families::FAMILIES;
pub use family::{Family, Kind};
