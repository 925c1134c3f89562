//! DWCP's Go package: the breaker is around the retries, and its operation timeout is over all of them.

use super::{Order, Preset};
use crate::circuit_breaker::{self, presets};
use crate::retry;
use std::time::Duration;

/// Its default.
#[must_use]
pub fn default() -> Preset {
    around("dwcp", presets::dwcp(), Duration::from_secs(30))
}

/// In production: the same numbers.
#[must_use]
pub fn production() -> Preset {
    around("dwcp/production", presets::dwcp(), Duration::from_secs(30))
}

/// While developing.
#[must_use]
pub fn development() -> Preset {
    around("dwcp/development", presets::dwcp_development(), Duration::from_secs(10))
}

/// Its retries on the network.
#[must_use]
pub fn network() -> Preset {
    Preset::new("dwcp/network", Order::BreakerOutside).retry(retry::presets::network())
}

/// Its retries of a database.
#[must_use]
pub fn database() -> Preset {
    Preset::new("dwcp/database", Order::BreakerOutside).retry(retry::presets::database())
}

fn around(name: &'static str, breaker: circuit_breaker::Config, limit: Duration) -> Preset {
    let preset = Preset::new(name, Order::BreakerOutside).breaker(breaker);
    preset.retry(retry::presets::dwcp()).deadline(limit)
}
