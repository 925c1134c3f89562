//! Changes of state: one at a time, each written down, each with its reason and the numbers behind it.

use super::config::{Config, OpenTime};
use super::state::{State, Word};
use super::transition_counts::{TransitionCount, TransitionCounts};
use super::{CircuitBreaker, Rule};
use crate::sync::Ordering;
use crate::{Ratio, Tick};
use std::collections::VecDeque;
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

/// How many changes a breaker remembers. A reader that falls further behind is told how many it missed.
const REMEMBERED: usize = 32;

/// What only changes of state and other rare events touch, under a lock. Most breakers see none, and have no log.
#[derive(Debug)]
pub(super) struct Journal {
    seed: u64,
    pub(super) entered_at: Tick,
    log: Option<Box<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    /// Openings in a row without a successful probe, less one.
    level: u32,
    open_for: Duration,
    opened: u64,
    written: u64,
    /// Changes by the states before and after.
    counts: TransitionCounts,
    /// Leases given up.
    expired: u64,
    /// Calls that panicked.
    panicked: u64,
    recent: VecDeque<Transition>,
}

/// How far a reader has read a breaker's changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor(u64);

impl Journal {
    pub(super) const fn new(seed: u64, now: Tick) -> Self {
        Self { seed, entered_at: now, log: None }
    }

    fn log(&mut self) -> &mut Log {
        self.log.get_or_insert_default()
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// The present open time.
    pub(super) fn open_for(&self) -> Duration {
        self.log.as_ref().map_or(Duration::ZERO, |log| log.open_for)
    }

    pub(super) fn opened(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.opened)
    }

    pub(super) fn written(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.written)
    }

    pub(super) fn expired(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.expired)
    }

    pub(super) fn panicked(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.panicked)
    }

    /// Whether an opening at `now` would be for longer than a first one.
    pub(super) fn escalates(&self, calm_after: Duration, now: Tick) -> bool {
        self.level() > 0 && now.since(self.entered_at) < calm_after
    }

    fn level(&self) -> u32 {
        self.log.as_ref().map_or(0, |log| log.level)
    }

    /// Counts a call that panicked.
    pub(super) fn note_panic(&mut self) {
        self.log().panicked += 1;
    }

    /// Counts leases that were given up.
    pub(super) fn expire(&mut self, leases: u64) {
        self.log().expired += leases;
    }

    /// How often each change happened, of those that did.
    pub(super) fn counts(&self) -> Vec<TransitionCount> {
        self.log.as_ref().map_or_else(Vec::new, |log| log.counts.list())
    }

    /// The latest changes, oldest first.
    pub(super) fn recent(&self) -> impl ExactSizeIterator<Item = &Transition> {
        self.log.as_ref().map_or_else(Default::default, |log| log.recent.iter())
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.log.as_ref().map_or(0, |log| log.recent.capacity())
    }

    fn write(&mut self, at: Tick, from: State, to: State, cause: Cause) -> Transition {
        self.entered_at = at;
        let log = self.log();
        log.written += 1;
        log.counts.note(from, to);
        let opens = to == State::Open;
        log.opened += u64::from(opens);
        let open_for = opens.then_some(log.open_for);
        let transition = Transition { number: log.written, at, from, to, cause, open_for };
        if log.recent.len() == REMEMBERED {
            log.recent.pop_front();
        }
        log.recent.push_back(transition);
        transition
    }

    /// Draws the next open time.
    fn draw_open_for(&mut self, times: &OpenTime, hint: Option<Duration>) -> Duration {
        let roll = unit(splitmix64(self.seed.wrapping_add(self.opened())));
        let log = self.log();
        log.open_for = times.draw(log.level, roll, hint);
        log.open_for
    }
}

impl OpenTime {
    /// The open time at an escalation level, for a `roll` in `0.0..1.0`: spread, then capped, then raised by the hint.
    pub(super) fn draw(&self, level: u32, roll: f64, hint: Option<Duration>) -> Duration {
        let (base, max) = (self.base.get(), self.max.get());
        let grown = base.as_secs_f64() * self.factor.powf(level.into());
        let spread = grown.min(max.as_secs_f64()) * self.jitter.get().mul_add(2.0 * roll - 1.0, 1.0);
        let own = Duration::try_from_secs_f64(spread).unwrap_or(max).min(max);
        let hint = hint.map_or(Duration::ZERO, |hint| hint.min(self.hint_max.get()));
        own.max(hint).max(Duration::from_nanos(1))
    }
}

/// The mixer of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
const fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 53 random bits as a number in `0.0..1.0`.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
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
        Cursor(self.journal().written())
    }

    /// The next change after `cursor`, in the order they happened, and how many are lost because they were read too late.
    pub fn next_transition(&self, cursor: &mut Cursor) -> Option<(Transition, u64)> {
        let journal = self.journal();
        let oldest = journal.written() - journal.recent().len() as u64;
        let missed = oldest.saturating_sub(cursor.0);
        let next = cursor.0.max(oldest);
        let transition = *journal.recent().nth((next - oldest) as usize)?;
        cursor.0 = next + 1;
        Some((transition, missed))
    }

    fn force(&self, to: State, cause: Cause, now: Tick) -> Option<Transition> {
        let mut journal = self.journal();
        let mut word = self.word();
        if to == State::Closed {
            journal.log().level = 0;
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
                journal.log().level = 0;
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
                let level = &mut journal.log().level;
                *level = level.saturating_add(1);
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
