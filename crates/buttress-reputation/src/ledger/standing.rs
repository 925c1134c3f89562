//! How peers stand.

use super::Ledger;
use crate::breaker::State;
use super::Record;
use crate::summary::{Breakers, Reputation};
use crate::{Ban, Direction, Snapshot, Summary, Tick, clock};
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

/// Why a peer is banned of which nobody said why.
const LOW: &str = "its score is at its lowest";

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
        self.record_of(key).map_or(State::Closed, |record| record.peer.breaker())
    }

    /// Whether this peer is banned.
    #[must_use]
    pub fn is_banned<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.record_of(key).is_some_and(|record| record.is_banned(clock::now()))
    }

    /// How all peers stand together, from the very states that admit or refuse them.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let rules = &self.inner.rules;
        let now = clock::now();
        let mut breakers = Breakers { trips: self.inner.trips.load(Ordering::Relaxed), ..Breakers::default() };
        let mut reputation = Reputation::default();
        let (mut scores, mut reliabilities) = (0.0, 0.0);
        for record in self.records() {
            let peer = &record.peer;
            breakers.total_peers += 1;
            match peer.breaker() {
                State::Closed => breakers.closed += 1,
                State::Open => breakers.open += 1,
                State::HalfOpen => breakers.half_open += 1,
            }
            reputation.banned_peers += usize::from(record.is_banned(now));
            scores += peer.score(rules, now).get();
            reliabilities += record.reliability();
        }
        reputation.total_peers = breakers.total_peers;
        let scoring = self.config().scoring();
        let start = scoring.score(scoring.fresh(), 0).get();
        let mean = |sum: f64, none: f64| if breakers.total_peers == 0 { none } else { sum / breakers.total_peers as f64 };
        reputation.avg_score = mean(scores, start);
        reputation.avg_reliability = mean(reliabilities, 0.5);
        Summary { breakers, reputation, bandwidth: self.inner.line.summary(clock::fine()) }
    }

    /// All peers with an entry, in no order, and how they stand. Of many, [`top`](Self::top) shows a few.
    #[must_use]
    pub fn peers(&self) -> Vec<(K, Snapshot)> {
        let records = self.records();
        records.iter().filter_map(|record| Some((record.key()?.clone(), self.snapshot(record)))).collect()
    }

    /// How a record stands.
    pub(crate) fn snapshot(&self, record: &Record<K>) -> Snapshot {
        let now = clock::now();
        let (peer, rules) = (&record.peer, record.rules());
        let counts = peer.counts();
        let ban = peer.banned(now).map(|ban| Ban {
            reason: ban.reason.unwrap_or_else(|| Arc::from(LOW)),
            since: self.shown(ban.since),
            until: ban.until.map(|until| self.shown(until)),
            times: ban.times,
        });
        let (first, last) = (peer.first_seen(), peer.last_seen());
        Snapshot {
            score: peer.score(rules, now),
            confidence: peer.confidence(rules),
            tier: peer.tier(now),
            reliability: record.reliability(),
            successful_syncs: counts.syncs.succeeded.into(),
            failed_syncs: counts.syncs.failed.into(),
            successful_messages: counts.messages.succeeded.into(),
            failed_messages: counts.messages.failed.into(),
            successful_calls: counts.calls.succeeded.into(),
            failed_calls: counts.calls.failed.into(),
            avg_latency: peer.latency(),
            bytes_sent: record.traffic.bytes(Direction::Upload),
            bytes_received: record.traffic.bytes(Direction::Download),
            ban,
            breaker: peer.breaker(),
            in_flight: peer.in_flight(),
            first_seen: self.at_second(first),
            last_seen: self.at_second(last),
            uptime: Duration::from_secs(i64::from(last).abs_diff(first.into())),
        }
    }

    /// A time as people read it: as the clock on the wall would have shown it that was right when the ledger began, so that what
    /// happened once always happened at the same time.
    fn shown(&self, at: Tick) -> SystemTime {
        let (tick, wall) = self.inner.began;
        let shown = if at >= tick { wall.checked_add(at.since(tick)) } else { wall.checked_sub(tick.since(at)) };
        shown.unwrap_or(wall)
    }

    /// The same of a second since the beginning, which may be one before it.
    fn at_second(&self, second: i32) -> SystemTime {
        let (_, wall) = self.inner.began;
        let seconds = Duration::from_secs(second.unsigned_abs().into());
        let shown = if second < 0 { wall.checked_sub(seconds) } else { wall.checked_add(seconds) };
        shown.unwrap_or(wall)
    }
}
