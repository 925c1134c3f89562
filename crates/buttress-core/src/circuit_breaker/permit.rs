//! Admission, as a value: the bare ticket, and the permit that cannot be lost.

use super::state::{State, Word};
use super::{CircuitBreaker, Transition};
use crate::{Outcome, Refusal, Tick};
use std::ops::Deref;
use std::time::Duration;

/// The leave to make one call: the state and generation it was given in, and when the call began.
///
/// Not `Clone`: it goes back once.
#[derive(Debug)]
#[must_use = "a ticket goes back to the breaker that gave it"]
pub struct Ticket {
    /// The breaker's word without its counters: as long as that is the very same, nothing has changed since.
    word: Word,
    started: Tick,
}

/// The word of a closed breaker. It admits a call and reserves nothing, so it need not be used nor given back.
#[derive(Clone, Copy, Debug)]
pub struct Pass(pub(super) Word);

impl Pass {
    /// The call begins at `now`: slow calls are measured from there.
    #[inline]
    pub const fn begin(self, now: Tick) -> Ticket {
        Ticket::of(self.0).started(now)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its outcome goes into the window.
    Judged,
    /// Its outcome decides about the peer's return.
    Probe,
    /// Its outcome is counted and changes nothing.
    Unjudged,
}

impl Ticket {
    /// A call admitted by `word`.
    #[inline]
    pub(super) const fn of(word: Word) -> Self {
        Self { word: word.cleaned(), started: Tick::ZERO }
    }

    /// A call let through although `word` refuses.
    pub(super) const fn unjudged(word: Word) -> Self {
        Self::of(word.with_state(State::ForcedClosed))
    }

    /// The same ticket for a call that begins at `now`: slow calls are measured from there.
    #[inline]
    pub const fn started(mut self, now: Tick) -> Self {
        self.started = now;
        self
    }

    /// When the call began, as [`Ticket::started`] or [`Pass::begin`] was told.
    #[inline]
    #[must_use]
    pub const fn began_at(&self) -> Tick {
        self.started
    }

    /// Whether the call is one of the few that probe a half-open breaker, and holds a lease.
    #[inline]
    #[must_use]
    pub const fn is_probe(&self) -> bool {
        matches!(self.kind(), Kind::Probe)
    }

    /// Whether `word` is the closed one that admitted the call, and has no failures to clear up.
    #[inline]
    pub(super) const fn is_plain(&self, word: Word) -> bool {
        self.word.0 == word.0 && word.is_closed()
    }

    #[inline]
    pub(super) const fn kind(&self) -> Kind {
        match self.word.state() {
            State::Closed => Kind::Judged,
            State::HalfOpen => Kind::Probe,
            State::Open | State::ForcedOpen | State::ForcedClosed => Kind::Unjudged,
        }
    }

    #[inline]
    pub(super) const fn generation(&self) -> u64 {
        self.word.generation()
    }

    /// Nanoseconds since the call began.
    #[inline]
    pub(super) const fn age(&self, now: Tick) -> u64 {
        now.as_nanos().saturating_sub(self.started.as_nanos())
    }
}

/// A ticket with its breaker, held by reference, `Arc` or `&'static`. Dropped unsettled it says
/// [`Outcome::Cancelled`], so no lease is ever lost.
#[derive(Debug)]
#[must_use = "a dropped permit is a cancelled call"]
pub struct Permit<H: Deref<Target = CircuitBreaker>> {
    holder: H,
    ticket: Option<Ticket>,
}

impl<H: Deref<Target = CircuitBreaker>> Permit<H> {
    /// May I call?
    ///
    /// # Errors
    /// The reason and, where it is known, the time to ask again.
    pub fn acquire(holder: H, now: Tick) -> Result<Self, Refusal> {
        let ticket = holder.try_acquire(now)?;
        Ok(Self { holder, ticket: Some(ticket) })
    }

    /// The call ended like this. Says what changed, if this changed the breaker's state.
    pub fn record(self, outcome: Outcome, now: Tick) -> Option<Transition> {
        self.record_with_hint(outcome, None, now)
    }

    /// The call ended like this, and the peer said how long to leave it alone.
    pub fn record_with_hint(
        mut self,
        outcome: Outcome,
        retry_after: Option<Duration>,
        now: Tick,
    ) -> Option<Transition> {
        let ticket = self.ticket.take()?;
        self.holder.record(ticket, outcome, retry_after, now)
    }

    /// No call was made after all.
    pub fn release(mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.holder.release(ticket);
        }
    }
}

impl<H: Deref<Target = CircuitBreaker>> Drop for Permit<H> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.holder.cancel(ticket);
        }
    }
}
