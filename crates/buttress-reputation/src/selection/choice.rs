//! Whom to ask, as a function of how they stand, the time and a roll.
//!
//! Two are drawn and the better one is asked ("power of two choices": Mitzenmacher, "The Power of Two Choices in Randomized Load
//! Balancing", 2001), so that a choice costs as much among ten thousand as among ten. Better is a matter of degree here: one
//! that costs twice as much gets a fifth of what both get, one that costs as much gets half. Were the cheaper one always asked,
//! the dearest of a small set would get nothing at all, however little dearer it is.

use super::{Config, NoPeer};
use crate::Tick;
use crate::dice::Rolls;
use std::time::Duration;

/// How many are drawn to find two that may be asked. Two is enough where most may; where half may not, eight find two of them
/// but for one time in thirty.
pub(super) const DRAWS: usize = 8;

/// How many more are drawn where both of two cost as much as one that failed lately: where half of all do, a pair has none that
/// does not in one time of four, and four in one of sixteen.
const MORE: usize = 2;

/// How many are looked at when that did not find them, and so the largest set in which nobody is overlooked.
pub(super) const EXACT: usize = 64;

/// How many are looked at to find one that has not been asked for long.
const OVERDUE: usize = 8;

/// When one that may not be asked may be asked again, if that is known.
pub(super) type Refused = Option<Duration>;

/// One that can be drawn.
pub(super) trait Candidate {
    /// Whether it may be asked now, even though it is banned or ejected if `despite` is set. Takes nothing.
    fn may(&self, despite: bool, now: Tick) -> Result<(), Refused>;

    /// Whether nothing at all speaks against it, so that it may be asked by any rules. It can be `false` of one that may.
    fn is_clear(&self) -> bool;

    /// What it costs to ask it, by these prices, and how warm it is.
    fn standing(&self, prices: &Prices, now: Tick) -> Standing;

    /// When it was last asked, if ever.
    fn last_asked(&self) -> Option<Tick>;

    /// Whether it is banned or ejected.
    fn is_out(&self, now: Tick) -> bool;
}

/// What candidates of one selection cost by, beside what they take.
#[derive(Clone, Debug)]
pub(super) struct Prices {
    /// How many times as much one seems to cost, by its tier.
    pub(super) tiers: [f64; 5],
    /// What costs so much may have failed lately.
    pub(super) dear: f64,
}

/// What two candidates are compared by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// What it costs to ask it: finite, above zero; `None` as long as nothing is known.
    pub(super) cost: Option<f64>,
    /// How many calls there would be with this one.
    pub(super) calls: f64,
    /// How much of its share it is to get, from 0 to 1.
    pub(super) warmth: f64,
    /// Whether it costs as much as one that failed lately.
    pub(super) is_dear: bool,
}

impl Standing {
    /// The share of this one where `other` gets the rest.
    #[inline]
    pub(super) fn share_beside(self, other: Self) -> f64 {
        let ratio = match (self.cost, other.cost) {
            (Some(own), Some(others)) => own / others,
            // One of which nothing is known costs what the other one does, for each of its calls: those that it does not answer
            // are all there is to know it by.
            (None, Some(_)) => self.calls,
            (Some(_), None) => 1.0 / other.calls,
            (None, None) => self.calls / other.calls,
        };
        // Of squares, scaled so that nothing overflows.
        let by_cost = 1.0 / (ratio * ratio + 1.0);
        // Where the colder one is preferred, it is by as much less often as it is colder, and the other one gets that.
        if self.warmth < other.warmth {
            by_cost * (self.warmth / other.warmth)
        } else if self.warmth > other.warmth {
            1.0 - (1.0 - by_cost) * (other.warmth / self.warmth)
        } else {
            by_cost
        }
    }
}

/// One choice among some.
#[derive(Debug)]
pub(super) struct Choice<'a, C> {
    pub(super) candidates: &'a [C],
    pub(super) rules: &'a Config,
    pub(super) prices: &'a Prices,
    /// The place from which on bans and ejections do not count, as too many are banned or ejected.
    pub(super) honoured: usize,
    pub(super) now: Tick,
}

