//! The parts of a stack whose types do not vary.

use crate::{bulkhead, circuit_breaker, deadline, error_budget, failure_log, operation, rate_limit, timeout};
use std::time::Duration;

/// Those that are on, outermost first.
#[derive(Clone, Debug, Default)]
pub(super) struct Handles {
    pub(super) failure_log: Option<failure_log::Operation>,
    pub(super) error_budget: Option<error_budget::Handle>,
    /// Whether requests of low priority are shed while that is low.
    pub(super) sheds: bool,
    pub(super) operation: Option<operation::Handle>,
    pub(super) breaker_outside: Option<circuit_breaker::Handle>,
    pub(super) deadline: Option<deadline::Handle>,
    pub(super) rate_limit: Option<rate_limit::Handle>,
    pub(super) rate_wait: Option<Duration>,
    pub(super) breaker_per_attempt: Option<circuit_breaker::Handle>,
    pub(super) bulkhead: Option<bulkhead::Handle>,
    /// Whether calls are judged at the end of their body, until which they keep their place.
    pub(super) to_body_end: bool,
    pub(super) timeout: Option<timeout::Handle>,
}
