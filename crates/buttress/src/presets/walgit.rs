//! walgit's JavaScript framework: the breaker is around the retries.

use super::{Order, Preset};
use crate::circuit_breaker::{self, presets};
use crate::retry;

/// Calls of the Sui chain.
#[must_use]
pub fn sui() -> Preset {
    around("walgit/sui", presets::walgit())
}

/// Calls of Walrus storage.
#[must_use]
pub fn walrus() -> Preset {
    around("walgit/walrus", presets::walgit_walrus())
}

/// Any other call over the network.
#[must_use]
pub fn network() -> Preset {
    around("walgit/network", presets::walgit_network())
}

/// The preset for calls of this type: `sui`, `walrus`, and [`network`] for any other.
#[must_use]
pub fn strategy(of: &str) -> Preset {
    match of {
        "sui" => sui(),
        "walrus" => walrus(),
        _ => network(),
    }
}

fn around(name: &'static str, breaker: circuit_breaker::Config) -> Preset {
    Preset::new(name, Order::BreakerOutside).breaker(breaker).retry(retry::presets::walgit())
}
