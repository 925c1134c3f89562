//! The network recovery plan: the breaker is around the retries.

use super::{Order, Preset};
use crate::circuit_breaker::{self, presets};
use crate::retry;
use std::time::Duration;

/// An operation that says nothing else.
#[must_use]
pub fn default() -> Preset {
    around("network_recovery", presets::network_operation()).retry(retry::presets::network_recovery())
}

/// The API of a code host.
#[must_use]
pub fn api_client() -> Preset {
    around("network_recovery/api_client", presets::api_client()).retry(retry::presets::api_client())
}

/// A registry of images, where each pull has 5 minutes.
#[must_use]
pub fn registry() -> Preset {
    around("network_recovery/registry", presets::registry())
        .retry(retry::presets::registry())
        .timeout(Duration::from_secs(300))
}

fn around(name: &'static str, breaker: circuit_breaker::Config) -> Preset {
    Preset::new(name, Order::BreakerOutside).breaker(breaker)
}
