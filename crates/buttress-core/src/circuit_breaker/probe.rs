//! Probes of a half-open breaker: leased, few, and never lost.

use super::permit::Ticket;
use super::state::Word;
use super::{CircuitBreaker, State};
use crate::sync::Ordering;
use crate::{Reason, Refusal, Tick};

impl CircuitBreaker {
    /// One attempt to lease a probe; `None` when another thread was faster and everything must be looked at again.
    pub(super) fn lease(&self, word: Word, now: Tick) -> Option<Result<Ticket, Refusal>> {
        let next = match self.seat(word, now) {
            Ok(next) => next,
            Err(refusal) => return Some(Err(refusal)),
        };
        // Before the probe shows in the word, or another thread could take it for expired.
        self.gate.leased_at.fetch_max(now.as_nanos(), Ordering::Relaxed);
        if !self.change(word, next) {
            return None;
        }
        if next.generation() != word.generation() {
            self.journal().expire(word.in_flight());
        }
        Some(Ok(Ticket::of(next).started(now)))
    }

    /// The word with one more probe out, if there is a place for it.
    pub(super) fn seat(&self, word: Word, now: Tick) -> Result<Word, Refusal> {
        let config = &self.gate.config;
        let decided = word.failures() >= config.half_open_failures.into();
        let missing = u64::from(config.half_open_successes).saturating_sub(word.successes());
        // Once the probes have decided, the word stands still until that decision is carried out.
        let places = if decided { 0 } else { missing.min(config.half_open_probes.into()) };
        if word.in_flight() < places {
            return Ok(word.probe_out());
        }
        // Of the leases that are out, the youngest decides: none is cut short, and as long as no place is free none is added.
        let leased_at = Tick::from_nanos(self.gate.leased_at.load(Ordering::Relaxed));
        let expires_at = leased_at + config.probe_lease.get();
        if places == 0 || now < expires_at {
            return Err(Refusal::after(Reason::HalfOpen, expires_at.since(now)));
        }
        Ok(word.leases_given_up().probe_out())
    }

    /// The call with this ticket goes on at `now`: something came of it. A probe's lease begins anew with that, so that a long
    /// answer is not taken for a lost one. Says whether a probe has gone on for as long as a lease lasts: then it has
    /// found out what it was to find out, and is to be recorded as a success, or one endless answer would keep the breaker
    /// from closing.
    #[must_use]
    pub fn progress(&self, ticket: &Ticket, now: Tick) -> bool {
        let word = self.word();
        let current = word.generation() == ticket.generation() && word.state() == State::HalfOpen;
        if !ticket.is_probe() || !current {
            return false;
        }
        self.gate.leased_at.fetch_max(now.as_nanos(), Ordering::Relaxed);
        now.since(ticket.began_at()) >= self.gate.config.probe_lease.get()
    }

    /// Takes a lease back, with what it found; `None` if it was given up before.
    pub(super) fn settle_probe(&self, ticket: &Ticket, ended: impl Fn(Word) -> Word) -> Option<Word> {
        let mut word = self.word();
        while word.generation() == ticket.generation() && word.state() == State::HalfOpen {
            let next = ended(word);
            if self.change(word, next) {
                return Some(next);
            }
            word = self.word();
        }
        None
    }
}
