//! The state of one peer: whether it may be asked, what it is worth and what it costs, changed by one judgement in one go.
//!
//! Asking and judging take no lock and allocate nothing: a few words, each changed by itself. What changes seldom (a ban and its
//! reason, a breaker that opens) is made under a lock of the peer's own, so that it is made and told once.

mod changes;
mod cold;
mod counts;
#[cfg(any(test, feature = "persist"))]
mod kept;
mod load;
#[cfg(all(test, buttress_loom))]
mod models;
mod penance;
mod refused;
mod rules;
mod standing;
mod warming;

pub use changes::{Change, PeerEvent};
pub use refused::{Refused, Why};

pub(crate) use changes::Changes;
pub(crate) use cold::{Cold, Locked};
pub(crate) use counts::Counts;
#[cfg(any(test, feature = "persist"))]
pub(crate) use counts::Tries;
#[cfg(feature = "persist")]
pub(crate) use kept::Kept;
#[cfg(any(test, feature = "persist"))]
pub(crate) use kept::KeptBan;
#[cfg(all(test, buttress_loom))]
pub(crate) use models::explore;
#[cfg(feature = "persist")]
pub(crate) use penance::Ban;
pub(crate) use rules::Rules;

use crate::Tier;
use crate::ban;
use crate::board::Seat;
use crate::breaker::{Breaker, Lease, Means, State};
use crate::cost::Cost;
use crate::deed::Deed;
use crate::sync::{AtomicU32, AtomicU64, Ordering};
use buttress_core::keyed::Worth;
use buttress_core::{Outcome, Tick};
use counts::Counters;
use load::Load;
use standing::tier_of;
use std::time::Duration;
use warming::Warming;

/// All that is known of one peer but its name. Its score is on the board, at its seat, and its tier with it.
#[derive(Debug)]
pub(crate) struct Peer {
    seat: Seat,
    ban: AtomicU64,
    breaker: Breaker,
    load: Load,
    cost: Cost,
    latency: AtomicU64,
    counters: Counters,
    cold: Cold,
    warming: Warming,
    /// When its ejection is over, in seconds since the beginning and at least 1; zero if there is none.
    ejected_until: AtomicU32,
    /// In seconds since the beginning, which may be before it.
    first_seen: AtomicU32,
    last_seen: AtomicU32,
}

/// The leave to ask a peer once. It goes back with [`Peer::settle`].
#[derive(Debug)]
#[must_use = "a ticket goes back to the peer that gave it"]
pub(crate) struct Ticket {
    lease: Lease,
}

impl Peer {
    /// A peer of which nothing is known.
    pub(crate) fn new(seat: Seat, rules: &Rules, now: Tick) -> Self {
        let seed = rules.seed_of(seat.number());
        let seconds = AtomicU32::new(rules.seconds(now));
        let tier = rules.tiers.of(rules.scoring.score(rules.scoring.fresh(), 0));
        seat.mark().store(tier as u32, Ordering::Relaxed);
        Self {
            ban: AtomicU64::new(0),
            breaker: Breaker::new(&rules.breaker, seed, now),
            load: Load::new(),
            cost: Cost::new(),
            latency: AtomicU64::new(0),
            counters: Counters::new(),
            cold: Cold::default(),
            warming: Warming::new(now),
            ejected_until: AtomicU32::new(0),
            first_seen: AtomicU32::new(rules.seconds(now)),
            last_seen: seconds,
            seat,
        }
    }

    /// Whether it may be asked. Takes nothing and changes nothing.
    ///
    /// # Errors
    /// What speaks against it.
    #[inline]
    pub(crate) fn may(&self, rules: &Rules, now: Tick) -> Result<(), Refused> {
        if self.is_clear() { Ok(()) } else { self.may_unless_clear(rules, now) }
    }

    #[cold]
    fn may_unless_clear(&self, rules: &Rules, now: Tick) -> Result<(), Refused> {
        self.in_favour(rules, now)?;
        self.breaker.check(&rules.breaker, now).map_err(open)
    }

    /// The same, whether it is banned or ejected or not: for those who have too few others.
    #[inline]
    pub(crate) fn may_despite(&self, rules: &Rules, now: Tick) -> Result<(), Refused> {
        self.breaker.check(&rules.breaker, now).map_err(open)
    }

    /// Whether it is banned or ejected.
    #[inline]
    pub(crate) fn is_out(&self, rules: &Rules, now: Tick) -> bool {
        self.is_penalised() && self.in_favour(rules, now).is_err()
    }

    /// Whether nothing speaks against it, which is how most stand and found by three words: no ban and no ejection, not even one
    /// that is over and was not lifted, and a closed breaker.
    #[inline]
    pub(crate) fn is_clear(&self) -> bool {
        !self.is_penalised() && self.breaker.is_closed()
    }

    /// Whether there is a ban or an ejection, though it may be over.
    #[inline]
    fn is_penalised(&self) -> bool {
        self.ban_word().is_marked() || self.ejected_until.load(Ordering::Relaxed) != 0
    }

    /// Begins a call: one is under way until the ticket is settled.
    ///
    /// # Errors
    /// What speaks against it.
    #[inline]
    pub(crate) fn admit(&self, rules: &Rules, now: Tick, changes: &mut Changes) -> Result<Ticket, Refused> {
        if self.is_penalised() {
            self.in_favour(rules, now)?;
            self.lift_if_due(rules, now, changes);
        }
        self.admit_despite(rules, now, changes)
    }

