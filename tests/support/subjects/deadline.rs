//! The deadline in its modes.

use super::LONG;
use crate::{OverHttp, Subject};
use buttress::{DeadlineLayer, deadline};

/// A deadline that hardly any call reaches.
#[must_use]
pub fn deadline() -> Subject {
    Subject::new(DeadlineLayer::new(LONG))
}

/// A deadline that leaves the error type as it is.
#[must_use]
pub fn deadline_typed() -> Subject {
    Subject::new(DeadlineLayer::new(LONG).typed())
}

/// A deadline that is not there.
#[must_use]
pub fn deadline_off() -> Subject {
    Subject::new(DeadlineLayer::from_handle(None::<deadline::Handle>))
}

/// A deadline that comes with requests as well, and goes with them.
#[must_use]
pub fn deadline_http() -> Subject {
    Subject::new(OverHttp(DeadlineLayer::http(LONG)))
}
