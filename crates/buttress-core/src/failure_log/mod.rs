//! The failure log: it remembers what failed, which failures are the same, and how often, in memory that is bounded.
//!
//! ```text
//!   failure ──▶ told once ──▶ secrets out ──▶ masked ──▶ fingerprint ──▶ class: count, first, last, by minute and hour
//!                  │                                                       │
//!                  └────────────▶ record (ring, so many per operation)     └──▶ new, regressed, spiking
//!   success ──▶ counted
//! ```
//!
//! It decides nothing: no call is admitted or refused for what it has learnt.
//!
//! # Which failures are the same
//! Those of one operation and component whose errors have the same type and say the same but for what a mask hides: numbers,
//! addresses, identifiers, durations, what stands in quotes. How many classes there are is limited; with all places taken the
//! rarest goes, and the one that comes takes over its count as [`Class::error`], so that the frequent ones are counted right
//! however many different messages there are.
//!
//! # What is remarkable
//! A class is *new* when it was not seen before, for an hour; what was read back was seen. It has *regressed* when it comes
//! again after a day without it. It *spikes* with five times as many failures in five minutes as in five minutes of the last
//! day, and at least ten, once there is an hour to compare with. All of these numbers are settings.
//!
//! # What it makes of it
//! [`FailureLog::review`] is everything for people: [`Statistics`], [`Rates`] with the calls that went well in the denominator,
//! and an [`Analysis`]: what comes back [periodically](Periodic), what [fails together](Correlation), what
//! [is worse](Regression) than it was, each held against chance, and what to do. [`FailureLog::report`] is all that is known
//! about one failure. All of them are plain values that are worked out when they are asked for, of which nothing depends.
//!
//! # What it costs
//! A success is one addition in the thread's own line of memory. A failure takes the time its texts take to be told, and a
//! lock for a few numbers; the buffers of the record that leaves are used again. Nothing waits for a reader for longer than it
//! takes to copy 32 records.
//!
//! ```
//! use buttress_core::clock::{coarse, wall};
//! use buttress_core::failure_log::{Category, Config, Failure, FailureLog, Filter};
//!
//! let log = FailureLog::new(Config::default(), wall(), coarse());
//! let charge = log.operation("charge", "payments");
//! charge.succeeded(coarse());
//! for customer in [17, 42] {
//!     let message = format!("no answer for customer {customer} in 250ms, token=4f1d");
//!     log.record(&Failure::of(&charge).message(&message).error_type("Timeout"), wall(), coarse());
//! }
//!
//! let classes = log.classes(&Filter::default(), wall());
//! assert_eq!((classes.len(), classes[0].count, classes[0].category), (1, 2, Category::Network));
//! assert_eq!(&*classes[0].template, "no answer for customer <n> in <duration>, token=<redacted>");
//! let volume = &log.volumes(&Filter::default(), wall())[0];
//! assert_eq!((volume.successes, volume.failures), (1, 2));
//! ```

mod analysis;
mod builder;
mod chance;
mod class;
mod classes;
mod classify;
mod collect;
mod config;
mod correlation;
mod counts;
mod difference;
mod distribution;
mod evidence;
mod failure;
mod filter;
mod fingerprint;
mod io_kind;
mod line;
mod log;
mod mask;
mod memo;
mod memory;
mod operation;
mod operations;
mod patterns;
mod periodic;
mod queries;
mod rates;
mod read;
mod recommend;
mod record;
mod regression;
mod report;
mod restore;
mod review;
mod ring;
mod seen;
mod snapshot;
mod sorts;
mod standing;
mod statistics;
mod step;
mod text;
mod trend;
mod unit;
mod wall;
#[cfg(feature = "serde")]
mod wire;
mod words;

pub use analysis::{Analysis, ComponentPatterns, Options, Priority, Recommendation};
pub use builder::Builder;
pub use class::{Bucket, Calls, Class, Series, Tally, Volume};
pub use classify::Rule;
pub use config::Config;
pub use correlation::Correlation;
pub use distribution::{Chart, Distribution};
pub use failure::Failure;
pub use filter::Filter;
pub use fingerprint::Fingerprint;
pub use log::FailureLog;
pub use operation::Operation;
pub use patterns::{Common, Pattern};
pub use periodic::Periodic;
pub use rates::{CategoryRate, ComponentRate, OperationRate, Rate, RateBucket, Rates};
pub use record::{Record, Recorded};
pub use regression::{Change, Regression};
pub use report::{Occurrences, Report, Similar, Suggestion};
pub use review::{ClassSummary, Review};
pub use snapshot::{OperationFailures, Snapshot, TallyCount};
pub use statistics::{Count, Statistics, TopError};
pub use trend::{Direction, Trend};
pub use unit::Subject;
pub use words::{Category, Flags, Severity, Standing};

#[cfg(all(test, not(buttress_loom)))]
mod tests;
