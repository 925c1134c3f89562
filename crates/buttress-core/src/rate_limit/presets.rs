//! Settings by the name of where they come from.

use super::{Config, Rate, adaptive};
use std::time::Duration;

/// The numbers of DWCP's Go package: 1,000 a second, 100 at once.
#[must_use]
pub fn dwcp() -> Config {
    let rate = Rate::per_second(1_000).expect("a preset is valid");
    Config::new(rate, 100).expect("a preset is valid")
}

/// DWCP's limiter of the messages that a node sends (`outbound-messages`): 1,000 a second, 100 at once.
#[must_use]
pub fn outbound_messages() -> Config {
    dwcp()
}

/// The numbers of DWCP's adaptive limiter: begins at 1,000 a second, moves between 100 and 5,000, aims at 100 ms and looks at
/// the last 100 calls.
#[must_use]
pub fn dwcp_adaptive() -> adaptive::Config {
    let rate = |count| Rate::per_second(count).expect("a preset is valid");
    let config = adaptive::Config::between(rate(100), rate(1_000), rate(5_000)).expect("a preset is valid");
    config.target(Duration::from_millis(100)).expect("a preset is valid")
}
