//! How what an application depends on is, found out beside its calls.
//!
//! Failure: a peer takes no calls for a while, or fails them all, and nobody learns that it is back, or that it is gone, before a
//! caller has to. A [`Monitor`] looks at each [`Check`] that is registered with it again and again, in a task of its own: no call
//! waits for a look, and asking how something stands costs a load.
//!
//! # How it decides
//! ```text
//! unknown ──1 good──▶ healthy ──3 bad in a row──▶ unhealthy ──1 good──▶ healthy        bad: failed, too slow to answer, panicked
//!                         ◀──▶ degraded: 3 in a row that answer too slowly or not as they should, or are bad
//! ```
//! The numbers are those of the [`Config`]; what could not be asked ([`Found::Unknown`]) is neither good nor bad. A look ends
//! by its timeout, which is shorter than the time to the next, so a check never overlaps with itself, and one that hangs
//! holds up no other. Looks are spread by a jitter, so that those of many instances do not come together. The first is at
//! once.
//!
//! # Example
//! ```
//! use buttress::health::{Check, Config, Found, Monitor, Status};
//! use buttress::registry::{Registry, Verdict};
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicBool, Ordering};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), buttress::BoxError> {
//! let config = Config::builder().unhealthy_after(1).build()?;
//! let monitor = Monitor::new("backends", config);
//! let down = Arc::new(AtomicBool::new(false));
//! monitor.register(Check::ping("database", {
//!     let down = Arc::clone(&down);
//!     move || {
//!         let down = down.load(Ordering::Relaxed);
//!         async move { if down { Err("connection refused") } else { Ok(()) } }
//!     }
//! }))?;
//! monitor.register(Check::threshold("cpu", || 42.0, 0.0..=80.0)?)?;
//! monitor.on_change(|change| eprintln!("{}: {} -> {}", change.check, change.from, change.to));
//! let registry = Registry::new();
//! registry.add(monitor.clone())?;
//! monitor.start();
//!
//! assert!(monitor.check_now().await["database"].healthy);
//! down.store(true, Ordering::Relaxed);
//! let statuses = monitor.check_now().await;
//! assert_eq!(statuses["database"].status, Status::Unhealthy);
//! assert_eq!(statuses["database"].reason.as_deref(), Some("connection refused"));
//! assert!(!monitor.is_healthy() && statuses["cpu"].healthy);
//! assert_eq!(registry.health().to_string(), "unhealthy: health_check backends/database is unhealthy");
//! # Ok(())
//! # }
//! ```
//!
//! # Cancellation
//! [`Monitor::stop`], [`Monitor::unregister`] and the end of the last [`Monitor`] give up the looks that are under way: the future
//! of the check is dropped, and nothing is recorded of it.
//!
//! # Errors
//! What a check found is no error of the monitor. A check that panics was unhealthy for that once, and is looked at again.
//!
//! # Events
//! [`EventKind::HealthChanged`](crate::EventKind) with the name of the check as its key, once per change. In a
//! [`Registry`](crate::registry::Registry) a monitor is a part of its health, its status and its metrics.
//!
//! # How much to ask of the unwell
//! [`Monitor::conditions`] says how the network is, and [`Advice`] what batches, how many at a time and how many retries suit it.

mod audience;
mod check;
mod error;
mod found;
mod look;
mod member;
mod monitor;
mod watched;

pub use audience::Changed;
pub use buttress_core::health::{
    Advice, Builder, Change, Conditions, Config, Finding, Snapshot, Standing, Status, Totals, presets,
};
pub use check::Check;
pub use error::NotRegistered;
pub use found::Found;
pub use monitor::Monitor;
pub use watched::Watched;
