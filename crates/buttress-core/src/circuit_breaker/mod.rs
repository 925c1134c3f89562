//! The circuit breaker: stops asking a peer that fails, and finds out with a few calls when it is back.
//!
//! ```text
//!            a rule fires                open time over
//!   Closed ───────────────▶ Open ──────────────────────▶ HalfOpen
//!     ▲                      ▲                              │ │
//!     │                      └────── a probe failed ────────┘ │
//!     └───────────────── enough probes succeeded ─────────────┘
//! ```
//!
//! While closed, each call's outcome goes into a rolling window, and each failure asks the rules: a run of failures, the
//! failure rate, the share of slow calls, the count of failures. Half-open, a few calls are *leased* as probes. A lease
//! comes back when its call ends or is dropped, and expires when neither happens. An operator can force either side.
//!
//! The way in is one load of a packed word, recording a success is one addition. Only a change of state takes a lock.
//! Every change starts a generation; the result of a call that was admitted in an older one changes nothing.
//!
//! ```
//! use buttress_core::circuit_breaker::{CircuitBreaker, Config, Permit};
//! use buttress_core::{FailureKind, Outcome, Tick};
//! use std::time::Duration;
//!
//! let mut now = Tick::from_nanos(1_000);
//! let breaker = CircuitBreaker::new(Config::default(), 42, now);
//! for _ in 0..5 {
//!     let permit = Permit::acquire(&breaker, now).expect("a new breaker is closed");
//!     permit.record(Outcome::Failure(FailureKind::Timeout), now);
//! }
//! let refusal = Permit::acquire(&breaker, now).expect_err("five failures in a row open it");
//! now = now + refusal.retry_after().expect("an open breaker says when to come back");
//! let probe = Permit::acquire(&breaker, now).expect("at that time it lets a probe through");
//! # drop(probe);
//! ```

mod builder;
mod config;
mod difference;
mod explain;
mod journal;
mod permit;
pub mod presets;
mod probe;
mod reading;
mod record;
mod rules;
mod snapshot;
mod state;
mod transition;
mod transition_counts;
mod worth;

pub use crate::config::Difference;
pub use builder::Builder;
pub use config::{Config, Window};
pub use explain::{Explanation, Standing};
pub use journal::Cursor;
pub use permit::{Pass, Permit, Ticket};
pub use rules::Rule;
pub use snapshot::{LastFailure, Probes, Snapshot, Totals, WindowCounts};
pub use state::{State, UnknownState};
pub use transition::{Cause, Transition};
pub use transition_counts::TransitionCount;

use crate::clock::nanos;
use crate::measure::RollingWindow;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::{Reason, Refusal, Tick};
use journal::Journal;
use state::Word;
use std::hint::black_box;
use std::sync::Arc;

/// The machine. Shared by reference or `Arc`; has no name, no clock and no dice.
///
/// In this order, as what every call reads and what every call writes lie on lines of their own that way: with cold fields
/// before the gate, and before the window.
#[derive(Debug)]
#[repr(C)]
pub struct CircuitBreaker {
    journal: Mutex<Journal>,
    gate: Gate,
    counters: Counters,
    window: RollingWindow,
}

/// What every call reads and hardly any writes, apart from what every call writes.
#[derive(Debug)]
#[repr(C)]
struct Gate {
    word: AtomicU64,
    /// When the open time is over. Written before the word says open.
    due: AtomicU64,
    /// When the last probe was leased.
    leased_at: AtomicU64,
    /// When the present run of failures began.
    run_since: AtomicU64,
    /// A call of at least so many nanoseconds is slow; no call is as long as the maximum.
    slow_from: u64,
    config: Arc<Config>,
}

/// Rare endings, counted where they do not disturb the gate.
#[derive(Debug)]
struct Counters {
    /// Calls that ended in a window of calls; the position of the next one.
    calls: AtomicU64,
    rejected: AtomicU64,
    would_reject: AtomicU64,
    throttled: AtomicU64,
    ignored: AtomicU64,
    cancelled: AtomicU64,
    /// When the last failure was, to eight nanoseconds, and its kind in the three bits that leaves.
    last_failure: AtomicU64,
}

impl CircuitBreaker {
    /// A breaker that is closed since `now`. The seed spreads its open times; give each its own. Those that are many, one
    /// for each key, can share an `Arc` of their settings.
    #[must_use]
    pub fn new(config: impl Into<Arc<Config>>, seed: u64, now: Tick) -> Self {
        let config = config.into();
        let zero = || AtomicU64::new(0);
        Self {
            window: config.rolling_window(),
            gate: Gate {
                word: AtomicU64::new(Word::new(config.shadow).0),
                due: zero(),
                leased_at: zero(),
                run_since: zero(),
                slow_from: config.slow_call_duration().map_or(u64::MAX, nanos),
                config,
            },
            counters: Counters {
                calls: zero(),
                rejected: zero(),
                would_reject: zero(),
                throttled: zero(),
                ignored: zero(),
                cancelled: zero(),
                last_failure: zero(),
            },
            journal: Mutex::new(Journal::new(seed, now)),
        }
    }

