//! One place, taken.

use super::shared::Shared;
use crate::{Outcome, Settle, Tick};
use buttress_core::bulkhead::Ticket;
use std::ops::Deref;
use std::time::Duration;

/// The leave to make one call. Settled with the outcome; dropped, the call counts as cancelled. Either way the place is free
/// again.
#[derive(Debug)]
#[must_use = "a dropped permit is a cancelled call"]
pub struct Permit<L: Deref<Target = Shared>>(Option<Admitted<L>>);

#[derive(Debug)]
struct Admitted<L> {
    lease: L,
    ticket: Ticket,
    began: Tick,
    told: Told,
}

/// What the bulkhead knows of a call that is under way. As wide as what is beside it, so that a permit has no gap that is
/// moved along with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Told {
    Nothing,
    /// The head of its response was there.
    Answered,
    /// The head said how it ended, and all that is left of it is the place it takes.
    Judged,
}

impl<L: Deref<Target = Shared>> Permit<L> {
    /// The permit of a call that begins now.
    #[inline]
    pub(super) fn begin(lease: L, ticket: Ticket) -> Self {
        let began = lease.begins_at();
        Self(Some(Admitted { lease, ticket, began, told: Told::Nothing }))
    }

    /// The permit of a call that no bulkhead stands before, or whose turn has not come.
    #[inline]
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// The call ended like this.
    pub fn record(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    #[inline(always)]
    fn end(&mut self, outcome: Outcome) {
        if let Some(Admitted { lease, ticket, began, told }) = self.0.take() {
            lease.end(ticket, began, told == Told::Answered, outcome);
        }
    }

    // Out of line, so that the check for it is all that a settled permit costs.
    #[cold]
    #[inline(never)]
    fn cancel(&mut self) {
        if let Some(Admitted { lease, ticket, began, told }) = self.0.take() {
            match told {
                // It had its result before it was dropped.
                Told::Judged => lease.end(ticket, began, true, Outcome::Ignored),
                Told::Nothing | Told::Answered => lease.cancel(ticket),
            }
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
    fn settle(&mut self, outcome: Outcome, _: Option<Duration>) {
        if outcome == Outcome::Cancelled {
            self.cancel();
        } else {
            self.end(outcome);
        }
    }

    fn answered(&mut self) {
        if let Some(Admitted { lease, began, told: told @ Told::Nothing, .. }) = &mut self.0 {
            lease.answered(*began);
            *told = Told::Answered;
        }
    }

    fn judged(&mut self, outcome: Outcome, _: Option<Duration>) -> bool {
        if outcome == Outcome::Cancelled {
            self.cancel();
        }
        if let Some(Admitted { lease, began, told, .. }) = &mut self.0 {
            lease.judged(*began, outcome);
            // Of a call that never began nothing is learnt.
            (*began, *told) = (Tick::ZERO, Told::Judged);
        }
        self.0.is_some()
    }

    #[inline]
    fn take(&mut self) -> Self {
        Self(self.0.take())
    }
}
