//! One admission on its way through a service.

use super::handle::Shared;
use crate::{Outcome, Settle};
use buttress_core::circuit_breaker::Ticket;
use std::ops::Deref;
use std::time::Duration;

/// The leave to make one call. Settled with the outcome; dropped, the call counts as cancelled. Before the call has begun
/// it is a reservation, which a drop gives back without a trace.
#[derive(Debug)]
#[must_use = "a dropped permit is a cancelled call"]
pub struct Permit<L: Deref<Target = Shared>> {
    held: Option<(L, Ticket)>,
    called: bool,
}

impl<L: Deref<Target = Shared>> Permit<L> {
    #[inline]
    pub(super) const fn new(lease: L, ticket: Ticket) -> Self {
        Self { held: Some((lease, ticket)), called: false }
    }

    /// The permit of a call that no breaker stands before.
    pub(super) const fn none() -> Self {
        Self { held: None, called: true }
    }

    #[inline]
    pub(super) const fn take(&mut self) -> Self {
        Self { held: self.held.take(), called: self.called }
    }

    /// The call begins.
    #[inline]
    pub(super) fn called(mut self) -> Self {
        let held = self.held.take().map(|(lease, ticket)| {
            let ticket = lease.begin(ticket);
            (lease, ticket)
        });
        Self { held, called: true }
    }

    /// The call ended like this, and the peer may have said how long to leave it alone.
    #[inline]
    pub fn record(mut self, outcome: Outcome, retry_after: Option<Duration>) {
        if let Some((lease, ticket)) = self.held.take() {
            lease.record(ticket, outcome, retry_after);
        }
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Settle for Permit<L> {
    #[inline]
    fn settle(self, outcome: Outcome, retry_after: Option<Duration>) {
        self.record(outcome, retry_after);
    }
}

impl<L: Deref<Target = Shared>> Drop for Permit<L> {
    #[inline]
    fn drop(&mut self) {
        if let Some((lease, ticket)) = self.held.take() {
            if self.called {
                lease.cancel(ticket);
            } else {
                lease.release(ticket);
            }
        }
    }
}
