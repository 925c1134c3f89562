//! Points for what succeeded, points off for what failed, and a slow return to the start.

use super::decay::Decay;
use super::{Score, Scoring, bits, keep};
use crate::{Deed, Weights};
use buttress_core::InvalidConfig;

/// Units of a point, so that a score is a whole number: 100 points take 32 bits.
const UNITS: f64 = (1_u32 << 25) as f64;

/// Samples at which a score is trusted by half.
const HALF_TRUSTED: f64 = 10.0;

/// Points for what succeeded and points off for what failed, from 0 to 100, and with time back to the start.
///
/// After `t` hours without deeds it is `start + (score − start) · 0.99^t`: nothing is forgiven at once, nothing held against a
/// peer for ever. It depends on the number of deeds, not on their share that succeeded: with the default weights a peer rises as
/// long as more than two of three calls succeed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Additive {
    weights: Weights,
    start: u32,
    hourly_decay: f64,
    decay: Decay,
}

impl Default for Additive {
    /// A start of 50, [`Weights::default`], and 0.99 of the distance from the start left after each hour: half of it after not
    /// quite three days, a hundredth after 19.
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            start: units(Score::START),
            hourly_decay: 0.99,
            decay: Decay::hourly(0.99),
        }
    }
}

impl Additive {
    /// What deeds are worth.
    ///
    /// # Errors
    /// A weight is no number, more than 100, or of the wrong sign.
    pub fn weights(self, weights: Weights) -> Result<Self, InvalidConfig> {
        weights.check()?;
        Ok(Self { weights, ..self })
    }

    /// The score of a peer of which nothing is known, and to which all others return. Default 50.
    ///
    /// # Errors
    /// Not above 0, with which a peer would be banned before it did anything, or not below 100.
    pub fn start(self, start: f64) -> Result<Self, InvalidConfig> {
        if start > 0.0 && start < 100.0 {
            Ok(Self { start: units(Score::new(start)), ..self })
        } else {
            Err(InvalidConfig::new("start", start, "above 0 and below 100"))
        }
    }

    /// What is left of the distance from the start after an hour. Default 0.99; with 1 nothing is ever forgotten.
    ///
    /// # Errors
    /// Not above 0, or above 1.
    pub fn hourly_decay(self, left: f64) -> Result<Self, InvalidConfig> {
        if left > 0.0 && left <= 1.0 {
            Ok(Self { hourly_decay: left, decay: Decay::hourly(left), ..self })
        } else {
            Err(InvalidConfig::new("hourly_decay", left, "above 0 and at most 1"))
        }
    }

    /// The score in units at that time.
    #[inline]
    fn decayed(&self, state: u64, at: u32) -> u32 {
        let (score, since) = unpack(state);
        let left = self.decay.left(at.saturating_sub(since));
        if left >= 1.0 {
            return score;
        }
        let start = f64::from(self.start);
        // Each step keeps the order of two scores, so the whole does. Cutting off after a half more is to round, and no call.
        (start + (f64::from(score) - start) * left + 0.5) as u32
    }
}

impl Scoring for Additive {
    fn fresh(&self) -> u64 {
        pack(self.start, 0)
    }

    fn judged(&self, state: u64, deed: &Deed, at: u32) -> u64 {
        self.judged_with_score(state, deed, at).0
    }

    fn judged_with_score(&self, state: u64, deed: &Deed, at: u32) -> (u64, Score) {
        let points = (self.weights.of(deed) * UNITS) as i64;
        let score = (i64::from(self.decayed(state, at)) + points).clamp(0, units(Score::MAX).into());
        let (_, since) = unpack(state);
        let score = u32::try_from(score).expect("no more than the most");
        // A clock that went back does not make time pass twice.
        (pack(score, since.max(at)), shown(score))
    }

    fn score(&self, state: u64, at: u32) -> Score {
        shown(self.decayed(state, at))
    }

    fn hopeful(&self, states: &[u64], at: u32, floor: Score) -> u64 {
        let (start, floor) = (f64::from(self.start), floor.get() * UNITS);
        // How far it may be from the start, with what rounding adds and a hair.
        let least = floor - start - 0.6;
        let of = |state| {
            let (score, since) = unpack(state);
            (f64::from(score) - start, at.saturating_sub(since))
        };
        if floor < start {
            // Those below the start rise to it, by no more than a straight line from here.
            return bits(states, |state| {
                let (distance, age) = of(state);
                distance * self.decay.left_at_least(age) > least
            });
        }
        // Whole words are in the order of their scores, so most are told by one comparison.
        let above = pack(floor as u32, u32::MAX);
        let least = least.max(0.0);
        keep(states, bits(states, |state| state > above), |state| {
            let (distance, age) = of(state);
            distance > least * self.decay.shrunk_at_least(age)
        })
    }

    fn set(&self, score: Score, at: u32) -> u64 {
        pack(units(score), at)
    }

    fn confidence(&self, _state: u64, samples: u64) -> f64 {
        let samples = samples as f64;
        samples / (samples + HALF_TRUSTED)
    }
}

fn units(score: Score) -> u32 {
    (score.get() * UNITS).round() as u32
}

fn shown(units: u32) -> Score {
    Score::new(f64::from(units) / UNITS)
}

const fn pack(score: u32, since: u32) -> u64 {
    (score as u64) << 32 | since as u64
}

const fn unpack(state: u64) -> (u32, u32) {
    ((state >> 32) as u32, state as u32)
}
