//! The leave to ask the peer that was picked.

use super::member::Member;
#[cfg(feature = "tower")]
use crate::breaker::State;
use crate::peer::Ticket;
use crate::{FailureKind, Outcome, Tick, clock};
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// The leave to ask the member that was picked, once. It takes what came of it; dropped before that, the peer was asked and
/// nobody waited for its answer. That is held against nobody and gives back what this held; but the peer takes at least so long,
/// as far as the next pick goes, or one that never answers would seem as quick as ever.
#[must_use = "a dropped pick is a cancelled call"]
pub struct Picked<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    member: Arc<Member<K, T>>,
    ticket: Option<Ticket>,
    /// When it was picked, or began to be waited for.
    since: Tick,
    /// Whether it is the peer that is waited for, and not the caller.
    is_awaited: bool,
    /// Whether it was picked whatever bans or ejections it has.
    #[cfg_attr(not(feature = "tower"), expect(dead_code, reason = "the router alone keeps what it picked"))]
    despite: bool,
}

impl<K, T> Picked<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    pub(super) const fn new(member: Arc<Member<K, T>>, ticket: Ticket, despite: bool, now: Tick) -> Self {
        Self { member, ticket: Some(ticket), since: now, is_awaited: true, despite }
    }

    /// From now on the peer is waited for.
    #[cfg(feature = "tower")]
    pub(crate) fn wait(&mut self) {
        if !self.is_awaited {
            (self.since, self.is_awaited) = (clock::now(), true);
        }
    }

    /// From now on the caller is waited for: how long that takes says nothing about the peer.
    #[cfg(feature = "tower")]
    #[inline]
    pub(crate) const fn keep(&mut self) {
        self.is_awaited = false;
    }

    /// Whether nothing has spoken against it since it was picked: it is a member, its breaker is not open, and it has no ban.
    #[cfg(feature = "tower")]
    #[inline]
    pub(crate) fn holds(&self) -> bool {
        !self.has_left() && (self.member.record.peer.is_clear() || self.holds_unless_clear())
    }

    #[cfg(feature = "tower")]
    #[cold]
    fn holds_unless_clear(&self) -> bool {
        let Member { record, .. } = &*self.member;
        let is_open = record.peer.state() == State::Open;
        !is_open && (self.despite || !record.peer.is_out(record.rules(), clock::now()))
    }

    /// Whether the member is one no longer.
    #[cfg(feature = "tower")]
    pub(crate) fn has_left(&self) -> bool {
        self.member.has_left()
    }

    /// Whom to ask.
    #[must_use]
    pub fn key(&self) -> &K {
        &self.member.key
    }

    /// What came with it: a service, an address.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.member.value
    }

    /// What a [`Tried`](super::Tried) remembers it by: no other member of any selection has this number, ever. It keeps it when it is
    /// inserted once more, and gets another one when it was taken out before.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.member.number
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
    pub fn record(self, outcome: Outcome, took: impl Into<Option<Duration>>) {
        self.record_at(outcome, took.into(), clock::now());
    }

    #[inline]
    pub(super) fn record_at(mut self, outcome: Outcome, took: Option<Duration>, now: Tick) {
        self.settle(outcome, took, now);
    }

    /// Nobody waits any longer.
    pub(super) fn cancel(&mut self, now: Tick) {
        let waited = self.is_awaited.then(|| now.since(self.since));
        self.settle(Outcome::Cancelled, waited, now);
    }

    #[inline]
    fn settle(&mut self, outcome: Outcome, took: Option<Duration>, now: Tick) {
        if let Some(ticket) = self.ticket.take() {
            let Member { record, ledger, .. } = &*self.member;
            let changes = record.peer.settle(record.rules(), ticket, outcome, took, now);
            ledger.tell(record, changes);
        }
    }
}

impl<K, T> Drop for Picked<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.cancel(clock::now());
        }
    }
}

impl<K, T> fmt::Debug for Picked<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Without the key and what came with it, which need not be printable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picked").field("number", &self.member.number).finish_non_exhaustive()
    }
}
