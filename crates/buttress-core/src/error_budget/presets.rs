//! Settings by the name of where they come from.

use super::{Builder, Config, Quantile};
use crate::Ratio;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

/// For what must be there: 99.99 % over 30 days.
#[must_use]
pub fn high_availability() -> Config {
    build(promise(0.999_9, 30 * 24 * HOUR))
}

/// For what is relied on: 99.9 % over 24 hours.
#[must_use]
pub fn standard() -> Config {
    build(promise(0.999, 24 * HOUR))
}

/// For what can be done without: 99 % over an hour.
#[must_use]
pub fn best_effort() -> Config {
    build(promise(0.99, HOUR))
}

/// The budget `slo-availability` of DWCP's Go package: 99.9 % over 24 hours. As there, it takes one call to exhaust it.
#[must_use]
pub fn slo_availability() -> Config {
    build(standard().to_builder().minimum_calls(1))
}

/// The budget `slo-latency` of DWCP's Go package: 99 % over an hour. What is slow is for the caller to say. As there, it takes
/// one call to exhaust it.
#[must_use]
pub fn slo_latency() -> Config {
    build(best_effort().to_builder().minimum_calls(1))
}

/// The latency budget of DWCP's Go package: 95 % of the calls within 100 ms, over an hour. As there, it takes one call to
/// exhaust it.
#[must_use]
pub fn p95_latency() -> Config {
    build(Config::latency(Duration::from_millis(100), Quantile::P95).window(HOUR).minimum_calls(1))
}

fn promise(objective: f64, window: Duration) -> Builder {
    Config::builder().objective(Ratio::new(objective).expect("it is a share")).window(window)
}

fn build(builder: Builder) -> Config {
    builder.build().expect("a preset is valid")
}
