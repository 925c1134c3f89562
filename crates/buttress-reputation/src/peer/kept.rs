//! What a file keeps of a peer, and what is made of it.

use super::{Changes, Counts, Peer, Rules};
use crate::sync::Ordering;
use crate::{Estimator, Score};
use buttress_core::Tick;
use std::sync::Arc;
use std::time::Duration;

/// What is worth keeping of a peer: all of it relative to the moment it was looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) score: Score,
    pub(crate) counts: Counts,
    pub(crate) latency: Option<Duration>,
    pub(crate) ban: Option<KeptBan>,
    /// How often it was banned, as far as that is remembered.
    pub(crate) times_banned: u32,
    /// How long its breaker stays open yet, if it is.
    pub(crate) open_for: Option<Duration>,
    /// How far its open time has grown.
    pub(crate) open_level: u32,
    /// How long ago it was first heard of, and last.
    pub(crate) first_seen: Duration,
    pub(crate) last_seen: Duration,
}

/// A ban that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptBan {
    /// What was said; `None` of one that came by itself.
    pub(crate) reason: Option<Arc<str>>,
    /// How long it has lasted.
    pub(crate) lasted: Duration,
    /// How long it goes on; `None` for ever.
    pub(crate) left: Option<Duration>,
}

impl Peer {
    /// What is worth keeping of it.
    pub(crate) fn kept(&self, rules: &Rules, now: Tick) -> Kept {
        let ban = self.banned(now).map(|ban| KeptBan {
            reason: ban.reason,
            lasted: now.since(ban.since),
            left: ban.until.map(|until| until.since(now)),
        });
        let forgotten_after = rules.ban.unwrap_or_default().forgotten_after();
        let ago = |seen: i32| {
            let seconds = i64::from(rules.seconds(now)) - i64::from(seen);
            Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
        };
        Kept {
            score: self.score(rules, now),
            counts: self.counts(),
            latency: self.latency(),
            ban,
            times_banned: self.ban_word().remembered(forgotten_after, now),
            open_for: self.breaker.open_for(now),
            open_level: self.cold.lock().past_if_any().map_or(0, |past| past.level()),
            first_seen: ago(self.first_seen()),
            last_seen: ago(self.last_seen()),
        }
    }

    /// Makes of a new peer what was kept of one. Nobody is told of it, and nobody asks it yet.
    pub(crate) fn restore(&self, rules: &Rules, kept: &Kept, now: Tick) {
        self.counters.set(kept.counts);
        self.latency.store(Estimator::set(kept.latency), Ordering::Relaxed);
        // What it costs is not kept, as it fades within seconds. It begins with what is known all the same: else a peer that is
        // slow or fails would be asked like any other after each start.
        if let Some(latency) = kept.latency {
            self.cost.note(latency, &rules.cost, now);
        }
        let start = rules.scoring.score(rules.scoring.fresh(), 0);
        if kept.score.get() < start.get() / 2.0 {
            self.cost.raise(rules.cost.of_failure(kept.latency), &rules.cost, now);
        }
        let before = |ago: Duration| {
            let seconds = i64::from(rules.seconds(now)) - i64::try_from(ago.as_secs()).unwrap_or(i64::MAX);
            i32::try_from(seconds).unwrap_or(i32::MIN).cast_unsigned()
        };
        self.first_seen.store(before(kept.first_seen), Ordering::Relaxed);
        self.last_seen.store(before(kept.last_seen), Ordering::Relaxed);
        // Also one that is due, as its next open time is to be longer.
        if let Some(left) = kept.open_for {
            self.breaker.restore_open(&self.cold, now + left, kept.open_level, now);
        }
        let mut cold = self.cold.lock();
        let state = rules.scoring.set(kept.score, rules.seconds(now));
        self.put_score(&mut cold, rules, state, now, &mut Changes::default());
        let times = kept.times_banned;
        let over = crate::ban::Word::banned(None, times).over(now);
        match &kept.ban {
            Some(ban) => {
                let since = Tick::from_nanos(now.as_nanos().saturating_sub(nanos(ban.lasted)));
                self.impose(
                    &mut cold,
                    ban.reason.clone(),
                    ban.left.map(|left| now + left),
                    times.max(1),
                    since,
                );
                if ban.reason.is_some() {
                    cold.stood(state);
                }
            }
            None if times > 0 => self.ban.store(over.0, Ordering::Release),
            None => {}
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
