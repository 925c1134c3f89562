//! Changes of state: one at a time, each written down, each with its reason and the numbers behind it.

use super::config::Config;
use super::journal::{Cursor, Journal};
use super::state::{State, Word};
use super::{CircuitBreaker, Rule};
use crate::sync::Ordering;
use crate::{Ratio, Tick};
use std::fmt;
use std::time::Duration;

/// A change of state that has happened.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// The number of this change since the breaker was made, from 1 without gaps.
    pub number: u64,
    /// When it happened.
    pub at: Tick,
    /// The state before.
    pub from: State,
    /// The state since.
    pub to: State,
    /// Why.
    pub cause: Cause,
    /// How long the breaker stays open, of a change to [`State::Open`].
    pub open_for: Option<Duration>,
}

/// Why a breaker changed its state, with the numbers that decided.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// Too many failures one after the other.
    ConsecutiveFailures {
        /// The length of the run.
        failures: u64,
        /// The length that opens.
        limit: u64,
    },
    /// Too many failures in the window.
    FailuresInWindow {
        /// Failures in the window.
        failures: u64,
        /// The number that opens.
        limit: u64,
    },
    /// Too large a share of failures in the window.
    FailureRate {
        /// Failures in the window.
        failures: u64,
        /// Calls in the window.
        calls: u64,
        /// The share that opens.
        threshold: Ratio,
    },
    /// Too large a share of slow calls in the window.
    SlowCallRate {
        /// Slow calls in the window.
        slow: u64,
        /// Calls in the window.
        calls: u64,
        /// The share that opens.
        threshold: Ratio,
    },
    /// The open time is over.
    OpenTimeOver,
    /// So many probes failed.
    ProbesFailed(u64),
    /// So many probes succeeded.
    ProbesSucceeded(u64),
    /// An operator forced the state.
    Forced,
    /// An operator reset the breaker.
    Reset,
}

impl Cause {
    /// The rule that fired, if it was one.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        match self {
            Self::ConsecutiveFailures { .. } => Some(Rule::ConsecutiveFailures),
            Self::FailuresInWindow { .. } => Some(Rule::FailuresInWindow),
            Self::FailureRate { .. } => Some(Rule::FailureRate),
            Self::SlowCallRate { .. } => Some(Rule::SlowCallRate),
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsecutiveFailures { failures, limit } => {
                write!(f, "{failures} failures in a row, limit {limit}")
            }
            Self::FailuresInWindow { failures, limit } => {
                write!(f, "{failures} failures in the window, limit {limit}")
            }
            Self::FailureRate { failures, calls, threshold } => {
                write!(f, "{failures} of {calls} calls failed, threshold {threshold}")
            }
            Self::SlowCallRate { slow, calls, threshold } => {
                write!(f, "{slow} of {calls} calls were slow, threshold {threshold}")
            }
            Self::OpenTimeOver => f.write_str("open time over"),
            Self::ProbesFailed(failures) => write!(f, "failed probes: {failures}"),
            Self::ProbesSucceeded(successes) => write!(f, "successful probes: {successes}"),
            Self::Forced => f.write_str("forced"),
            Self::Reset => f.write_str("reset"),
        }
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, cause, .. } = self;
        write!(f, "{from} -> {to} ({cause}")?;
        match self.open_for {
            Some(time) => write!(f, "; for {time:.1?})"),
            None => f.write_str(")"),
        }
    }
}

impl CircuitBreaker {
    /// Refuses all calls until [`CircuitBreaker::reset`] or another override.
    pub fn force_open(&self, now: Tick) -> Option<Transition> {
        self.force(State::ForcedOpen, Cause::Forced, now)
    }

    /// Admits all calls and judges none until [`CircuitBreaker::reset`] or another override.
    pub fn force_closed(&self, now: Tick) -> Option<Transition> {
        self.force(State::ForcedClosed, Cause::Forced, now)
    }

    /// Closes the breaker, whatever its state, with an empty window and the first open time.
    pub fn reset(&self, now: Tick) -> Option<Transition> {
        self.force(State::Closed, Cause::Reset, now)
    }

    /// Switches shadow on or off: in shadow the breaker decides and reports, but refuses nothing unless it is forced open.
    pub fn set_shadow(&self, shadow: bool) {
        let mut word = self.word();
        while !self.change(word, word.with_shadow(shadow)) {
            word = self.word();
        }
    }

    /// A cursor at the present end of the changes.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.journal().end()
    }

    /// The next change after `cursor`, in the order they happened, and how many are lost because they were read too late.
    pub fn next_transition(&self, cursor: &mut Cursor) -> Option<(Transition, u64)> {
        self.journal().next(cursor)
    }

    fn force(&self, to: State, cause: Cause, now: Tick) -> Option<Transition> {
        let mut journal = self.journal();
        let mut word = self.word();
        if to == State::Closed {
            journal.forget_escalation();
            self.window.clear(word.generation() + 1);
        } else if word.state() == to {
            return None;
        }
        while !self.change(word, word.enter(to)) {
            // Only counters of the same generation move without the lock, and generations of probes.
            word = self.word();
            if to == State::Closed {
                self.window.clear(word.generation() + 1);
            }
        }
        Some(journal.write(now, word.state(), to, cause))
    }

    /// Closed, and a rule fired.
    pub(super) fn open(
        &self,
        generation: u64,
        cause: Cause,
        hint: Option<Duration>,
        now: Tick,
    ) -> Option<Transition> {
        let config = self.config();
        self.transition(generation, State::Open, cause, now, |journal| {
            if !journal.escalates(config.calm_after(), now) {
                journal.forget_escalation();
            }
            self.set_due(journal, config, hint, now);
        })
    }

    /// Half-open, and too many probes failed.
    pub(super) fn reopen(&self, generation: u64, hint: Option<Duration>, now: Tick) -> Option<Transition> {
        let word = self.word();
        let cause = Cause::ProbesFailed(word.failures());
        self.transition(generation, State::Open, cause, now, |journal| {
            if word.successes() == 0 {
                journal.escalate();
            }
            self.set_due(journal, self.config(), hint, now);
        })
    }

    /// Half-open, and enough probes succeeded.
    pub(super) fn close(&self, generation: u64, now: Tick) -> Option<Transition> {
        let cause = Cause::ProbesSucceeded(self.word().successes());
        self.transition(generation, State::Closed, cause, now, |_| self.window.clear(generation + 1))
    }

    /// Open, and the open time is over. Who comes second finds it done.
    pub(super) fn half_open(&self, seen: Word, now: Tick) {
        self.transition(seen.generation(), State::HalfOpen, Cause::OpenTimeOver, now, |_| {});
    }

    fn set_due(&self, journal: &mut Journal, config: &Config, hint: Option<Duration>, now: Tick) {
        let open_for = journal.draw_open_for(&config.open, hint);
        self.gate.due.store((now + open_for).as_nanos(), Ordering::Relaxed);
    }

    /// Leaves `generation` for `to`, unless another thread did. `prepare` runs once, before the new state shows.
    fn transition(
        &self,
        generation: u64,
        to: State,
        cause: Cause,
        now: Tick,
        prepare: impl FnOnce(&mut Journal),
    ) -> Option<Transition> {
        let mut journal = self.journal();
        let mut word = self.word();
        if word.generation() != generation {
            return None;
        }
        prepare(&mut journal);
        while !self.change(word, word.enter(to)) {
            // Without the lock only the counters of this generation move.
            word = self.word();
        }
        Some(journal.write(now, word.state(), to, cause))
    }
}
