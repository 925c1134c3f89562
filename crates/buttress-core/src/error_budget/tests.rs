//! Rows and rules, one at a time.

mod alerts;
mod budgets;
mod latency;
mod settings;

use super::*;
use crate::Ratio;

const SECOND: u64 = 1_000_000_000;

fn at(secs: u64) -> Tick {
    Tick::from_nanos(secs * SECOND)
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn share(value: f64) -> Ratio {
    Ratio::new(value).expect("a share of a test")
}

fn config(change: impl FnOnce(Builder) -> Builder) -> Config {
    change(Config::builder()).build().expect("settings of a test")
}

fn budget(change: impl FnOnce(Builder) -> Builder) -> ErrorBudget {
    ErrorBudget::new(config(change), at(0))
}

/// What so many calls change.
fn calls(budget: &ErrorBudget, good: bool, number: u64, second: u64) -> Vec<Change> {
    (0..number).filter_map(|_| budget.record(good, at(second))).flatten().collect()
}
