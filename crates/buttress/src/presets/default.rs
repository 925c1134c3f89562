//! The library's own.

use super::{Order, Places, Preset};
use crate::bulkhead::adaptive_limit;
use crate::{circuit_breaker, retry};
use std::time::Duration;

/// The defaults of all layers, with the breaker before each attempt, so that no attempt goes to a peer that the one before
/// found down, and as many attempts at a time as the peer is found to bear, so that a peer that became slow is not buried under
/// what it has not answered yet. An attempt has 5 s and a call 30 s: room for all of them.
#[must_use]
pub fn default() -> Preset {
    Preset::new("default", Order::BreakerPerAttempt)
        .breaker(circuit_breaker::Config::default())
        .retry(retry::Config::default())
        .bulkhead(Places::Adaptive(adaptive_limit::Config::default()))
        .timeout(Duration::from_secs(5))
        .deadline(Duration::from_secs(30))
}
