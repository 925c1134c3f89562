//! The state of one peer: whether it may be asked, what it is worth and what it costs, changed by one judgement in one go.
//!
//! Asking and judging take no lock and allocate nothing: a few words, each changed by itself. What changes seldom (a ban and its
//! reason, a breaker that opens, another tier) is made under a lock of the peer's own, so that it is made and told once, and its
//! number says which came first.

mod asking;
mod changes;
mod cold;
mod counts;
mod judging;
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

pub(crate) use asking::Ticket;
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

use crate::ban;
use crate::board::Seat;
use crate::breaker::{Breaker, Means, State};
use crate::cost::Cost;
use crate::sync::{AtomicU32, AtomicU64, Ordering};
use buttress_core::Tick;
use buttress_core::keyed::Worth;
use counts::Counters;
use load::Load;
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

#[cfg(all(test, not(buttress_loom)))]
mod tests;
