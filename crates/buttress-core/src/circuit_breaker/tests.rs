//! The machine, driven by hand: one module per theme.

mod counts;
mod knobs;
mod limits;
mod liveness;
mod recovery_knobs;
mod resolutions;
mod rows;
mod simulation;
mod sources;
mod stale;
mod threads;
mod worth;
mod wrong_values;

use super::*;
use crate::{FailureKind, ManualClock, Outcome};
use std::time::Duration;

const FAILURE: Outcome = Outcome::Failure(FailureKind::Response);

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A breaker beside its clock.
#[derive(Debug)]
struct Rig {
    breaker: CircuitBreaker,
    clock: ManualClock,
}

impl Rig {
    fn new(config: Config) -> Self {
        let clock = ManualClock::new(Tick::from_nanos(1_000_000_000_000));
        Self { breaker: CircuitBreaker::new(config, 7, clock.now()), clock }
    }

    /// A breaker with the changed defaults, whose open time is exactly one second and does not grow.
    fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        let steady = Config::builder().open_for(secs(1)).escalation(1.0, secs(1)).jitter(0.0);
        Self::new(change(steady).build().expect("the test's settings are valid"))
    }

    /// The same, after the failures it takes to open it.
    fn opened(self) -> Self {
        for _ in 0..100 {
            if self.state() == State::Open {
                return self;
            }
            self.fail();
        }
        panic!("100 failures do not open it: {:?}", self.breaker);
    }

    /// The same, opened, and with the open time just over.
    fn due(self) -> Self {
        let rig = self.opened();
        rig.pass(rig.refusal().retry_after().expect("an open breaker says when to come back"));
        rig
    }

    fn now(&self) -> Tick {
        self.clock.now()
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn state(&self) -> State {
        self.breaker.state()
    }

    fn snapshot(&self) -> Snapshot {
        self.breaker.snapshot(self.now())
    }

    fn ticket(&self) -> Ticket {
        self.breaker.try_acquire(self.now()).expect("the call is admitted")
    }

    fn refusal(&self) -> Refusal {
        self.breaker.try_acquire(self.now()).expect_err("the call is refused")
    }

    fn end(&self, ticket: Ticket, outcome: Outcome) -> Option<Transition> {
        self.breaker.record(ticket, outcome, None, self.now())
    }

    fn call(&self, outcome: Outcome) -> Option<Transition> {
        self.end(self.ticket(), outcome)
    }

    fn fail(&self) -> Option<Transition> {
        self.call(FAILURE)
    }

    fn succeed(&self) -> Option<Transition> {
        self.call(Outcome::Success)
    }

    fn failures(&self, count: u32) {
        (0..count).for_each(|_| _ = self.fail());
    }

    fn successes(&self, count: u32) {
        (0..count).for_each(|_| _ = self.succeed());
    }

    /// A call that takes `time`.
    fn slow_call(&self, time: Duration, outcome: Outcome) -> Option<Transition> {
        let ticket = self.ticket();
        self.pass(time);
        self.end(ticket, outcome)
    }

    /// The open time of the latest opening.
    fn open_for(&self) -> Duration {
        let opened = self.snapshot().history.into_iter().rev().find_map(|change| change.open_for);
        opened.expect("it has opened")
    }
}
