//! Admission, as a value: the bare ticket, and the permit that cannot be lost.

use super::{CircuitBreaker, Transition};
use crate::{Outcome, Refusal, Tick};
use std::num::NonZeroU64;
use std::ops::Deref;
use std::time::Duration;

/// The leave to make one call. Says which generation it belongs to, what kind of call it is and when that began.
///
/// Not `Clone`: it goes back once.
#[derive(Debug)]
#[must_use = "a ticket goes back to the breaker that gave it"]
pub struct Ticket {
    /// Generation and kind; never zero, so that an `Option` of a ticket is no larger than a ticket.
    bits: NonZeroU64,
    started: Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its outcome goes into the window.
    Judged = 1,
    /// Its outcome decides about the peer's return.
    Probe,
    /// Its outcome is counted and changes nothing.
    Unjudged,
}

impl Ticket {
    #[inline]
    pub(super) const fn new(generation: u64, kind: Kind) -> Self {
        let bits = NonZeroU64::MIN.saturating_add(((generation << 2) | kind as u64) - 1);
        Self { bits, started: Tick::ZERO }
    }

    /// The same ticket for a call that begins at `now`: slow calls are measured from there.
    #[inline]
    pub const fn started(mut self, now: Tick) -> Self {
        self.started = now;
        self
    }

    /// Whether the call is one of the few that probe a half-open breaker, and holds a lease.
    #[must_use]
    pub const fn is_probe(&self) -> bool {
        matches!(self.kind(), Kind::Probe)
    }

    #[inline]
    pub(super) const fn kind(&self) -> Kind {
        match self.bits.get() & 3 {
            1 => Kind::Judged,
            2 => Kind::Probe,
            _ => Kind::Unjudged,
        }
    }

    #[inline]
    pub(super) const fn generation(&self) -> u64 {
        self.bits.get() >> 2
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
