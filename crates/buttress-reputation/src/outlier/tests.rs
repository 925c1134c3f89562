//! Who is left out, and for how long.

use super::verdict::{Tally, outliers};
use super::*;
use crate::Tick;
use crate::sync::{Mutex, lock};
use proptest::prelude::*;
use std::time::Duration;

mod detector;
mod oracle;
mod settings;

const fn at(seconds: u64) -> Tick {
    Tick::from_nanos(seconds * 1_000_000_000)
}

fn tally(calls: u32, failures: u32) -> Tally {
    Tally { calls, failures, out: false }
}

fn only(success_rate: Option<SuccessRate>, failure_percentage: Option<FailurePercentage>) -> Config {
    Config::builder()
        .success_rate(success_rate)
        .failure_percentage(failure_percentage)
        .build()
        .expect("rules with their defaults are valid")
}

/// A peer that counts its calls, and notes down what happens to it.
#[derive(Debug, Default)]
struct Peer {
    state: Mutex<State>,
    standing: Standing,
}

#[derive(Debug, Default)]
struct State {
    calls: u32,
    failures: u32,
    until: Tick,
    ejections: Vec<(Rule, Duration)>,
}

impl Peer {
    fn did(&self, calls: u32, failures: u32) {
        let mut state = lock(&self.state);
        state.calls = state.calls.wrapping_add(calls);
        state.failures = state.failures.wrapping_add(failures);
    }

    fn ejections(&self) -> Vec<(Rule, Duration)> {
        lock(&self.state).ejections.clone()
    }
}

impl Watched for Peer {
    fn calls(&self) -> (u32, u32) {
        let state = lock(&self.state);
        (state.calls, state.failures)
    }

    fn is_ejected(&self, now: Tick) -> bool {
        now < lock(&self.state).until
    }

    fn eject(&self, by: Rule, until: Tick, now: Tick) {
        let mut state = lock(&self.state);
        assert!(state.until <= now, "it is out already");
        state.until = until;
        state.ejections.push((by, until.since(now)));
    }

    fn standing(&self) -> &Standing {
        &self.standing
    }
}
