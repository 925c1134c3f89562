//! How good a peer is, from 0 to 100, and the ways to come to a score.

mod additive;
mod bayesian;
mod decay;
#[cfg(all(test, not(buttress_loom)))]
mod tests;

pub use additive::Additive;
pub use bayesian::Bayesian;

use crate::Deed;
use std::fmt;

/// How good a peer is: 0 is the worst there is, 100 the best, 50 what nobody knows anything about. Always a number in there.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Score(f64);

impl Score {
    /// The worst: what bans.
    pub const MIN: Self = Self(0.0);
    /// The score of a peer of which nothing is known.
    pub const START: Self = Self(50.0);
    /// The best.
    pub const MAX: Self = Self(100.0);

    /// The score nearest to `value`; [`Score::START`] if it is no number.
    #[must_use]
    pub const fn new(value: f64) -> Self {
        if value.is_nan() {
            return Self::START;
        }
        // Zero can have a sign, which a score is not to have.
        Self(value.clamp(Self::MIN.0, Self::MAX.0) + 0.0)
    }

    /// The score as a number in `0.0..=100.0`.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// As far from [`Score::START`] as there is reason to trust it: with no `confidence` the start, with 1 the score itself. So
    /// one good deed of one does not outrank 99 of 100.
    #[must_use]
    pub fn trusted(self, confidence: f64) -> Self {
        let start = Self::START.0;
        Self::new(start + (self.0 - start) * confidence.clamp(0.0, 1.0))
    }
}

impl Eq for Score {}

#[expect(
    clippy::derive_ord_xor_partial_ord,
    reason = "the partial order is total, as a score is always a number"
)]
impl Ord for Score {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for Score {
    /// With one decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

/// A bit for each of at most 64 states, the lowest for the first.
#[inline]
fn bits(states: &[u64], mut is: impl FnMut(u64) -> bool) -> u64 {
    let states = states.iter().take(64).enumerate();
    states.fold(0, |bits, (at, state)| bits | u64::from(is(*state)) << at)
}

/// Those of `bits` whose states are as they are to be.
#[inline]
fn keep(states: &[u64], bits: u64, is: impl Fn(u64) -> bool) -> u64 {
    let places = ones(bits).take_while(|place| *place < states.len());
    places.filter(|place| is(states[*place])).fold(0, |kept, place| kept | 1 << place)
}

/// The places of the bits that are set.
#[inline]
pub(crate) fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        place
    })
}

/// A way to come to a score. All that it knows of a peer is one word of 64 bits, and the time is in whole seconds
/// since the ledger began.
///
/// A failure never raises a score, a success never lowers one. Time may stand still, repeat or go back, which is as if it stood
/// still.
pub trait Scoring: Send + Sync + fmt::Debug + 'static {
    /// The state of a peer of which nothing is known.
    fn fresh(&self) -> u64;

    /// The state after `deed`.
    fn judged(&self, state: u64, deed: &Deed, at: u32) -> u64;

    /// The same with the score that it has then: what [`judged`](Self::judged) and [`score`](Self::score) say one after the other,
    /// for those that can say it in one go.
    fn judged_with_score(&self, state: u64, deed: &Deed, at: u32) -> (u64, Score) {
        let state = self.judged(state, deed, at);
        (state, self.score(state, at))
    }

    /// The score at that time.
    fn score(&self, state: u64, at: u32) -> Score;

    /// Of these states, at most 64, those whose scores can be above `floor` at that time: a bit for each, the lowest for the first.
    ///
    /// By this the best of many peers are found. Whatever answers it quicker than by working out each score, as the two ways here
    /// do, may name some too many, and none too few.
    fn hopeful(&self, states: &[u64], at: u32, floor: Score) -> u64 {
        bits(states, |state| self.score(state, at) > floor)
    }

    /// A state that has this score at that time, as nearly as it can: what a pardon, a probation and a file say.
    fn set(&self, score: Score, at: u32) -> u64;

    /// How far a score from so many `samples` can be trusted, from 0 to 1.
    fn confidence(&self, state: u64, samples: u64) -> f64;
}
