//! What is to be expected of a peer, by what it did lately.

use super::decay::Decay;
use super::{Score, Scoring};
use crate::{Deed, Weights};
use buttress_core::InvalidConfig;
use std::time::Duration;

/// Units of an event, so that fading by small steps loses little to rounding.
const UNITS: f64 = 256.0;

/// The state in its word: all evidence, how much of it is bad, and when, each in the units above and in steps of time.
const EVIDENCE_BITS: u32 = 18;
const TIME_BITS: u32 = 64 - 2 * EVIDENCE_BITS;
const EVIDENCE_MASK: u64 = (1 << EVIDENCE_BITS) - 1;
const TIME_MASK: u32 = (1 << TIME_BITS) - 1;

/// The most events that fit.
const MOST_EVENTS: f64 = 1000.0;

/// Steps of a half life in which evidence fades, each by 4 %.
const STEPS: u64 = 16;

/// The share of deeds that are to be expected to succeed: what did, of the last so many events and with more weight on the new
/// ones, beside a prior that speaks for those that were not seen. As a percentage.
///
/// It is the mean of a beta distribution: `(good + prior · weight) / (good + bad + weight)`. It tells shares apart, however many
/// deeds there are, and comes near to 0 and 100 without getting there. Evidence fades by half in each half life, so a peer of
/// which nothing is heard returns to the prior.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bayesian {
    weights: Weights,
    prior: f64,
    /// Of the prior, in units.
    weight: f64,
    /// In units.
    memory: u32,
    half_life: Duration,
    decay: Decay,
    /// In seconds.
    step: u32,
}

/// What is known of a peer. What is not bad is good.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Evidence {
    all: u32,
    bad: u32,
    step: u32,
}

impl Default for Bayesian {
    /// Half of the deeds of an unknown peer succeed, which weighs as much as 10 events; evidence fades by half in 10 minutes, and
    /// of one time no more than the last 500 events count. [`Weights::EVEN`]: shares are what this is about.
    fn default() -> Self {
        let fading = Self {
            weights: Weights::EVEN,
            prior: 0.5,
            weight: 10.0 * UNITS,
            memory: (500.0 * UNITS) as u32,
            half_life: Duration::ZERO,
            decay: Decay::hourly(1.0),
            step: 1,
        };
        fading.half_life(Duration::from_secs(600)).expect("ten minutes are allowed")
    }
}

impl Bayesian {
    /// How many events a deed counts as, of those that succeed if above zero and of those that fail if below.
    ///
    /// # Errors
    /// A weight is no number, more than 100, or of the wrong sign.
    pub fn weights(self, weights: Weights) -> Result<Self, InvalidConfig> {
        weights.check()?;
        Ok(Self { weights, ..self })
    }

    /// What is to be expected of a peer of which nothing is known, as a score, and how many events that weighs as much as.
    /// Default 50, by 10 events.
    ///
    /// # Errors
    /// A score that is not above 0 and below 100, or a weight that is not from 1 to 1000 events.
    pub fn prior(self, score: f64, events: f64) -> Result<Self, InvalidConfig> {
        if !(score > 0.0 && score < 100.0) {
            return Err(InvalidConfig::new("prior", score, "above 0 and below 100"));
        }
        if !(1.0..=MOST_EVENTS).contains(&events) {
            return Err(InvalidConfig::new("prior events", events, "1 to 1000 events"));
        }
        Ok(Self { prior: score / 100.0, weight: events * UNITS, ..self })
    }

    /// Time in which evidence fades by half, in sixteen steps of whole seconds. Default 10 minutes.
    ///
    /// # Errors
    /// Less than a second or more than a year.
    pub fn half_life(self, time: Duration) -> Result<Self, InvalidConfig> {
        let allowed = Duration::from_secs(1)..=Duration::from_secs(366 * 24 * 3600);
        if !allowed.contains(&time) {
            return Err(InvalidConfig::new("half_life", format_args!("{time:?}"), "1 s to 366 days"));
        }
        let step = u32::try_from((time.as_secs() / STEPS).max(1)).expect("a part of a year");
        Ok(Self { half_life: time, decay: Decay::halving_in(time), step, ..self })
    }

    /// The last so many events count. Default 500: that many are enough to tell 99 % from 97 %, and a peer that fails from now on
    /// is below half after 350.
    ///
    /// # Errors
    /// Not from 1 to 1000 events.
    pub fn memory(self, events: f64) -> Result<Self, InvalidConfig> {
        if (1.0..=MOST_EVENTS).contains(&events) {
            Ok(Self { memory: (events * UNITS) as u32, ..self })
        } else {
            Err(InvalidConfig::new("memory", events, "1 to 1000 events"))
        }
    }

