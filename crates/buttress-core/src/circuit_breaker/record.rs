//! What an ending call changes.

use super::permit::{Kind, Ticket};
use super::state::Word;
use super::transition::Transition;
use super::{CircuitBreaker, State, Window};
use crate::clock::Span;
use crate::measure::{Place, Tally};
use crate::sync::Ordering;
use crate::{FailureKind, Outcome, Tick};
use std::time::Duration;

impl CircuitBreaker {
    /// This happened. Says what changed, if this changed the breaker's state.
    ///
    /// `retry_after` is the peer's own hint, which can raise the time the breaker stays open.
    #[inline]
    pub fn record(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        retry_after: Option<Duration>,
        now: Tick,
    ) -> Option<Transition> {
        if self.record_plain(&ticket, outcome, now) {
            return None;
        }
        self.record_unless_plain(ticket, outcome, retry_after, now)
    }

    /// Records what nearly all calls are: a success that is not slow, of a closed breaker that has nothing to clear up.
    /// `false` when it is none; nothing is recorded then, and the call is [`CircuitBreaker::record`]'s.
    #[inline]
    #[must_use]
    pub fn record_plain(&self, ticket: &Ticket, outcome: Outcome, now: Tick) -> bool {
        if outcome != Outcome::Success || self.is_slow(ticket, now) {
            return false;
        }
        let word = self.word();
        if !ticket.is_plain(word) {
            return false;
        }
        self.window.add_ok(self.place(word, now));
        true
    }

    /// No call was made with this ticket: a lease goes back, nothing is counted.
    pub fn release(&self, ticket: Ticket) {
        if ticket.is_probe() {
            self.settle_probe(&ticket, Word::probe_back);
        }
    }

    /// The call was dropped before it had a result, or panicked: a lease goes back and the call is counted as cancelled.
    pub fn cancel(&self, ticket: Ticket) {
        self.counters.cancelled.fetch_add(1, Ordering::Relaxed);
        if std::thread::panicking() {
            self.journal().note_panic();
        }
        self.release(ticket);
    }

    /// Records what is not [plain](CircuitBreaker::record_plain).
    #[cold]
    pub fn record_unless_plain(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        hint: Option<Duration>,
        now: Tick,
    ) -> Option<Transition> {
        let config = &self.gate.config;
        let bad = match outcome {
            Outcome::Success => false,
            Outcome::Failure(kind) => {
                self.note_failure(kind, now);
                true
            }
            Outcome::Throttled => {
                self.counters.throttled.fetch_add(1, Ordering::Relaxed);
                if !config.count_throttling {
                    self.release(ticket);
                    return None;
                }
                true
            }
            Outcome::Ignored => {
                self.counters.ignored.fetch_add(1, Ordering::Relaxed);
                self.release(ticket);
                return None;
            }
            Outcome::Cancelled => {
                self.cancel(ticket);
                return None;
            }
        };
        let slow = self.is_slow(&ticket, now);
        let tally = Tally { ok: u64::from(!bad), bad: u64::from(bad), slow: u64::from(slow) };
        match ticket.kind() {
            Kind::Judged => {
                let word = self.word();
                if word.generation() == ticket.generation() {
                    return self.record_closed(word, tally, outcome, hint, now);
                }
                self.window.retire(tally);
                if config.late_failure_extends && bad {
                    self.extend_open(now);
                }
                None
            }
            Kind::Probe => {
                self.window.retire(tally);
                self.record_probe(&ticket, bad, hint, now)
            }
            Kind::Unjudged => {
                self.window.retire(tally);
                None
            }
        }
    }

    /// An outcome of the present generation, which is a closed one.
    fn record_closed(
        &self,
        word: Word,
        tally: Tally,
        outcome: Outcome,
        hint: Option<Duration>,
        now: Tick,
    ) -> Option<Transition> {
        let config = &self.gate.config;
        let place = self.place(word, now);
        let counted = if tally.bad > 0 { self.window.add_bad(place) } else { self.window.add_ok(place) };
        if !counted {
            self.window.retire(Tally { slow: tally.slow, ..Tally::default() });
            return None;
        }
        if tally.slow > 0 {
            self.window.add_slow(place);
        }
        let run = match outcome {
            Outcome::Success => self.end_run(word),
            Outcome::Failure(_) => self.extend_run(word, now),
            // Throttling neither lengthens a run nor opens on one.
            _ => self.soil(word),
        };
        if tally.bad == 0 && tally.slow == 0 {
            return None;
        }
        let window = self.window.tally(self.position(now), word.generation());
        let cause = config.rule_that_opens(tally.bad > 0, run, window)?;
        self.open(word.generation(), cause, hint, now)
    }

