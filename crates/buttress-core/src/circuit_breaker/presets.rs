//! Settings by the name of where they come from.

use super::Config;
use std::time::Duration;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn build(builder: super::Builder) -> Config {
    builder.build().expect("a preset is valid")
}

/// In front of an HTTP origin that has siblings: throttling counts, and the origin is asked again after 250 ms, hardly
/// more slowly each time, since another one takes its calls meanwhile.
#[must_use]
pub fn proxy() -> Config {
    let open = Duration::from_millis(250);
    build(Config::builder().count_throttling(true).open_for(open).escalation(1.25, open * 2))
}

/// The numbers of walgit's JavaScript framework: 5 failures in a row, open for 30 s, 2 successes close.
#[must_use]
pub fn walgit() -> Config {
    in_a_row(5, secs(30), 2)
}

/// walgit's circuit before Walrus storage: 3 failures in a row, open for 20 s, one success closes.
#[must_use]
pub fn walgit_walrus() -> Config {
    in_a_row(3, secs(20), 1)
}

/// walgit's circuit before anything else on the network: 4 failures in a row, open for 25 s, 2 successes close.
#[must_use]
pub fn walgit_network() -> Config {
    in_a_row(4, secs(25), 2)
}

/// The numbers of the network recovery plan: 5 failures within 120 s, open for 60 s, one success closes.
#[must_use]
pub fn network_recovery() -> Config {
    within_two_minutes(5, secs(60))
}

/// What the network recovery plan gives to an operation by default: 3 failures within 120 s, open for 60 s, one success
/// closes.
#[must_use]
pub fn network_operation() -> Config {
    within_two_minutes(3, secs(60))
}

/// The network recovery plan before the API of a code host: 5 failures within 120 s, open for 120 s, one success closes.
#[must_use]
pub fn api_client() -> Config {
    within_two_minutes(5, secs(120))
}

/// The network recovery plan before a registry of images: 3 failures within 120 s, open for 180 s, one success closes.
#[must_use]
pub fn registry() -> Config {
    within_two_minutes(3, secs(180))
}

/// The numbers of DWCP's Go package: 5 failures in a row, open for 60 s, 3 successes close.
#[must_use]
pub fn dwcp() -> Config {
    in_a_row(5, secs(60), 3)
}

/// DWCP's numbers while developing: 3 failures in a row, open for 30 s, 3 successes close.
#[must_use]
pub fn dwcp_development() -> Config {
    in_a_row(3, secs(30), 3)
}

/// The numbers of Cyberfly's peer-to-peer module: 5 failures within 60 s without a success between them, open for 30 s,
/// 2 successes close.
#[must_use]
pub fn cyberfly() -> Config {
    let rules = Config::builder().no_rules().window(secs(60)).failures_in_window(5).clear_on_success(true);
    build(rules.open_for(secs(30)).escalation(1.0, secs(30)).jitter(0.0).half_open_successes(2))
}

/// The numbers of the Python framework, also for external APIs: 5 failures in a row, open for 60 s.
#[must_use]
pub fn python_framework() -> Config {
    in_a_row(5, secs(60), 3)
}

/// The Python framework before a database: 3 failures in a row, open for 30 s.
#[must_use]
pub fn python_database() -> Config {
    in_a_row(3, secs(30), 3)
}

/// The one rule of most of them, with an open time that neither grows nor varies.
fn in_a_row(failures: u16, open_for: Duration, successes: u8) -> Config {
    let rules = Config::builder().no_rules().consecutive_failures(failures).half_open_successes(successes);
    build(rules.open_for(open_for).escalation(1.0, open_for).jitter(0.0))
}

fn within_two_minutes(failures: u32, open_for: Duration) -> Config {
    let rules = Config::builder().no_rules().window(secs(120)).failures_in_window(failures);
    build(rules.open_for(open_for).escalation(1.0, open_for).jitter(0.0).half_open_successes(1))
}
