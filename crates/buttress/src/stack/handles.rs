//! The parts of a stack whose types do not vary.

use crate::{circuit_breaker, deadline, operation, timeout};

/// Those that are on, outermost first.
#[derive(Clone, Debug, Default)]
pub(super) struct Handles {
    pub(super) operation: Option<operation::Handle>,
    pub(super) breaker_outside: Option<circuit_breaker::Handle>,
    pub(super) deadline: Option<deadline::Handle>,
    pub(super) breaker_per_attempt: Option<circuit_breaker::Handle>,
    pub(super) timeout: Option<timeout::Handle>,
}
