//! The layers of buttress, and those of tower they stand beside, each with how to see what it holds: one file for each.

mod bandwidth;
mod bulkhead;
mod circuit_breaker;
mod deadline;
mod error_budget;
mod failure_log;
mod fallback;
mod operation;
mod rate_limit;
mod retry;
mod router;
mod stack;
mod timeout;
mod tower;

pub use self::bandwidth::*;
pub use self::bulkhead::*;
pub use self::circuit_breaker::*;
pub use self::deadline::*;
pub use self::error_budget::*;
pub use self::failure_log::*;
pub use self::fallback::*;
pub use self::operation::*;
pub use self::rate_limit::*;
pub use self::retry::*;
pub use self::router::*;
pub use self::stack::*;
pub use self::timeout::*;
pub use self::tower::*;

use std::time::Duration;

/// Long enough for anything that a check does.
const LONG: Duration = Duration::from_secs(3600);
