//! Who is left out, and for how long.

use super::verdict::{Tally, outliers};
use super::*;
use crate::Tick;
use proptest::prelude::*;
use std::sync::Mutex;
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
    Config::builder().success_rate(success_rate).failure_percentage(failure_percentage).build().unwrap()
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
        let mut state = self.state.lock().unwrap();
        state.calls = state.calls.wrapping_add(calls);
        state.failures = state.failures.wrapping_add(failures);
    }

    fn ejections(&self) -> Vec<(Rule, Duration)> {
        self.state.lock().unwrap().ejections.clone()
    }
}

impl Watched for Peer {
    fn calls(&self) -> (u32, u32) {
        let state = self.state.lock().unwrap();
        (state.calls, state.failures)
    }

    fn is_ejected(&self, now: Tick) -> bool {
        now < self.state.lock().unwrap().until
    }

    fn eject(&self, by: Rule, until: Tick, now: Tick) {
        let mut state = self.state.lock().unwrap();
        assert!(state.until <= now, "it is out already");
        state.until = until;
        state.ejections.push((by, until.since(now)));
    }

    fn standing(&self) -> &Standing {
        &self.standing
    }
}
