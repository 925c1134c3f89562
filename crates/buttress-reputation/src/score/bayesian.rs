//! What is to be expected of a peer, by what it did lately.

use super::decay::Decay;
use super::{Score, Scoring, bits, keep};
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
        if step == then.step {
            return then;
        }
        let Some(steps) = age(then.step, step) else {
            // By a little as another thread read the clock earlier, or by so much that time begins again.
            let back = then.step.wrapping_sub(step) & TIME_MASK;
            let since = if u64::from(back) <= STEPS { then.step } else { step };
            return Evidence { step: since, ..then };
        };
        let left = self.decay.left(steps.saturating_mul(self.step));
        // Both rounded the same way, so that peers with as much evidence keep as much, and the bad is never more than all.
        let fade = |units: u32| (f64::from(units) * left + 0.5) as u32;
        Evidence { all: fade(then.all), bad: fade(then.bad), step }
    }

    fn expected(&self, evidence: Evidence) -> f64 {
        let good = f64::from(evidence.all - evidence.bad);
        (good + self.prior * self.weight) / (f64::from(evidence.all) + self.weight)
    }
}

/// All evidence in a word, and what of it is bad: signed, as such are made floating-point numbers many at once.
#[inline]
const fn halves(state: u64) -> (i32, i32) {
    ((state >> (EVIDENCE_BITS + TIME_BITS)) as i32, ((state >> TIME_BITS) & EVIDENCE_MASK) as i32)
}

/// The steps from `then` to `now`, which go around; `None` if the clock went back.
#[inline]
fn age(then: u32, now: u32) -> Option<u32> {
    let steps = now.wrapping_sub(then) & TIME_MASK;
    (steps <= TIME_MASK / 2).then_some(steps)
}

impl Evidence {
    /// A word from elsewhere may say more than is remembered, or more that is bad than there is.
    #[inline]
    fn of(state: u64, memory: u32) -> Self {
        let (all, bad) = halves(state);
        let known = Self { all: all as u32, bad: bad.min(all) as u32, step: state as u32 & TIME_MASK };
        if known.all <= memory { known } else { known.with(0, true, memory) }
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

    fn hopeful(&self, states: &[u64], at: u32, floor: Score) -> u64 {
        let share = floor.get() / 100.0;
        // What must be left of the good, beyond its share of all that is left: what the prior lacks. Rounding adds a unit at most.
        let least = (share - self.prior) * self.weight - 1.01;
        let now = (at / self.step) & TIME_MASK;
        let unknown_is = self.score(self.fresh(), at) > floor;
        let is_hopeful = |state| {
            let then = Evidence::of(state, self.memory);
            let age = age(then.step, now).unwrap_or(0).saturating_mul(self.step);
            let shrunk = self.decay.shrunk_at_least(age);
            let all = f64::from(then.all);
            let excess = f64::from(then.all - then.bad) - share * all;
            if all + all < shrunk {
                // All of it is gone.
                unknown_is
            } else if least > 0.0 {
                excess > least * shrunk
            } else {
                excess * self.decay.left_at_least(age) > least
            }
        };
        // Of most it is told by less than that.
        let perhaps = if least > 0.0 {
            bits(states, |state| {
                let (all, bad) = halves(state);
                f64::from(all - bad) - share * f64::from(all) > least - 1.0
            })
        } else {
            u64::MAX
        };
        keep(states, perhaps, is_hopeful)
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
