//! Bans and ejections: how they begin, and how they end by themselves or by somebody's word.

use super::cold::Locked;
use super::{Change, Changes, Peer, Rules};
use crate::outlier::Rule;
use crate::sync::Ordering;
use crate::{Deed, Score, ban};
use buttress_core::Tick;
use std::sync::Arc;
use std::time::Duration;

/// A ban that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ban {
    /// What was said; `None` of one that came by itself.
    pub(crate) reason: Option<Arc<str>>,
    pub(crate) since: Tick,
    /// `None` for ever.
    pub(crate) until: Option<Tick>,
    pub(crate) times: u32,
}

impl Peer {
    /// Nobody asks it until then, or until somebody lifts the ban. One that it had is replaced.
    pub(crate) fn ban(&self, rules: &Rules, reason: Arc<str>, until: Option<Tick>, now: Tick) -> Changes {
        let mut changes = Changes::default();
        self.lift_if_due(rules, now, &mut changes);
        let mut cold = self.cold.lock();
        let before = self.ban_word();
        let again = before.is_marked();
        let times = if again { before.times() } else { self.next_time(rules, now) };
        self.impose(&mut cold, Some(reason), until, times, now);
        let state = self.seat().state().load(Ordering::Acquire);
        if !again {
            cold.stood(state);
        }
        let score = rules.scoring.score(state, rules.seconds(now));
        changes.push(Change::Banned { score, times, until, again });
        changes
    }

    /// Lifts its ban: it begins again, with the score of a new one and no word of why. Nothing happens if it is not banned.
    pub(crate) fn unban(&self, rules: &Rules, now: Tick) -> Changes {
        let mut changes = Changes::default();
        let mut cold = self.cold.lock();
        if self.ban_word().is_marked() {
            self.put_score(&mut cold, rules, rules.scoring.fresh(), now, &mut changes);
            self.lift(&mut cold, now, &mut changes);
        }
        changes
    }

    /// Forgets all that speaks for it and against it but what was counted.
    pub(crate) fn reset(&self, rules: &Rules, now: Tick) -> Changes {
        let mut changes = Changes::default();
        // All of it under one lock: no ban comes in between that is told and forgotten without a word.
        let mut cold = self.cold.lock();
        self.put_score(&mut cold, rules, rules.scoring.fresh(), now, &mut changes);
        if self.ban_word().is_marked() {
            self.lift(&mut cold, now, &mut changes);
        }
        self.ban.store(0, Ordering::Release);
        self.breaker.reset(&mut cold, now, &mut changes);
        if self.ejected_until.swap(0, Ordering::AcqRel) != 0 {
            changes.push(Change::Readmitted);
        }
        self.recover(now);
        changes
    }

    /// The ban that is in force, if there is one.
    pub(crate) fn banned(&self, now: Tick) -> Option<Ban> {
        let cold = self.cold.lock();
        let ban::Banned { until, times } = self.ban_word().ban(now)?;
        let (reason, since) = cold.ban();
        Some(Ban { reason, since, until, times })
    }

    /// When the ban it is in ends by itself, or ended and nobody said so.
    pub(crate) fn ban_ends(&self) -> Option<Tick> {
        self.ban_word().ends()
    }

    /// Leaves it out until then, as it does worse than the others.
    pub(crate) fn eject(&self, rules: &Rules, by: Rule, until: Tick, now: Tick) -> Changes {
        let mut changes = Changes::default();
        // A second more where it is cut to seconds, and never the zero that says there is none.
        let seconds = rules.seconds(until).saturating_add(1);
        let _cold = self.cold.lock();
        if until > now && self.ejected_until.swap(seconds, Ordering::AcqRel) == 0 {
            changes.push(Change::Ejected { by, until });
        }
        changes
    }

    /// Whether it is left out.
    pub(crate) fn is_ejected(&self, rules: &Rules, now: Tick) -> bool {
        self.ejection_left(rules, now).is_some()
    }

    /// How long it is left out yet.
    #[inline]
    pub(super) fn ejection_left(&self, rules: &Rules, now: Tick) -> Option<Duration> {
        let until = self.ejected_until.load(Ordering::Relaxed);
        if until == 0 {
            return None;
        }
        let left = until.checked_sub(rules.seconds(now)).filter(|left| *left > 0)?;
        Some(Duration::from_secs(left.into()))
    }

    /// Says that a ban or an ejection is over, if that is so and nobody said it.
    #[inline]
    pub(crate) fn lift_if_due(&self, rules: &Rules, now: Tick, changes: &mut Changes) {
        if self.ban_word().is_due(now) {
            self.let_back(rules, now, changes);
        }
        if self.ejection_is_due(rules, now) {
            self.readmit(rules, now, changes);
        }
    }

