//! The timeout in its modes.

use super::LONG;
use crate::Subject;
use buttress::{TimeoutLayer, timeout};

/// A timeout that hardly ends any call.
#[must_use]
pub fn timeout() -> Subject {
    Subject::new(TimeoutLayer::new(LONG))
}

/// A timeout that leaves the error type as it is.
#[must_use]
pub fn timeout_typed() -> Subject {
    Subject::new(TimeoutLayer::new(LONG).typed())
}

/// A timeout that follows how long calls take, and all the same hardly ends any.
#[must_use]
pub fn timeout_adaptive() -> Subject {
    let config = timeout::Config::default().between(LONG, LONG, 2 * LONG);
    Subject::new(TimeoutLayer::adaptive(config.expect("these settings work")))
}

/// A timeout that is not there.
#[must_use]
pub fn timeout_off() -> Subject {
    Subject::new(TimeoutLayer::new(None))
}