    /// Takes one more failure into the run and says how long it is.
    fn extend_run(&self, seen: Word, now: Tick) -> u64 {
        let config = &self.gate.config;
        if config.run.is_none() && !config.clear_on_success {
            return 0;
        }
        let mut word = seen;
        loop {
            let run = self.run_at(word, now) + 1;
            if run == 1 {
                self.gate.run_since.store(now.as_nanos(), Ordering::Relaxed);
            }
            let next = word.with_run(run);
            let next = if config.clear_on_success { next.soiled() } else { next };
            if next == word || self.change(word, next) {
                return next.run();
            }
            word = self.word();
            if word.generation() != seen.generation() {
                return 0;
            }
        }
    }

    /// The length of the run; zero when it began too long ago to go on.
    pub(super) fn run_at(&self, word: Word, now: Tick) -> u64 {
        let age = now.as_nanos().saturating_sub(self.gate.run_since.load(Ordering::Relaxed));
        let within = self.gate.config.run.map_or(Span::MAX, |run| run.within);
        if age > within.as_nanos() { 0 } else { word.run() }
    }

    /// Notes a failure that lengthens no run, so that the next success takes it out of the window where that is asked for.
    fn soil(&self, seen: Word) -> u64 {
        let mut word = seen;
        while self.gate.config.clear_on_success && word.generation() == seen.generation() {
            if self.change(word, word.soiled()) {
                break;
            }
            word = self.word();
        }
        0
    }

    /// Ends the run of failures, and empties the window of them where that is asked for.
    fn end_run(&self, seen: Word) -> u64 {
        let mut word = seen;
        while !word.is_clean() && word.generation() == seen.generation() {
            if self.change(word, word.cleaned()) {
                if self.gate.config.clear_on_success {
                    self.window.forget_bad();
                }
                break;
            }
            word = self.word();
        }
        0
    }

    fn record_probe(
        &self,
        ticket: &Ticket,
        failed: bool,
        hint: Option<Duration>,
        now: Tick,
    ) -> Option<Transition> {
        let config = &self.gate.config;
        let ended = if failed { Word::probe_failed } else { Word::probe_succeeded };
        let word = self.settle_probe(ticket, ended)?;
        // Who decides carries it out: a success that ends after a failure has decided does not know that one's hint.
        match failed {
            true if word.failures() >= config.half_open_failures.into() => {
                self.reopen(word.generation(), hint, now)
            }
            false if word.successes() >= config.half_open_successes.into() => {
                self.close(word.generation(), now)
            }
            _ => None,
        }
    }

    /// Where a call that ends at `now` falls.
    #[inline]
    fn place(&self, word: Word, now: Tick) -> Place {
        let position = match self.gate.config.window {
            Window::Time(_) => now.as_nanos(),
            Window::Calls(_) => self.counters.calls.fetch_add(1, Ordering::Relaxed) + 1,
        };
        self.window.place(position, word.generation())
    }

    #[inline]
    fn is_slow(&self, ticket: &Ticket, now: Tick) -> bool {
        ticket.age(now) >= self.gate.slow_from
    }

    fn note_failure(&self, kind: FailureKind, now: Tick) {
        self.counters.last_failure.store((now.as_nanos() & !0b111) | (kind as u64 + 1), Ordering::Relaxed);
    }

    /// A straggler's failure starts the open time again, where that is asked for.
    fn extend_open(&self, now: Tick) {
        let journal = self.journal();
        if self.word().state() == State::Open {
            let due = now + journal.open_for();
            self.gate.due.fetch_max(due.as_nanos(), Ordering::Relaxed);
        }
    }
}