    /// The same, whether it is banned or ejected or not.
    #[inline]
    pub(crate) fn admit_despite(
        &self,
        rules: &Rules,
        now: Tick,
        changes: &mut Changes,
    ) -> Result<Ticket, Refused> {
        if let Some(ticket) = self.admit_clear(now) {
            return Ok(ticket);
        }
        let lease = self.breaker.admit(self.means(rules), now, changes).map_err(open)?;
        self.load.begin(now);
        Ok(Ticket { lease })
    }

    /// The same of one that [is clear](Self::is_clear), which changes nothing else; `None` if its breaker has to decide.
    #[inline]
    pub(crate) fn admit_clear(&self, now: Tick) -> Option<Ticket> {
        let lease = self.breaker.pass()?;
        self.load.begin(now);
        Some(Ticket { lease })
    }

    /// Whether it may be asked by somebody who takes no ticket along: nothing is under way then, and a probe that is leased with
    /// this stays out until the next judgement without a ticket, or until it expires.
    ///
    /// # Errors
    /// What speaks against it.
    pub(crate) fn ask(&self, rules: &Rules, now: Tick, changes: &mut Changes) -> Result<(), Refused> {
        self.in_favour(rules, now)?;
        self.lift_if_due(rules, now, changes);
        let lease = self.breaker.admit(self.means(rules), now, changes).map_err(open)?;
        self.breaker.lend(lease);
        self.load.touch(now);
        Ok(())
    }

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
        let judges = !matches!(deed.kind(), crate::deed::Kind::Call(Outcome::Ignored | Outcome::Cancelled));
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
        let is_call = !matches!(deed.kind(), crate::deed::Kind::Points(_));
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

    fn put_tier(&self, _: &mut Locked<'_>, to: Tier, changes: &mut Changes) {
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

    /// What speaks against it besides the breaker.
    #[inline]
    fn in_favour(&self, rules: &Rules, now: Tick) -> Result<(), Refused> {
        let ban = self.ban_word();
        if let Some(retry_after) = ban.left(now) {
            return Err(Refused { why: Why::Banned, retry_after });
        }
        match self.ejection_left(rules, now) {
            Some(left) => Err(Refused { why: Why::Ejected, retry_after: Some(left) }),
            None => Ok(()),
        }
    }

    /// It is back: what it cost is forgotten, and it warms up.
    pub(crate) fn recover(&self, now: Tick) {
        self.cost.forget();
        self.warming.begin(now);
    }

    /// What it costs to ask it, in nanoseconds: what a call takes, once for each that is under way and for this one. `None` while
    /// nothing is known. While some are under way it does not fade: that none of them has ended is no reason to send it more.
    #[inline]
    pub(crate) fn cost(&self, rules: &Rules, now: Tick) -> Option<f64> {
        match self.in_flight() {
            0 => self.cost.estimate(&rules.cost, now),
            under_way => Some(self.cost.lasting()? * (f64::from(under_way) + 1.0)),
        }
    }

    /// What a call takes, in nanoseconds, whoever else is under way. `None` while nothing is known.
    pub(crate) fn takes(&self, rules: &Rules, now: Tick) -> Option<f64> {
        self.cost.estimate(&rules.cost, now)
    }

    /// How much of its share it is to get, from 0.1 for one that is new or back to 1.
    #[inline]
    pub(crate) fn warmth(&self, rules: &Rules, now: Tick) -> f64 {
        rules.cost.warmth(self.warming.since(now), now)
    }

    /// When it was last asked, to 17 ms.
    #[inline]
    pub(crate) fn last_tried(&self) -> Option<Tick> {
        self.load.last_tried()
    }

    /// How many calls are under way.
    #[inline]
    pub(crate) fn in_flight(&self) -> u32 {
        self.load.in_flight()
    }

    /// Where its breaker stands. Open also when the open time is over and nobody has asked since.
    #[inline]
    pub(crate) fn state(&self) -> State {
        self.breaker.state()
    }

    /// Whether it is banned.
    #[inline]
    pub(crate) fn is_banned(&self, now: Tick) -> bool {
        self.ban_word().left(now).is_some()
    }

    /// What only few peers have.
    pub(crate) const fn cold(&self) -> &Cold {
        &self.cold
    }

    /// Its seat on the board.
    pub(crate) const fn seat(&self) -> &Seat {
        &self.seat
    }

    /// What is lost if it is forgotten at `now`: one made anew is neither banned nor left alone, and begins at the start.
    pub(crate) fn worth(&self, rules: &Rules, now: Tick) -> Worth {
        let penalised = self.is_out(rules, now) || self.remembers_bans(rules, now);
        let start = rules.scoring.score(rules.scoring.fresh(), 0).get();
        if penalised || self.score(rules, now).get() < start / 2.0 {
            return Worth::Penalty;
        }
        let past = self.cold.lock().past_if_any().copied();
        let breaker = self.breaker.worth(&rules.breaker, past, now);
        let plain = self.samples() == 0 && self.seat.state().load(Ordering::Relaxed) == rules.scoring.fresh();
        if plain { breaker } else { breaker.max(Worth::Memory) }
    }

    #[inline]
    fn means<'a>(&'a self, rules: &'a Rules) -> Means<'a> {
        Means { plan: &rules.breaker, seed: rules.seed_of(self.seat.number()), cold: &self.cold }
    }

    #[inline]
    fn ban_word(&self) -> ban::Word {
        ban::Word(self.ban.load(Ordering::Acquire))
    }
}

const fn open(retry_after: Option<Duration>) -> Refused {
    Refused { why: Why::Open, retry_after }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