impl<C: Candidate> Choice<'_, C> {
    /// Chooses one of those that are `wanted` and has it admitted, which can fail where others come first; then it is the next.
    pub(super) fn make<A>(
        &self,
        roll: u64,
        wanted: impl Fn(&C) -> bool,
        mut admit: impl FnMut(&C, bool) -> Result<A, Refused>,
    ) -> Result<A, NoPeer> {
        let mut rolls = Rolls::of(roll);
        let count = self.candidates.len();
        if count == 0 {
            return Err(NoPeer { retry_after: None, empty: true });
        }
        let may = |at: usize| {
            let candidate = &self.candidates[at];
            wanted(candidate) && candidate.may(at >= self.honoured, self.now).is_ok()
        };
        let mut admit = |at: usize| admit(&self.candidates[at], at >= self.honoured);
        if rolls.share() < self.rules.explore_share.get()
            && let Some(overdue) = self.overdue(&mut rolls, may)
            && let Ok(admitted) = admit(overdue)
        {
            return Ok(admitted);
        }
        let pair = match self.drawn(&mut rolls, may) {
            (Some(one), None) if count > EXACT => (Some(one), None),
            (_, None) => self.sampled(&mut rolls, may),
            pair => pair,
        };
        for at in self.best(&mut rolls, pair, may).into_iter().flatten() {
            if let Ok(admitted) = admit(at) {
                return Ok(admitted);
            }
        }
        self.any(&mut rolls, wanted, admit)
    }

    /// Two different ones that may be asked, each as likely as any other; fewer if they are not found quickly.
    fn drawn(&self, rolls: &mut Rolls, may: impl Fn(usize) -> bool) -> (Option<usize>, Option<usize>) {
        let mut found = None;
        for _ in 0..DRAWS {
            let at = rolls.below(self.candidates.len());
            if found == Some(at) || !may(at) {
                continue;
            }
            match found {
                None => found = Some(at),
                found => return (found, Some(at)),
            }
        }
        (found, None)
    }

    /// The same out of all of a small set, and of a part of a large one.
    fn sampled(&self, rolls: &mut Rolls, may: impl Fn(usize) -> bool) -> (Option<usize>, Option<usize>) {
        let mut pair = (None, None);
        let allowed = self.window(rolls, EXACT).filter(|at| may(*at));
        // A reservoir of two (Vitter, "Random Sampling with a Reservoir", 1985).
        for (seen, at) in allowed.enumerate() {
            match seen {
                0 => pair.0 = Some(at),
                1 => pair.1 = Some(at),
                _ => match rolls.below(seen + 1) {
                    0 => pair.0 = Some(at),
                    1 => pair.1 = Some(at),
                    _ => {}
                },
            }
        }
        pair
    }

    /// The better one of a pair, and then the other; of some more where neither is good.
    fn best(
        &self,
        rolls: &mut Rolls,
        pair: (Option<usize>, Option<usize>),
        may: impl Fn(usize) -> bool,
    ) -> [Option<usize>; 2] {
        let (Some(one), Some(other)) = pair else { return [pair.0, pair.1] };
        let standing = |at: usize| self.candidates[at].standing(self.prices, self.now);
        let (mut best, mut second, mut stands) = (one, other, standing(one));
        for more in 0..=MORE {
            let at = match more {
                0 => other,
                _ if stands.is_dear => rolls.below(self.candidates.len()),
                _ => break,
            };
            if more > 0 && (at == best || at == second || !may(at)) {
                continue;
            }
            let challenges = standing(at);
            if rolls.share() < stands.share_beside(challenges) {
                second = at;
            } else {
                (best, second, stands) = (at, best, challenges);
            }
        }
        [Some(best), Some(second)]
    }

    /// Of a few, the one that has not been asked for the longest time, if that is long enough.
    fn overdue(&self, rolls: &mut Rolls, may: impl Fn(usize) -> bool) -> Option<usize> {
        let since = |at: usize| self.candidates[at].last_asked();
        let is_overdue =
            |at: &usize| since(*at).is_none_or(|asked| self.now.since(asked) >= self.rules.explore_every);
        self.window(rolls, OVERDUE).filter(is_overdue).filter(|at| may(*at)).min_by_key(|at| since(*at))
    }

    /// The first that admits, from anywhere on; else when one of them will.
    fn any<A>(
        &self,
        rolls: &mut Rolls,
        wanted: impl Fn(&C) -> bool,
        mut admit: impl FnMut(usize) -> Result<A, Refused>,
    ) -> Result<A, NoPeer> {
        let mut soonest: Option<Duration> = None;
        for at in self.window(rolls, EXACT).filter(|at| wanted(&self.candidates[*at])) {
            match admit(at) {
                Ok(admitted) => return Ok(admitted),
                Err(refused) => {
                    soonest = soonest.into_iter().chain(refused).min();
                }
            }
        }
        Err(NoPeer { retry_after: soonest, empty: false })
    }

    /// Whether anybody who is `wanted` would be admitted, as far as `make` looks: at some that are drawn, and then side by side.
    pub(super) fn would_admit(&self, roll: u64, wanted: impl Fn(&C) -> bool) -> bool {
        let (mut rolls, count) = (Rolls::of(roll), self.candidates.len());
        let would = |at: usize| {
            let candidate = &self.candidates[at];
            wanted(candidate) && candidate.may(at >= self.honoured, self.now).is_ok()
        };
        count > 0
            && ((0..DRAWS).any(|_| would(rolls.below(count))) || self.window(&mut rolls, EXACT).any(would))
    }

    /// So many places side by side from a random one on, or all there are.
    fn window(&self, rolls: &mut Rolls, most: usize) -> impl Iterator<Item = usize> + use<C> {
        let count = self.candidates.len();
        let start = rolls.below(count);
        (start..start + count.min(most)).map(move |at| if at < count { at } else { at - count })
    }
}
