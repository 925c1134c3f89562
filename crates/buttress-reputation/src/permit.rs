//! The leave to ask a peer once.

use crate::ledger::{Ledger, Record};
use crate::peer::{Changes, Refused, Ticket};
use crate::{FailureKind, Outcome, clock};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The leave to ask a peer once. It takes what came of it; dropped before that, the peer was asked and nobody waited for its
/// answer, which says nothing about it and gives back what the permit held.
#[must_use = "a dropped permit is a cancelled call"]
pub struct Permit<K: Clone> {
    ledger: Ledger<K>,
    record: Arc<Record<K>>,
    ticket: Option<Ticket>,
}

impl<K: Clone> Permit<K> {
    pub(crate) fn of(ledger: Ledger<K>, record: Arc<Record<K>>) -> Result<Self, Refused> {
        let mut changes = Changes::default();
        let ticket = record.peer.admit(record.rules(), clock::now(), &mut changes);
        ledger.tell(&record, changes);
        Ok(Self { ledger, record, ticket: Some(ticket?) })
    }

    /// The peer did what it was asked, in this time if that was measured.
    pub fn succeeded(self, took: impl Into<Option<Duration>>) {
        self.record(Outcome::Success, took);
    }

    /// The peer failed.
    pub fn failed(self, kind: FailureKind) {
        self.record(Outcome::Failure(kind), None);
    }

    /// The call ended like this, after that time if it was measured.
    pub fn record(mut self, outcome: Outcome, took: impl Into<Option<Duration>>) {
        self.settle(outcome, took.into());
    }

    fn settle(&mut self, outcome: Outcome, took: Option<Duration>) {
        if let Some(ticket) = self.ticket.take() {
            let changes = self.record.peer.settle(self.record.rules(), ticket, outcome, took, clock::now());
            self.ledger.tell(&self.record, changes);
        }
    }
}

impl<K: Clone> Drop for Permit<K> {
    fn drop(&mut self) {
        self.settle(Outcome::Cancelled, None);
    }
}

impl<K: Clone> fmt::Debug for Permit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
