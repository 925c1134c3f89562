//! How peers stand.

use super::Ledger;
use crate::breaker::State;
use crate::{Direction, Score, Snapshot, Summary, clock};
use std::borrow::Borrow;
use std::hash::Hash;

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// How this peer stands; `None` for one of which nothing is known.
    #[must_use]
    pub fn peer<Q>(&self, key: &Q) -> Option<Snapshot>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.record_of(key).map(|record| self.snapshot(&record))
    }

    /// Where the breaker of this peer stands: [`State::Closed`] for one of which nothing is known.
    #[must_use]
    pub fn breaker<Q>(&self, key: &Q) -> State
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.record_of(key).map_or(State::Closed, |record| record.peer.state(&self.inner.rules, clock::now()))
    }

    /// Whether this peer is banned.
    #[must_use]
    pub fn is_banned<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.record_of(key).is_some_and(|record| record.peer.is_banned(&self.inner.rules, clock::now()))
    }
}
