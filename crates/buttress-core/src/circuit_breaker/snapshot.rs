//! How a breaker stands, as a plain value.

use super::journal::Journal;
use super::transition::Transition;
use super::transition_counts::TransitionCount;
use super::{CircuitBreaker, State};
use crate::sync::Ordering;
use crate::{FailureKind, Ratio, Tick};
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// How a breaker stood at one instant.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The seed it was made with, which tells it from another that came in its place.
    pub seed: u64,
    /// The state.
    pub state: State,
    /// Whether it decides without refusing.
    pub shadow: bool,
    /// How long it has been in this state.
    pub in_state_for: Duration,
    /// How long until the open time is over; `None` unless it is open.
    pub retry_after: Option<Duration>,
    /// The run of failures: those since the last success, unless it began too long ago to go on. Zero unless the breaker is
    /// closed, and where no rule asks for it.
    pub consecutive_failures: u64,
    /// What the window holds; nothing unless it is closed.
    pub window: WindowCounts,
    /// What its probes found; nothing unless it is half-open.
    pub probes: Probes,
    /// All calls since it was made.
    pub totals: Totals,
    /// The last failure.
    pub last_failure: Option<LastFailure>,
    /// How often it opened.
    pub opened: u64,
    /// How often it changed its state.
    pub transitions: u64,
    /// The same by the states before and after; those that never happened are left out.
    pub transition_counts: Vec<TransitionCount>,
    /// The latest changes, oldest first, at most 32.
    pub history: Vec<Transition>,
}

/// What the window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct WindowCounts {
    /// Calls that ended.
    pub calls: u64,
    /// Those that failed.
    pub failures: u64,
    /// Those that were slow, failed or not.
    pub slow: u64,
}

impl WindowCounts {
    /// The share of calls that failed; `None` without calls.
    #[must_use]
    pub fn failure_rate(&self) -> Option<Ratio> {
        Ratio::of(self.failures, self.calls)
    }

    /// The share of calls that were slow; `None` without calls.
    #[must_use]
    pub fn slow_call_rate(&self) -> Option<Ratio> {
        Ratio::of(self.slow, self.calls)
    }
}

/// What the probes of a half-open breaker found so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probes {
    /// Leases that are out.
    pub in_flight: u64,
    /// Probes that succeeded.
    pub successes: u64,
    /// Probes that failed.
    pub failures: u64,
}

/// All calls since the breaker was made, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed, throttled ones among them where those count.
    pub failures: u64,
    /// Calls that were slow, failed or not.
    pub slow: u64,
    /// Calls that the peer throttled.
    pub throttled: u64,
    /// Those of them that are among the failures: all where throttling counts, else none.
    pub throttled_failures: u64,
    /// Calls that say nothing about the peer.
    pub ignored: u64,
    /// Calls that were dropped before they had a result.
    pub cancelled: u64,
    /// Cancelled calls that were dropped by a panic.
    pub panicked: u64,
    /// Calls that were refused.
    pub rejected: u64,
    /// Calls that were admitted in shadow and would have been refused otherwise.
    pub would_reject: u64,
    /// Leases that were given up because their call never ended.
    pub expired_leases: u64,
}

impl Totals {
    fn zip(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            successes: of(self.successes, other.successes),
            failures: of(self.failures, other.failures),
            slow: of(self.slow, other.slow),
            throttled: of(self.throttled, other.throttled),
            throttled_failures: of(self.throttled_failures, other.throttled_failures),
            ignored: of(self.ignored, other.ignored),
            cancelled: of(self.cancelled, other.cancelled),
            panicked: of(self.panicked, other.panicked),
            rejected: of(self.rejected, other.rejected),
            would_reject: of(self.would_reject, other.would_reject),
            expired_leases: of(self.expired_leases, other.expired_leases),
        }
    }
}

/// Sums over many breakers.
impl Add for Totals {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_add)
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// What was added since `other`; zero where that is not less.
impl Sub for Totals {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }
}

/// The last failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastFailure {
    /// In what way the call failed.
    pub kind: FailureKind,
    /// When it ended, to eight nanoseconds.
    pub at: Tick,
}

impl CircuitBreaker {
    /// How do you stand? Changes nothing, also when the open time is over: the next call does that.
    #[must_use]
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        let journal = self.journal();
        let word = self.word();
        let state = word.state();
        let mut window = WindowCounts::default();
        let mut probes = Probes::default();
        if state == State::Closed {
            let tally = self.window.tally(self.position(now), word.generation());
            window = WindowCounts { calls: tally.calls(), failures: tally.bad, slow: tally.slow };
        }
        if state == State::HalfOpen {
            let (successes, failures) = (word.successes(), word.failures());
            probes = Probes { in_flight: word.in_flight(), successes, failures };
        }
        let due = Tick::from_nanos(self.gate.due.load(Ordering::Relaxed));
        Snapshot {
            seed: journal.seed(),
            state,
            shadow: word.is_shadow(),
            in_state_for: now.since(journal.entered_at),
            retry_after: (state == State::Open).then(|| due.since(now)),
            consecutive_failures: if state == State::Closed { self.run_at(word, now) } else { 0 },
            window,
            probes,
            totals: self.totals(&journal),
            last_failure: self.last_failure(),
            opened: journal.opened(),
            transitions: journal.written(),
            transition_counts: journal.counts(),
            history: journal.recent().copied().collect(),
        }
    }

    fn totals(&self, journal: &Journal) -> Totals {
        let lifetime = self.window.lifetime();
        let counters = &self.counters;
        let throttled = counters.throttled.load(Ordering::Relaxed);
        Totals {
            successes: lifetime.ok,
            failures: lifetime.bad,
            slow: lifetime.slow,
            throttled,
            throttled_failures: if self.config().count_throttling { throttled } else { 0 },
            ignored: counters.ignored.load(Ordering::Relaxed),
            cancelled: counters.cancelled.load(Ordering::Relaxed),
            panicked: journal.panicked(),
            rejected: counters.rejected.load(Ordering::Relaxed),
            would_reject: counters.would_reject.load(Ordering::Relaxed),
            expired_leases: journal.expired(),
        }
    }

    fn last_failure(&self) -> Option<LastFailure> {
        let packed = self.counters.last_failure.load(Ordering::Relaxed);
        let kind = *FailureKind::ALL.get((packed & 0b111).checked_sub(1)? as usize)?;
        let at = Tick::from_nanos(packed & !0b111);
        Some(LastFailure { kind, at })
    }
}
