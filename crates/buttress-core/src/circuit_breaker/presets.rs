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
    build(Config::builder().count_throttling(true).open_for(open).escalation(1.25, secs(1)))
}

/// The numbers of walgit's JavaScript framework: 5 failures in a row, open for 30 s, 2 successes close.
#[must_use]
pub fn walgit() -> Config {
    let rules = Config::builder().no_rules().consecutive_failures(5);
    build(rules.open_for(secs(30)).escalation(1.0, secs(30)).jitter(0.0).half_open_successes(2))
}

/// The numbers of the network recovery plan: 5 failures within 120 s, open for 60 s, one success closes.
#[must_use]
pub fn network_recovery() -> Config {
    let rules = Config::builder().no_rules().window(secs(120)).failures_in_window(5);
    build(rules.open_for(secs(60)).escalation(1.0, secs(60)).jitter(0.0).half_open_successes(1))
}

/// The numbers of DWCP's Go package: 5 failures in a row, open for 60 s, 3 successes close.
#[must_use]
pub fn dwcp() -> Config {
    let rules = Config::builder().no_rules().consecutive_failures(5);
    build(rules.open_for(secs(60)).escalation(1.0, secs(60)).jitter(0.0).half_open_successes(3))
}

/// The numbers of Cyberfly's peer-to-peer module: 5 failures within 60 s without a success between them, open for 30 s,
/// 2 successes close.
#[must_use]
pub fn cyberfly() -> Config {
    let rules = Config::builder().no_rules().window(secs(60)).failures_in_window(5).clear_on_success(true);
    build(rules.open_for(secs(30)).escalation(1.0, secs(30)).jitter(0.0).half_open_successes(2))
}

/// The numbers of the Python framework: 5 failures in a row, open for 60 s.
#[must_use]
pub fn python_framework() -> Config {
    let rules = Config::builder().no_rules().consecutive_failures(5);
    build(rules.open_for(secs(60)).escalation(1.0, secs(60)).jitter(0.0))
}
