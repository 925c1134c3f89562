//! One admission on its way through a service.

use super::handle::Shared;
use crate::{Outcome, Settle, Tick, clock};
use buttress_core::circuit_breaker::{Pass, Ticket};
use std::ops::Deref;
use std::time::Duration;

/// An admission that is kept for a call which has not begun. Dropped, it goes back without a trace.
#[derive(Debug)]
#[must_use = "a dropped reservation is given back"]
pub(super) struct Reservation<L: Deref<Target = Shared>>(Option<(L, Ticket)>);

impl<L: Deref<Target = Shared>> Reservation<L> {
    pub(super) const fn new(lease: L, ticket: Ticket) -> Self {
        Self(Some((lease, ticket)))
    }

    /// The call begins.
    pub(super) fn begin(mut self) -> Permit<L> {
        Permit(self.0.take().map(|(lease, ticket)| match lease.begins_at() {
            // Nobody asks how long calls take: what remains is when a probe was leased.
            Tick::ZERO => (lease, ticket),
            now => (lease, ticket.started(now)),
        }))
    }
}

impl<L: Deref<Target = Shared>> Drop for Reservation<L> {
    fn drop(&mut self) {
        if let Some((lease, ticket)) = self.0.take() {
            lease.release(ticket);
        }
    }
}

/// The leave to make one call. Settled with the outcome; dropped, the call counts as cancelled.
#[derive(Debug)]
#[must_use = "a dropped permit is a cancelled call"]
pub struct Permit<L: Deref<Target = Shared>>(Option<(L, Ticket)>);

impl<L: Deref<Target = Shared>> Permit<L> {
    /// The permit of a call that begins now.
    #[inline]
    pub(super) fn begin(lease: L, pass: Pass) -> Self {
        let ticket = pass.begin(lease.begins_at());
        Self(Some((lease, ticket)))
    }

    /// The permit of a call that no breaker stands before.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// The call ended like this, and the peer may have said how long to leave it alone.
    pub fn record(mut self, outcome: Outcome, retry_after: Option<Duration>) {
        self.settle_in_place(outcome, retry_after);
    }

    // In place, as moving it out first costs more than recording it; and always inlined, for the same reason.
    #[inline(always)]
    fn settle_in_place(&mut self, outcome: Outcome, retry_after: Option<Duration>) {
        let Some((lease, ticket)) = &self.0 else { return };
        let Some(now) = lease.ends_at() else { return self.settle_exactly(outcome, retry_after) };
        if lease.machine.record_plain(ticket, outcome, now) {
            self.0 = None;
        } else {
            self.settle_unless_plain(outcome, retry_after, now);
        }
    }

    // Out of line, so that a breaker which needs no precise clock pays one comparison for those that do.
    #[inline(never)]
    fn settle_exactly(&mut self, outcome: Outcome, retry_after: Option<Duration>) {
        let Some((lease, ticket)) = &self.0 else { return };
        let now = lease.ends_at_exactly(ticket, outcome);
        if lease.machine.record_plain(ticket, outcome, now) {
            self.0 = None;
        } else {
            self.settle_unless_plain(outcome, retry_after, now);
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_unless_plain(&mut self, outcome: Outcome, retry_after: Option<Duration>, now: Tick) {
        if let Some((lease, ticket)) = self.0.take() {
            lease.record_unless_plain(ticket, outcome, retry_after, now);
        }
    }

    #[cold]
    #[inline(never)]
    fn progress_of_probe(&mut self) {
        let Some((lease, ticket)) = &self.0 else { return };
        if lease.machine.progress(ticket, clock::now()) {
            self.settle_in_place(Outcome::Success, None);
        }
    }

    // Out of line, so that the check for it is all that a settled permit costs.
    #[cold]
    #[inline(never)]
    fn cancel(&mut self) {
        if let Some((lease, ticket)) = self.0.take() {
            lease.cancel(ticket);
        }
    }
}

impl<L: Deref<Target = Shared>> Drop for Permit<L> {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.cancel();
        }
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Settle for Permit<L> {
    #[inline(always)]
    fn settle(&mut self, outcome: Outcome, retry_after: Option<Duration>) {
        self.settle_in_place(outcome, retry_after);
    }

    #[inline]
    fn progress(&mut self) {
        if self.0.as_ref().is_some_and(|(_, ticket)| ticket.is_probe()) {
            self.progress_of_probe();
        }
    }

    #[inline]
    fn take(&mut self) -> Self {
        Self(self.0.take())
    }
}