    /// The settings it was made with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.gate.config
    }

    /// Where it stands, at the cost of one load.
    #[must_use]
    pub fn state(&self) -> State {
        self.word().state()
    }

    /// Looks at what a call at `now` will need: see [`Keep::warm`](crate::keyed::Keep::warm).
    #[inline]
    pub fn warm(&self, now: Tick) {
        black_box((self.word().0, self.window.glance(self.position(now))));
    }

    /// A pass while the breaker is closed, which needs no clock. Everything else is [`CircuitBreaker::try_acquire`]'s.
    #[inline]
    #[must_use]
    pub fn pass_if_closed(&self) -> Option<Pass> {
        let word = self.word();
        word.is_closed().then_some(Pass(word))
    }

    /// May I call? A ticket goes back with [`CircuitBreaker::record`], or unused with [`CircuitBreaker::release`];
    /// [`Permit`] sees to that.
    ///
    /// # Errors
    /// The reason and, where it is known, the time to ask again.
    #[inline]
    pub fn try_acquire(&self, now: Tick) -> Result<Ticket, Refusal> {
        match self.pass_if_closed() {
            Some(pass) => Ok(pass.begin(now)),
            None => self.acquire_uncounted(now).inspect_err(|_| self.count_rejected()),
        }
    }

    /// The refusal of a breaker that is open and refuses, which needs no more than two loads. Whatever this does not answer
    /// is [`CircuitBreaker::try_acquire`]'s.
    #[inline]
    #[must_use]
    pub fn refusal_if_open(&self, now: Tick) -> Option<Refusal> {
        let word = self.word();
        if word.state() == State::Open && !word.is_shadow() { self.still_open(now) } else { None }
    }

    /// Would I be admitted now? For those who choose among several peers: reserves and counts nothing.
    ///
    /// # Errors
    /// The reason and, where it is known, the time to ask again.
    pub fn check(&self, now: Tick) -> Result<(), Refusal> {
        let word = self.word();
        let refusal = match word.state() {
            State::Closed | State::ForcedClosed => return Ok(()),
            State::ForcedOpen => return Err(Refusal::new(Reason::ForcedOpen)),
            State::Open => self.still_open(now),
            State::HalfOpen => self.seat(word, now).err(),
        };
        refusal.filter(|_| !word.is_shadow()).map_or(Ok(()), Err)
    }

    /// Counts a call that was refused on the word of [`CircuitBreaker::check`] or [`CircuitBreaker::acquire_uncounted`].
    #[inline]
    pub fn count_rejected(&self) {
        self.counters.rejected.fetch_add(1, Ordering::Relaxed);
    }

    /// As [`CircuitBreaker::try_acquire`], for those who ask before there is a call: a refusal is not counted.
    ///
    /// # Errors
    /// The reason and, where it is known, the time to ask again.
    pub fn acquire_uncounted(&self, now: Tick) -> Result<Ticket, Refusal> {
        loop {
            let word = self.word();
            return match word.state() {
                State::Closed | State::ForcedClosed => Ok(Ticket::of(word).started(now)),
                State::ForcedOpen => Err(Refusal::new(Reason::ForcedOpen)),
                State::Open => match self.still_open(now) {
                    Some(refusal) => self.refuse(word, now, refusal),
                    None => {
                        self.half_open(word, now);
                        continue;
                    }
                },
                State::HalfOpen => match self.lease(word, now) {
                    Some(Ok(ticket)) => Ok(ticket),
                    Some(Err(refusal)) => self.refuse(word, now, refusal),
                    None => continue,
                },
            };
        }
    }

    /// The refusal of an open breaker, until its time is over.
    #[inline]
    fn still_open(&self, now: Tick) -> Option<Refusal> {
        let due = self.gate.due.load(Ordering::Relaxed);
        let left = due.saturating_sub(now.as_nanos());
        (left > 0).then(|| Refusal::after_nanos(Reason::Open, left))
    }

    fn refuse(&self, word: Word, now: Tick, refusal: Refusal) -> Result<Ticket, Refusal> {
        if word.is_shadow() {
            self.counters.would_reject.fetch_add(1, Ordering::Relaxed);
            return Ok(Ticket::unjudged(word).started(now));
        }
        Err(refusal)
    }

    #[inline]
    fn word(&self) -> Word {
        Word(self.gate.word.load(Ordering::Acquire))
    }

    /// Replaces `from` by `to`; false if it is no longer `from`.
    fn change(&self, from: Word, to: Word) -> bool {
        self.gate.word.compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Where the window stands at `now`: a time, or the number of calls.
    #[inline]
    fn position(&self, now: Tick) -> u64 {
        match self.gate.config.window {
            Window::Time(_) => now.as_nanos(),
            Window::Calls(_) => self.counters.calls.load(Ordering::Relaxed),
        }
    }

    fn journal(&self) -> crate::sync::MutexGuard<'_, Journal> {
        lock(&self.journal)
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