    /// What is left of the evidence at that time.
    #[inline]
    fn faded(&self, state: u64, at: u32) -> Evidence {
        let then = Evidence::of(state, self.memory);
        let step = (at / self.step) & TIME_MASK;
        let (steps, back) =
            (step.wrapping_sub(then.step) & TIME_MASK, then.step.wrapping_sub(step) & TIME_MASK);
        if steps == 0 {
            return then;
        }
        if back <= TIME_MASK / 2 {
            // A clock that went back, by a little as another thread read it earlier, or by so much that time begins again.
            let since = if u64::from(back) <= STEPS { then.step } else { step };
            return Evidence { step: since, ..then };
        }
        let left = self.decay.left(steps.saturating_mul(self.step));
        // Both rounded the same way, so that peers with as much evidence keep as much, and the bad is never more than all.
        let fade = |units: u32| (f64::from(units) * left + 0.5) as u32;
        Evidence { all: fade(then.all), bad: fade(then.bad), step }
    }

    /// By how much more than fading alone a score can rise: fading goes straight to the prior, and what is rounded is half a unit of
    /// what is good and half a unit of what is bad, with a margin.
    fn rounding(&self) -> f64 {
        1.5 / self.weight
    }

    fn expected(&self, evidence: Evidence) -> f64 {
        let good = f64::from(evidence.all - evidence.bad);
        (good + self.prior * self.weight) / (f64::from(evidence.all) + self.weight)
    }
}

impl Evidence {
    /// A word from elsewhere may say more than is remembered, or more that is bad than there is.
    #[inline]
    fn of(state: u64, memory: u32) -> Self {
        let all = (state >> (EVIDENCE_BITS + TIME_BITS)) as u32;
        let bad = ((state >> TIME_BITS) & EVIDENCE_MASK) as u32;
        let known = Self { all, bad: bad.min(all), step: state as u32 & TIME_MASK };
        if all <= memory { known } else { known.with(0, true, memory) }
    }

    const fn pack(self) -> u64 {
        (self.all as u64) << (EVIDENCE_BITS + TIME_BITS) | (self.bad as u64) << TIME_BITS | self.step as u64
    }

    /// With so much more that is good or bad, and no more than `memory` in all: what exceeds it goes from both, as it was.
    fn with(self, units: u32, good: bool, memory: u32) -> Self {
        let (all, bad) = (self.all + units, if good { self.bad } else { self.bad + units });
        if all <= memory {
            return Self { all, bad, ..self };
        }
        // Rounded so that the deed is not undone: a success leaves no more bad than there was, a failure no more good.
        let kept = u64::from(bad) * u64::from(memory);
        let bad = match good {
            _ if kept == 0 => 0,
            true => kept / u64::from(all),
            false => kept.div_ceil(all.into()),
        };
        Self { all: memory, bad: u32::try_from(bad).expect("a part of all"), ..self }
    }
}

impl Scoring for Bayesian {
    fn fresh(&self) -> u64 {
        0
    }

    fn judged(&self, state: u64, deed: &Deed, at: u32) -> u64 {
        self.judged_with_score(state, deed, at).0
    }

    fn judged_with_score(&self, state: u64, deed: &Deed, at: u32) -> (u64, Score) {
        let events = self.weights.of(deed);
        let units = (events.abs() * UNITS) as u32;
        let faded = self.faded(state, at);
        let evidence = if units == 0 { faded } else { faded.with(units, events > 0.0, self.memory) };
        (evidence.pack(), Score::new(100.0 * self.expected(evidence)))
    }

    fn score(&self, state: u64, at: u32) -> Score {
        Score::new(100.0 * self.expected(self.faded(state, at)))
    }

    fn at_most(&self, state: u64) -> Score {
        let now = self.expected(Evidence::of(state, self.memory));
        Score::new(100.0 * (now.max(self.prior) + self.rounding()))
    }

    fn hopeful(&self, states: &[u64], floor: Score) -> u64 {
        // A hair less, as it is a product here and a quotient there.
        let floor = floor.get() / 100.0 - self.rounding() - 1e-12;
        if self.prior > floor {
            return u64::MAX;
        }
        let bits = states.iter().take(64).enumerate();
        bits.fold(0, |hopeful, (at, state)| {
            let Evidence { all, bad, .. } = Evidence::of(*state, self.memory);
            let good = f64::from(all - bad) + self.prior * self.weight;
            hopeful | u64::from(good > floor * (f64::from(all) + self.weight)) << at
        })
    }

    fn set(&self, score: Score, at: u32) -> u64 {
        let share = score.get() / 100.0;
        // As little evidence as does it, all of it good or all of it bad.
        let (units, good) = if share >= self.prior {
            ((share - self.prior) * self.weight / (1.0 - share), true)
        } else {
            ((self.prior / share - 1.0) * self.weight, false)
        };
        let units = units.min(self.memory.into()).round() as u32;
        let none = Evidence { all: 0, bad: 0, step: (at / self.step) & TIME_MASK };
        none.with(units, good, self.memory).pack()
    }

    fn confidence(&self, state: u64, _samples: u64) -> f64 {
        let all = f64::from(Evidence::of(state, self.memory).all);
        all / (all + self.weight)
    }
}
