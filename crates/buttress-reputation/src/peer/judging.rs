//! Judging: what a deed changes, all of it in one go.

use super::cold::Locked;
use super::standing::tier_of;
use super::{Change, Changes, Peer, Rules, Ticket};
use crate::Tier;
use crate::breaker::Lease;
use crate::deed::{Deed, Kind};
use crate::sync::Ordering;
use buttress_core::{Outcome, Tick};
use std::time::Duration;

impl Peer {
    /// A call has ended, and is judged unless it was ignored or cancelled.
    #[inline]
    pub(crate) fn settle(
        &self,
        rules: &Rules,
        ticket: Ticket,
        outcome: Outcome,
        took: Option<Duration>,
        now: Tick,
    ) -> Changes {
        self.load.end();
        if let (Outcome::Cancelled, Some(took)) = (outcome, took) {
            // It is nobody's fault that nobody waited for longer. The call would have taken at least so long all the same.
            self.cost.raise(took, &rules.cost, now);
        }
        let deed = Deed::call(outcome);
        let deed = took.map_or(deed, |took| deed.taking(took));
        self.judge_with(rules, Some(ticket.lease), &deed, now)
    }

    /// Something that nobody took a ticket for.
    #[inline]
    pub(crate) fn judge(&self, rules: &Rules, deed: &Deed, now: Tick) -> Changes {
        self.judge_with(rules, None, deed, now)
    }

    #[inline]
    fn judge_with(&self, rules: &Rules, lease: Option<Lease>, deed: &Deed, now: Tick) -> Changes {
        let mut changes = Changes::default();
        let outcome = deed.outcome();
        let seconds = rules.seconds(now);
        let known = self.last_seen.load(Ordering::Relaxed) == seconds;
        let judges = !matches!(deed.kind(), Kind::Call(Outcome::Ignored | Outcome::Cancelled));
        if judges {
            if self.is_penalised() {
                self.lift_if_due(rules, now, &mut changes);
            }
            if !known {
                self.last_seen.store(seconds, Ordering::Relaxed);
            }
            self.counters.count(deed);
            self.measure(rules, outcome, deed.took(), now);
        }
        // Points are no call: nothing that a breaker has lent comes back with them.
        let is_call = !matches!(deed.kind(), Kind::Points(_));
        if is_call
            && !(outcome == Outcome::Success
                && self.breaker.count_success(&rules.breaker, lease.as_ref(), now))
        {
            self.breaker.judge(self.means(rules), lease, outcome, now, &mut changes);
            if !changes.is_empty() && changes.holds(Change::Closed) {
                self.recover(now);
            }
        }
        if judges {
            self.rate(rules, deed, (seconds, known), now, &mut changes);
        }
        changes
    }

    /// Takes it into the score, and draws the conclusions: in that second, and whether something was judged in it before.
    #[inline]
    fn rate(
        &self,
        rules: &Rules,
        deed: &Deed,
        (seconds, known): (u32, bool),
        now: Tick,
        changes: &mut Changes,
    ) {
        let word = self.seat.state();
        let mut seen = word.load(Ordering::Acquire);
        let score = loop {
            let (next, score) = rules.scoring.judged_with_score(seen, deed, seconds);
            if next == seen {
                // As good as it can be, at the same time: there is nothing to conclude that was not then.
                if known && !deed.is_bad() {
                    return;
                }
                break score;
            }
            match word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break score,
                Err(changed) => seen = changed,
            }
        };
        if self.ban_if_low(rules, deed, score, now, changes) {
            return;
        }
        let before = self.marked_tier();
        if rules.tiers.after(before, score) != before && !self.ban_word().is_marked() {
            self.change_tier(rules, seconds, changes);
        }
    }

    /// It is in another group, unless somebody else has said so meanwhile.
    #[cold]
    fn change_tier(&self, rules: &Rules, seconds: u32, changes: &mut Changes) {
        let mut cold = self.cold.lock();
        if !self.ban_word().is_marked() {
            let score = rules.scoring.score(self.seat.state().load(Ordering::Acquire), seconds);
            self.put_tier(&mut cold, rules.tiers.after(self.marked_tier(), score), changes);
        }
    }

    pub(super) fn put_tier(&self, _: &mut Locked<'_>, to: Tier, changes: &mut Changes) {
        let from = tier_of(self.seat.mark().swap(to as u32, Ordering::AcqRel));
        if from != to {
            changes.push(Change::Tier { from, to });
        }
    }

    /// How long it took, and what that says of the next one.
    #[inline]
    fn measure(&self, rules: &Rules, outcome: Outcome, took: Option<Duration>, now: Tick) {
        match (outcome, took) {
            (Outcome::Success, Some(took)) => {
                // Not one exchange: of two samples at once one may be lost to an average, which is none the worse for it.
                let latency = rules.latency.after(self.latency.load(Ordering::Relaxed), took);
                self.latency.store(latency, Ordering::Relaxed);
                self.cost.note(took, &rules.cost, now);
            }
            (Outcome::Failure(_) | Outcome::Throttled, took) => {
                self.cost.note(rules.cost.of_failure(took), &rules.cost, now);
            }
            _ => {}
        }
    }
}
