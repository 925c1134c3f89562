//! The leave to ask a peer once.

use crate::ledger::{Held, Ledger};
use crate::peer::{Changes, Refused, Ticket};
use crate::{FailureKind, Outcome, Tick, clock};
use std::fmt;
use std::time::Duration;

/// The leave to ask a peer once. It takes what came of it; dropped before that, the peer was asked and nobody waited for its
/// answer. That is held against nobody and gives back what the permit held; but the peer takes at least so long, as far as the
/// next choice goes, or one that never answers would seem as quick as ever.
#[must_use = "a dropped permit is a cancelled call"]
pub struct Permit<K: Clone> {
    ledger: Ledger<K>,
    /// What comes of the call counts for the peer, whoever else is new meanwhile.
    record: Held<K>,
    ticket: Option<Ticket>,
    began: Tick,
}

impl<K: Clone> Permit<K> {
    pub(crate) fn of(ledger: Ledger<K>, record: Held<K>) -> Result<Self, Refused> {
        let mut changes = Changes::default();
        let began = clock::now();
        let ticket = record.peer.admit(record.rules(), began, &mut changes);
        ledger.tell(&record, changes);
        Ok(Self { ledger, record, ticket: Some(ticket?), began })
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
        self.settle(outcome, took.into(), clock::now());
    }

    fn settle(&mut self, outcome: Outcome, took: Option<Duration>, now: Tick) {
        if let Some(ticket) = self.ticket.take() {
            let changes = self.record.peer.settle(self.record.rules(), ticket, outcome, took, now);
            self.ledger.tell(&self.record, changes);
        }
    }
}

impl<K: Clone> Drop for Permit<K> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let now = clock::now();
            self.settle(Outcome::Cancelled, Some(now.since(self.began)), now);
        }
    }
}

impl<K: Clone> fmt::Debug for Permit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
