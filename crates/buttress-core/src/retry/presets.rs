//! Settings by the name of where they come from.

use super::{Builder, Config, Jitter};
use crate::Ratio;
use std::time::Duration;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const TENTH: Ratio = Ratio::new(0.1).expect("a tenth is a ratio");

fn build(builder: Builder) -> Config {
    builder.build().expect("a preset is valid")
}

fn walgit_with(retries: u32, base: Duration) -> Config {
    let rules = Config::builder().retries(retries).exponential(base, 1.5).cap(secs(30));
    build(rules.jitter(Jitter::Symmetric(TENTH)))
}

/// The numbers in the documentation of walgit's JavaScript framework: 3 retries, 1 s × 1.5, ±10 %, no wait above 30 s.
#[must_use]
pub fn walgit() -> Config {
    walgit_with(3, secs(1))
}

/// The numbers in its code: 5 retries, 2 s × 1.5, ±10 %, no wait above 30 s.
#[must_use]
pub fn walgit_impl() -> Config {
    walgit_with(5, secs(2))
}

/// The numbers in its configuration file (`resilience.retryCount`, `resilience.retryDelay`): 5 retries, 1 s × 1.5, ±10 %,
/// no wait above 30 s.
#[must_use]
pub fn walgit_config() -> Config {
    walgit_with(5, secs(1))
}

fn recovery_with(attempts: u32, base: Duration) -> Config {
    let rules = Config::builder().attempts(attempts).exponential(base, 2.0).cap(secs(30));
    build(rules.jitter(Jitter::Symmetric(TENTH)).cap_before_jitter())
}

/// The numbers of the network recovery plan: 3 attempts, 1 s × 2, up to 30 s and then ±10 %.
#[must_use]
pub fn network_recovery() -> Config {
    recovery_with(3, secs(1))
}

/// Those of its API client: 3 attempts, 2 s × 2, up to 30 s and then ±10 %.
#[must_use]
pub fn api_client() -> Config {
    recovery_with(3, secs(2))
}

/// Those of its registry client: 5 attempts, 1 s × 2, up to 30 s and then ±10 %.
#[must_use]
pub fn registry() -> Config {
    recovery_with(5, secs(1))
}

fn dwcp_with(retries: u32, base: Duration, factor: f64, cap: Duration) -> Config {
    let rules = Config::builder().retries(retries).exponential(base, factor).cap(cap);
    build(rules.jitter(Jitter::Additive(TENTH)).cap_before_jitter())
}

/// The numbers of DWCP's Go package: 3 retries, 100 ms × 2, up to 10 s and then up to 10 % more.
#[must_use]
pub fn dwcp() -> Config {
    dwcp_with(3, millis(100), 2.0, secs(10))
}

/// The numbers of its custom policy: 5 retries, 500 ms × 2, up to 30 s and then up to 10 % more.
#[must_use]
pub fn dwcp_custom() -> Config {
    dwcp_with(5, millis(500), 2.0, secs(30))
}

/// DWCP's advice for network operations, the same as [`dwcp`].
#[must_use]
pub fn network() -> Config {
    dwcp()
}

/// DWCP's advice for databases: 5 retries, 50 ms × 1.5, up to 5 s and then up to 10 % more.
#[must_use]
pub fn database() -> Config {
    dwcp_with(5, millis(50), 1.5, secs(5))
}

fn python_with(attempts: u32, base: Duration, cap: Duration, jitter: Jitter) -> Config {
    build(Config::builder().attempts(attempts).exponential(base, 2.0).cap(cap).jitter(jitter))
}

/// The numbers of the Python framework: 5 attempts, 1 s × 2, up to 60 s, with jitter, which is full here as the framework
/// does not say which.
#[must_use]
pub fn python_framework() -> Config {
    python_with(5, secs(1), secs(60), Jitter::Full)
}

/// Those it has for HTTP: 3 attempts, 1 s × 2, up to 30 s, full jitter.
#[must_use]
pub fn python_http() -> Config {
    python_with(3, secs(1), secs(30), Jitter::Full)
}

/// Those it has for databases: 3 attempts, 500 ms × 2, up to 10 s, no jitter.
#[must_use]
pub fn python_database() -> Config {
    python_with(3, millis(500), secs(10), Jitter::None)
}

/// What it advises for files, linear with minimal waits: 3 attempts, 100 ms longer each time, up to 1 s.
#[must_use]
pub fn file() -> Config {
    let step = millis(100);
    build(Config::builder().attempts(3).linear(step, step).cap(secs(1)).jitter(Jitter::None))
}

/// What it advises for subprocesses, exponential with moderate waits: 3 attempts, 1 s × 2, up to 30 s, no jitter.
#[must_use]
pub fn subprocess() -> Config {
    python_with(3, secs(1), secs(30), Jitter::None)
}
