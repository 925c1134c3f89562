//! How something is that is looked at from time to time.
//!
//! A *check* looks at something and has a [`Finding`]; a [`Standing`] makes a [`Status`] of one finding after the other. One bad
//! finding is chance, some in a row are a fact: the status changes to unhealthy after
//! [`unhealthy_after`](Builder::unhealthy_after) of them, and back after [`healthy_after`](Builder::healthy_after) good ones.
//!
//! ```
//! use buttress_core::Tick;
//! use buttress_core::health::{Config, Finding, Standing, Status};
//! use std::time::Duration;
//!
//! let mut standing = Standing::new(Config::default());
//! let (mut now, took) = (Tick::ZERO, Duration::from_millis(5));
//! for finding in [Finding::Healthy, Finding::Unhealthy, Finding::Unhealthy] {
//!     standing.record(finding, took, now);
//!     now = now + Duration::from_secs(10);
//! }
//! assert_eq!(standing.status(), Status::Healthy);
//! let change = standing.record(Finding::Unhealthy, took, now).expect("the third in a row");
//! assert_eq!((change.from, change.to), (Status::Healthy, Status::Unhealthy));
//! ```
//!
//! [`Advice`] says how much to ask of something that is unwell.

mod advice;
mod builder;
mod config;
pub mod presets;
mod standing;
#[cfg(test)]
mod tests;
mod words;

pub use advice::{Advice, Conditions};
pub use builder::Builder;
pub use config::Config;
pub use standing::{Snapshot, Standing, Totals};
pub use words::{Change, Finding, Status};