    #[inline]
    fn ejection_is_due(&self, rules: &Rules, now: Tick) -> bool {
        let until = self.ejected_until.load(Ordering::Relaxed);
        until != 0 && until <= rules.seconds(now)
    }

    #[cold]
    fn readmit(&self, rules: &Rules, now: Tick, changes: &mut Changes) {
        let _cold = self.cold.lock();
        if self.ejection_is_due(rules, now) {
            self.ejected_until.store(0, Ordering::Release);
            self.recover(now);
            changes.push(Change::Readmitted);
        }
    }

    /// The state of the score of one whose ban is over, and was not lifted: since then it is on probation, or as low as it was when
    /// it was banned by hand.
    #[cold]
    pub(super) fn probation(&self, rules: &Rules, cold: &Locked<'_>) -> u64 {
        let state = self.seat().state().load(Ordering::Acquire);
        let Some(ban) = &rules.ban else { return state };
        let over = rules.seconds(self.ban_word().time());
        let stood = cold.stood_at().map_or(Score::MAX, |stood| rules.scoring.score(stood, over));
        rules.scoring.set(Score::new(ban.probation()).min(stood), over)
    }

    /// The cool-down is over: it goes on with the score of those on probation.
    #[cold]
    fn let_back(&self, rules: &Rules, now: Tick, changes: &mut Changes) {
        let mut cold = self.cold.lock();
        if !self.ban_word().is_due(now) {
            return;
        }
        // The score first, as nobody is to be judged by the one that was banned for.
        let probation = self.probation(rules, &cold);
        self.put_score(&mut cold, rules, probation, now, changes);
        self.lift(&mut cold, now, changes);
    }

    /// Bans it if the deed has brought it down so far. Says whether it is banned.
    #[inline]
    pub(super) fn ban_if_low(
        &self,
        rules: &Rules,
        deed: &Deed,
        score: Score,
        now: Tick,
        changes: &mut Changes,
    ) -> bool {
        match &rules.ban {
            Some(ban) if score.get() <= ban.score() && deed.is_bad() => {
                self.ban_for_score(rules, ban, score, now, changes);
                true
            }
            _ => false,
        }
    }

    #[cold]
    fn ban_for_score(
        &self,
        rules: &Rules,
        ban: &ban::BanRules,
        score: Score,
        now: Tick,
        changes: &mut Changes,
    ) {
        let mut cold = self.cold.lock();
        // Somebody else may have banned it, or even let it back since.
        if self.ban_word().is_marked() || self.score(rules, now).get() > ban.score() {
            return;
        }
        let times = self.next_time(rules, now);
        let until = Some(now + ban.lasts(times));
        self.impose(&mut cold, None, until, times, now);
        changes.push(Change::Banned { score, times, until, again: false });
    }

    /// The how manieth ban the next one is.
    fn next_time(&self, rules: &Rules, now: Tick) -> u32 {
        let forgotten_after = rules.ban.unwrap_or_default().forgotten_after();
        self.ban_word().remembered(forgotten_after, now) + 1
    }

    /// Whether its next ban would be longer than the first.
    pub(super) fn remembers_bans(&self, rules: &Rules, now: Tick) -> bool {
        let forgotten_after = rules.ban.unwrap_or_default().forgotten_after();
        self.ban_word().remembered(forgotten_after, now) > 0
    }

    pub(super) fn impose(
        &self,
        cold: &mut Locked<'_>,
        reason: Option<Arc<str>>,
        until: Option<Tick>,
        times: u32,
        now: Tick,
    ) {
        cold.banned(reason, now);
        self.ban.store(ban::Word::banned(until, times).0, Ordering::Release);
    }

    fn lift(&self, cold: &mut Locked<'_>, now: Tick, changes: &mut Changes) {
        cold.unbanned();
        self.recover(now);
        self.ban.store(self.ban_word().over(now).0, Ordering::Release);
        changes.push(Change::Unbanned);
    }

    /// Puts the score, whatever it was, and the tier that goes with it.
    pub(super) fn put_score(
        &self,
        cold: &mut Locked<'_>,
        rules: &Rules,
        state: u64,
        now: Tick,
        changes: &mut Changes,
    ) {
        let score = rules.scoring.score(state, rules.seconds(now));
        self.seat().state().store(state, Ordering::Release);
        self.put_tier(cold, rules.tiers.of(score), changes);
    }
}
