//! The best peers, and those to sync with.

use super::{Inner, Ledger, Record};
use crate::board::Place;
use crate::peer::Changes;
use crate::{Score, Tick, clock, dice};
use std::cmp::Reverse;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Of so many candidates one is a peer of which little is known: it is found out about, and the others have earned it.
const NEW: usize = 10;

/// How many peers are looked at to find such.
const LOOKS: usize = 256;

/// Samples from which on a peer is no longer new.
const KNOWN: u64 = 5;

/// A peer in a ranking.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ranked<K> {
    /// Which peer it is.
    pub key: K,
    /// What it has earned.
    pub score: Score,
    /// The share of its operations that succeeded; 0.5 while there was none.
    pub reliability: f64,
    /// How long it takes to answer; `None` while nobody has measured it.
    pub avg_latency: Option<Duration>,
}

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// The `count` peers with the best scores, or all there are, the best one first; without those that are banned. Of two with
    /// the same score, the one that was there first usually comes first, and an order stays as it is.
    ///
    /// More than there are is no mistake, and zero is none. Whoever gets the number from elsewhere as one that can be negative
    /// refuses that there: `usize::try_from` says so, where a cast would ask for all.
    #[must_use]
    pub fn top(&self, count: usize) -> Vec<Ranked<K>> {
        let now = clock::now();
        self.end_bans(now);
        let best = self.best(count, now, |record| !record.peer.is_banned(now));
        best.into_iter().filter_map(|(score, record)| self.ranked(score, &record)).collect()
    }

    /// The `count` peers to synchronise with, or all there are: those that may be asked now and whose score is above half of that
    /// of a new peer. They are ranked by their score and some points on top for a quick answer
    /// ([`Config::rank`](crate::Config::rank)), the best one first.
    ///
    /// A tenth of the places is for peers of which little is known, those first that were not asked for the longest time;
    /// they come last. Without them a new peer would never get ahead of those that did well once. Of fewer than ten places
    /// the last one is such a peer's in as many of ten times. Where there is no such peer, the next best has the place.
    ///
    /// As [`top`](Self::top) it takes any number.
    #[must_use]
    pub fn sync_candidates(&self, count: usize) -> Vec<Ranked<K>> {
        let now = clock::now();
        self.end_bans(now);
        let mut candidates = self.by_rank(count, now);
        let mut rolls = dice::Rolls::of(dice::roll());
        let explored = (count / NEW + usize::from(rolls.below(NEW) < count % NEW)).min(count);
        let kept = candidates.len().min(count - explored);
        let new = self.new_ones(explored, now, rolls.next(), &candidates[..kept]);
        // One of them may have a rank as well. The last of those that were ranked make room, unless there is some.
        candidates.retain(|(_, record)| !new.iter().any(|(_, other)| Arc::ptr_eq(record, other)));
        candidates.truncate(count - new.len());
        candidates.extend(new);
        candidates.into_iter().filter_map(|(score, record)| self.ranked(score, &record)).collect()
    }

    /// Lifts the bans that have run out. A ranking goes by the words on the board, which say what a peer was banned for until its
    /// ban is lifted. All are looked at, once for each time at which a ban ends.
    fn end_bans(&self, now: Tick) {
        let first = &self.inner.first_end;
        if now.as_nanos() < first.load(Ordering::Acquire) {
            return;
        }
        // Before the look, so that a ban that comes meanwhile is not overlooked.
        first.store(u64::MAX, Ordering::Release);
        for record in self.records() {
            let mut changes = Changes::default();
            record.peer.lift_if_due(record.rules(), now, &mut changes);
            self.tell(&record, changes);
            self.await_end(&record);
        }
    }

    /// Those to synchronise with, by nothing but their rank.
    ///
    /// The points for a quick answer are few. So the score of the last of those with the best scores says from which score on
    /// a peer can be among those with the best ranks, and only those are looked at.
    fn by_rank(&self, count: usize, now: Tick) -> Vec<(Score, Arc<Record<K>>)> {
        let Inner { board, config, rules, .. } = &*self.inner;
        let least = self.least();
        let may = |record: &Record<K>| record.peer.may(rules, now).is_ok();
        let mut found = self.best(count, now, may);
        found.retain(|(score, _)| score.get() > least);
        let most = config.rank(Score::MIN, Some(Duration::ZERO));
        if let Some((last, _)) = found.last()
            && found.len() == count
            && most > 0.0
        {
            let floor = (last.get() - most).next_down().max(least);
            let places = board.above(config.scoring(), rules.seconds(now), Score::new(floor));
            found = self.sitting(&places, now).filter(|(_, record)| may(record)).collect();
        }
        let mut ranks: Vec<_> = found
            .into_iter()
            .map(|(score, record)| (config.rank(score, record.peer.latency()), score, record))
            .collect();
        // Stable, so that equals stay in the order of their scores.
        ranks.sort_by(|one, other| other.0.total_cmp(&one.0));
        ranks.into_iter().take(count).map(|(_, score, record)| (score, record)).collect()
    }

    /// The score above which a peer is one to synchronise with: half of that of a new one.
    fn least(&self) -> f64 {
        let scoring = self.config().scoring();
        scoring.score(scoring.fresh(), 0).get() / 2.0
    }

    /// Peers of which little is known, and that little is not bad, besides those that are `chosen`: of some that sit side by side, from anywhere on.
    fn new_ones(
        &self,
        count: usize,
        now: Tick,
        roll: u64,
        chosen: &[(Score, Arc<Record<K>>)],
    ) -> Vec<(Score, Arc<Record<K>>)> {
        if count == 0 {
            return Vec::new();
        }
        let Inner { board, rules, .. } = &*self.inner;
        let least = self.least();
        let is_new = |record: &Arc<Record<K>>| {
            !record.is_gone()
                && record.peer.samples() < KNOWN
                && record.peer.score(rules, now).get() > least
                && record.peer.may(rules, now).is_ok()
                && !chosen.iter().any(|(_, other)| Arc::ptr_eq(record, other))
        };
        let mut new: Vec<_> = board.side_by_side(roll, LOOKS.max(count)).into_iter().filter(is_new).collect();
        // Each time is read once: calls change it meanwhile, and what changes cannot be sorted by.
        new.sort_by_cached_key(|record| record.peer.last_tried());
        new.truncate(count);
        new.into_iter().map(|record| (record.peer.score(rules, now), record)).collect()
    }

    /// The `count` records with the best scores of those that are to be kept, the best one first.
    fn best(
        &self,
        count: usize,
        now: Tick,
        keep: impl Fn(&Record<K>) -> bool,
    ) -> Vec<(Score, Arc<Record<K>>)> {
        let Inner { board, config, rules, .. } = &*self.inner;
        let mut wanted = count;
        loop {
            let places = board.best(config.scoring(), rules.seconds(now), wanted);
            let mut kept: Vec<_> = self.sitting(&places, now).filter(|(_, record)| keep(record)).collect();
            if kept.len() >= count || places.len() < wanted {
                kept.sort_by_key(|(score, _)| Reverse(*score));
                kept.truncate(count);
                return kept;
            }
            // Some of the best are left out: as many again, and more each time.
            wanted = wanted.saturating_mul(2).saturating_add(count - kept.len());
        }
    }

    /// Who sits in these places and is found by its name, with the score that is its own: between the walk and this a seat can have
    /// come to somebody else.
    fn sitting(&self, places: &[Place], now: Tick) -> impl Iterator<Item = (Score, Arc<Record<K>>)> {
        let sitters = self.inner.board.sitters(places.iter().map(Place::seat));
        let found = sitters.into_iter().flatten().filter(|record| !record.is_gone());
        found.map(move |record| (record.peer.score(record.rules(), now), record))
    }

    fn ranked(&self, score: Score, record: &Record<K>) -> Option<Ranked<K>> {
        let peer = &record.peer;
        let key = record.key()?.clone();
        Some(Ranked { key, score, reliability: peer.reliability(), avg_latency: peer.latency() })
    }
}
