//! What a file keeps of a breaker, and what is made of it.

use super::State;
use super::compact::Compact;
use super::either::{Breaker, Full};
use super::past::Past;
use crate::peer::Cold;
use crate::sync::{Ordering, lock};
use buttress_core::{FailureKind, Outcome, Tick};
use std::time::Duration;

impl Breaker {
    /// Opens it until then: what a file says. The whole breaker of the core does not know how, and opens for its own time, unless
    /// that is over.
    pub(crate) fn restore_open(&self, cold: &Cold, until: Tick, level: u32, now: Tick) {
        match self {
            Self::Off => {}
            Self::Compact(breaker) => breaker.restore_open(cold, until, level),
            Self::Full(full) if until > now => full.restore_open(until.since(now), now),
            Self::Full(_) => {}
        }
    }

    /// How long it stays open yet, if it is. One that is being probed is due, and probed again by who comes after.
    pub(crate) fn open_for(&self, now: Tick) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Compact(breaker) => match breaker.state() {
                State::Closed => None,
                State::Open => breaker.open_until().map(|until| until.since(now)),
                State::HalfOpen => Some(Duration::ZERO),
            },
            Self::Full(full) => full.machine.snapshot(now).retry_after,
        }
    }
}

impl Compact {
    /// Open until then, and so often reopened before: what a file says.
    fn restore_open(&self, cold: &Cold, until: Tick, level: u32) {
        let mut cold = cold.lock();
        cold.past().level = level;
        self.time.store(until.as_nanos(), Ordering::Relaxed);
        self.enter(State::Open);
    }
}

impl Full {
    fn restore_open(&self, left: Duration, now: Tick) {
        let failure = Outcome::Failure(FailureKind::Error);
        // Enough of them for any rule on failures; with none it stays closed.
        for _ in 0..u16::MAX {
            let Some(pass) = self.machine.pass_if_closed() else { break };
            let _ = self.machine.record(pass.begin(now), failure, Some(left), now);
        }
        lock(&self.rest).told = self.machine.cursor();
    }
}

impl Past {
    /// How far its open time has grown.
    pub(crate) const fn level(&self) -> u32 {
        self.level
    }
}
