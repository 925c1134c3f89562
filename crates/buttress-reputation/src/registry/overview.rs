//! How the peers of a ledger stand, for a status.

use crate::breaker::{Kind, State};
use crate::ledger::Record;
use crate::{Direction, Ledger, Snapshot, Tick};
use buttress::registry::{
    LaneStatus, PeerBan, PeerStates, PeerStatus, PeerTroubles, PeersStatus, peer_label,
};
use buttress_core::text::escaped;
use std::collections::BinaryHeap;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;
use std::time::SystemTime;

/// How badly a peer stands, the worst first: banned, open, half-open, and then by its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Badness(u8, crate::Score);

/// A record that stands so badly; of two that do, either one.
struct Bad<K>(Badness, Arc<Record<K>>);

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Display + Send + Sync + 'static,
{
    /// All of it in one walk over the peers, but for those that are the best, which another one finds.
    pub(super) fn overview(&self, shown: usize, now: Tick) -> PeersStatus {
        let rules = self.rules();
        let has_breakers = self.has_breakers();
        let (mut states, mut banned, mut refused) = (PeerStates::default(), 0, 0);
        let (mut scores, mut reliabilities, mut entries) = (0.0, 0.0, 0_usize);
        // The worst so far, with the best of them on top.
        let mut worst = BinaryHeap::with_capacity(shown.min(self.len()) + 1);
        for record in self.records() {
            let peer = &record.peer;
            let (state, score) = (peer.state(), peer.score(rules, now));
            let is_banned = peer.is_banned(now);
            entries += 1;
            banned += usize::from(is_banned);
            refused += usize::from(peer.may(rules, now).is_err());
            match state {
                State::Closed => states.closed += 1,
                State::Open => states.open += 1,
                State::HalfOpen => states.half_open += 1,
            }
            scores += score.get();
            reliabilities += peer.reliability();
            let class = match state {
                _ if is_banned => 0,
                State::Open => 1,
                State::HalfOpen => 2,
                State::Closed => 3,
            };
            worst.push(Bad(Badness(class, score), record));
            if worst.len() > shown {
                worst.pop();
            }
        }
        let wall = rules.wall(now);
        let mean = |sum: f64| (entries > 0).then(|| sum / entries as f64);
        let troubles = PeerTroubles::new(entries, refused, self.trips_lately(now));
        let best = self.top(shown).into_iter().filter_map(|ranked| {
            let snapshot = self.peer(&ranked.key)?;
            Some(shown_as(&ranked.key, &snapshot, has_breakers, wall))
        });
        let worst = worst.into_sorted_vec().into_iter().filter_map(|Bad(_, record)| {
            let snapshot = self.snapshot(&record);
            Some(shown_as(record.key()?, &snapshot, has_breakers, wall))
        });
        let [upload, download] = Direction::ALL.map(|direction| Some(LaneStatus::new(&self.lane(direction))));
        let mut status = PeersStatus::default();
        (status.verdict, status.troubles) = (troubles.verdict(), troubles);
        (status.entries, status.capacity) = (entries, self.config().capacity());
        (status.evicted, status.overflowed) = (self.evicted(), self.overflowed());
        (status.states, status.banned) = (has_breakers.then_some(states), banned);
        (status.avg_score, status.avg_reliability) = (mean(scores), mean(reliabilities));
        status.trips = has_breakers.then(|| self.trips());
        (status.upload, status.download) = (upload, download);
        (status.best, status.worst) = (best.collect(), worst.collect());
        status
    }

    /// How many peers would not be admitted.
    pub(super) fn refused(&self, now: Tick) -> usize {
        let rules = self.rules();
        self.records().iter().filter(|record| record.peer.may(rules, now).is_err()).count()
    }

    /// Whether its peers have breakers. Where they have none, somebody else may keep some for them.
    fn has_breakers(&self) -> bool {
        !matches!(self.config().breaker(), Kind::Off)
    }

    fn trips_lately(&self, now: Tick) -> u64 {
        self.watched().lately.count(now)
    }
}

/// One peer, as others may see it.
fn shown_as(key: &impl Display, snapshot: &Snapshot, has_breaker: bool, now: SystemTime) -> PeerStatus {
    let mut status = PeerStatus::new(peer_label(key), snapshot.score.get());
    status.confidence = snapshot.confidence;
    status.tier = snapshot.tier.as_str();
    status.reliability = snapshot.reliability;
    status.successes = snapshot.successful_syncs + snapshot.successful_messages + snapshot.successful_calls;
    status.failures = snapshot.failed_syncs + snapshot.failed_messages + snapshot.failed_calls;
    status.avg_latency = snapshot.avg_latency;
    (status.bytes_sent, status.bytes_received) = (snapshot.bytes_sent, snapshot.bytes_received);
    status.ban = snapshot.ban.as_ref().map(|ban| {
        let mut shown = PeerBan::new(escaped(&ban.reason).to_string());
        shown.times = ban.times;
        shown.left = ban.until.map(|until| until.duration_since(now).unwrap_or_default());
        shown
    });
    status.breaker = has_breaker.then(|| snapshot.breaker.as_str());
    status.in_flight = snapshot.in_flight;
    (status.first_seen, status.last_seen) = (snapshot.first_seen, snapshot.last_seen);
    status
}

impl<K> PartialEq for Bad<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Bad<K> {}

impl<K> PartialOrd for Bad<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Bad<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
