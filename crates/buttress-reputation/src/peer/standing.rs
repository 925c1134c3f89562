//! How a peer stands, for people and rankings.

use super::{Counts, Peer, Rules};
use crate::snapshot::Ban;
use crate::sync::Ordering;
use crate::{Estimator, Score, Snapshot, Tier};
use buttress_core::Tick;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Why a peer is banned of which nobody said it.
const FELL: &str = "its score fell to the minimum";

impl Peer {
    /// How it stands, but for the bytes.
    pub(crate) fn snapshot(&self, rules: &Rules, now: Tick) -> Snapshot {
        let counts = self.counts();
        let (first, last) = (self.first_seen(), self.last_seen());
        let ban = self.banned(now).map(|ban| Ban {
            reason: ban.reason.unwrap_or_else(|| Arc::from(FELL)),
            since: rules.wall(ban.since),
            until: ban.until.map(|until| rules.wall(until)),
            times: ban.times,
        });
        Snapshot {
            score: self.score(rules, now),
            confidence: self.confidence(rules),
            tier: self.tier(rules, now),
            reliability: self.reliability(),
            successful_syncs: counts.syncs.succeeded.into(),
            failed_syncs: counts.syncs.failed.into(),
            successful_messages: counts.messages.succeeded.into(),
            failed_messages: counts.messages.failed.into(),
            successful_calls: counts.calls.succeeded.into(),
            failed_calls: counts.calls.failed.into(),
            avg_latency: self.latency(),
            bytes_sent: 0,
            bytes_received: 0,
            ban,
            breaker: self.state(),
            in_flight: self.in_flight(),
            first_seen: rules.wall_of(first),
            last_seen: rules.wall_of(last),
            uptime: Duration::from_secs(u64::from(last.saturating_sub(first).max(0).cast_unsigned())),
        }
    }

    /// Its score at `now`. When its ban has run out that is the one it goes on with, whether anybody asked it since or not.
    #[inline]
    pub(crate) fn score(&self, rules: &Rules, now: Tick) -> Score {
        if self.ban_word().is_due(now) {
            return self.score_on_probation(rules, now);
        }
        rules.scoring.score(self.seat.state().load(Ordering::Acquire), rules.seconds(now))
    }

    /// The same, of one whose ban is over and was not lifted.
    #[cold]
    fn score_on_probation(&self, rules: &Rules, now: Tick) -> Score {
        let cold = self.cold.lock();
        // Somebody else may have lifted it meanwhile.
        let state = match self.ban_word().is_due(now) {
            true => self.probation(rules, &cold),
            false => self.seat.state().load(Ordering::Acquire),
        };
        rules.scoring.score(state, rules.seconds(now))
    }

    /// How far its score can be trusted, from 0 to 1.
    pub(crate) fn confidence(&self, rules: &Rules) -> f64 {
        rules.scoring.confidence(self.seat.state().load(Ordering::Acquire), self.samples())
    }

    /// The share of what it did that succeeded; 0.5 while it did nothing.
    pub(crate) fn reliability(&self) -> f64 {
        let counts = self.counts();
        match counts.samples() {
            0 => 0.5,
            samples => counts.succeeded() as f64 / samples as f64,
        }
    }

    /// The group it is in: by its score at `now`, and by the one it was in, which it leaves only where it is far enough from it.
    pub(crate) fn tier(&self, rules: &Rules, now: Tick) -> Tier {
        let ban = self.ban_word();
        if ban.left(now).is_some() {
            Tier::Banned
        } else if ban.is_marked() {
            rules.tiers.of(self.score(rules, now))
        } else {
            rules.tiers.after(self.marked_tier(), self.score(rules, now))
        }
    }

    /// The group it is in, as far as nothing but a judgement changes it: quick, for those who compare peers with each call. What is
    /// forgotten with time only counts from the next judgement on.
    #[inline]
    pub(crate) fn tier_as_judged(&self, rules: &Rules, now: Tick) -> Tier {
        if self.ban_word().is_marked() { self.tier(rules, now) } else { self.marked_tier() }
    }

    /// The group that was told last.
    #[inline]
    pub(super) fn marked_tier(&self) -> Tier {
        tier_of(self.seat.mark().load(Ordering::Relaxed))
    }

    /// What it did, by kind.
    #[inline]
    pub(crate) fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// How often it did anything that succeeds or fails.
    #[inline]
    pub(crate) fn samples(&self) -> u64 {
        self.counts().samples()
    }

    /// How long its successes take.
    pub(crate) fn latency(&self) -> Option<Duration> {
        Estimator::estimate(self.latency.load(Ordering::Relaxed))
    }

    /// When it was first heard of, in seconds since the beginning.
    pub(super) fn first_seen(&self) -> i32 {
        self.first_seen.load(Ordering::Relaxed).cast_signed()
    }

    /// When it was judged last, in seconds since the beginning.
    pub(crate) fn last_seen(&self) -> i32 {
        self.last_seen.load(Ordering::Relaxed).cast_signed()
    }
}

impl Rules {
    /// What the clock on the wall shows at `now`, as far as it is not set meanwhile.
    pub(crate) fn wall(&self, now: Tick) -> SystemTime {
        let after = now.since(self.began);
        let at = if after.is_zero() {
            self.wall.checked_sub(self.began.since(now))
        } else {
            self.wall.checked_add(after)
        };
        at.unwrap_or(self.wall)
    }

    /// The same, so many seconds after the beginning.
    fn wall_of(&self, seconds: i32) -> SystemTime {
        let apart = Duration::from_secs(seconds.unsigned_abs().into());
        let at = if seconds < 0 { self.wall.checked_sub(apart) } else { self.wall.checked_add(apart) };
        at.unwrap_or(self.wall)
    }
}

pub(super) const fn tier_of(number: u32) -> Tier {
    match number {
        0 => Tier::Banned,
        1 => Tier::Poor,
        2 => Tier::Neutral,
        3 => Tier::Good,
        _ => Tier::Trusted,
    }
}
