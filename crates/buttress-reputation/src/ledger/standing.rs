//! How peers stand.

use super::Ledger;
use super::Record;
use crate::breaker::State;
use crate::summary::{Breakers, Reputation};
use crate::{Direction, Snapshot, Summary, clock};
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::atomic::Ordering;

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
        self.record_of(key).map_or(State::Closed, |record| record.peer.state())
    }

    /// Whether this peer is banned.
    #[must_use]
    pub fn is_banned<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.record_of(key).is_some_and(|record| record.peer.is_banned(clock::now()))
    }

    /// How all peers stand together, from the very states that admit or refuse them.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let rules = &self.inner.rules;
        let now = clock::now();
        let mut breakers =
            Breakers { trips: self.inner.trips.load(Ordering::Relaxed), ..Breakers::default() };
        let mut reputation = Reputation::default();
        let (mut scores, mut reliabilities) = (0.0, 0.0);
        for record in self.records() {
            let peer = &record.peer;
            breakers.total_peers += 1;
            match peer.state() {
                State::Closed => breakers.closed += 1,
                State::Open => breakers.open += 1,
                State::HalfOpen => breakers.half_open += 1,
            }
            reputation.banned_peers += usize::from(peer.is_banned(now));
            scores += peer.score(rules, now).get();
            reliabilities += peer.reliability();
        }
        reputation.total_peers = breakers.total_peers;
        let scoring = self.config().scoring();
        let start = scoring.score(scoring.fresh(), 0).get();
        let mean = |sum: f64, none: f64| {
            if breakers.total_peers == 0 { none } else { sum / breakers.total_peers as f64 }
        };
        reputation.avg_score = mean(scores, start);
        reputation.avg_reliability = mean(reliabilities, 0.5);
        Summary { breakers, reputation, bandwidth: self.inner.line.summary(clock::precise()) }
    }

    /// All peers with an entry, in no order, and how they stand. Of many, [`top`](Self::top) shows a few.
    #[must_use]
    pub fn peers(&self) -> Vec<(K, Snapshot)> {
        let records = self.records();
        records.iter().filter_map(|record| Some((record.key()?.clone(), self.snapshot(record)))).collect()
    }

    /// How often a breaker opened, of all peers there ever were.
    #[cfg(feature = "registry")]
    pub(crate) fn trips(&self) -> u64 {
        self.inner.trips.load(Ordering::Relaxed)
    }

    /// How a record stands, with the bytes that passed.
    pub(crate) fn snapshot(&self, record: &Record<K>) -> Snapshot {
        let mut snapshot = record.peer.snapshot(record.rules(), clock::now());
        snapshot.bytes_sent = record.traffic.bytes(Direction::Upload);
        snapshot.bytes_received = record.traffic.bytes(Direction::Download);
        snapshot
    }
}
