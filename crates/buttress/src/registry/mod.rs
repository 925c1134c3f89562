//! All handles of an application by their names, and how they stand.

mod health;
#[cfg(feature = "serde")]
mod serialize;
mod status;

pub use health::{Concern, Health, Verdict};
pub use status::{BreakerStatus, Change, KeyedStatus, LastFailure, StateCounts, Status};
