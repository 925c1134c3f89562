//! What it costs to ask a peer, as a choice between two sees it.
//!
//! A peak EWMA as Finagle has it: a call that took longer than expected is believed at once, one that was quicker only as far as
//! time has passed. What was measured fades with time, so that a peer which was slow once is asked again. A failure costs as
//! much as it is set to, however quick it was: else a peer that fails in a millisecond would be the best there is.

use crate::sync::{AtomicU64, Ordering};
use buttress_core::{InvalidConfig, Tick};
use std::time::Duration;

/// What failures cost, how long costs are remembered, and how a peer comes back. Always valid: made by [`CostRules::default`]
/// and its setters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostRules {
    failure_cost: Duration,
    decay: Duration,
    /// In nanoseconds, as a pick works it out for each of those it looks at.
    slow_start: u64,
    /// How many powers of two are lost in a unit of time, so that a pick need not work it out.
    powers: f32,
}

impl Default for CostRules {
    /// A failure costs as much as an answer after 5 s, which hardly any caller would have waited for; where some wait longer, it is
    /// to cost more. What was measured 2 s ago counts for a third: where answers take 10 ms, a failure is outlived after
    /// `ln(5 s ÷ 10 ms)` times as long, which is 12 s, and where they take 1 ms after 17 s. Were it 10 s, as is usual for latencies
    /// alone, that would be more than a minute. A peer that is new or back gets its whole share after 10 s.
    fn default() -> Self {
        let decay = Duration::from_secs(2);
        Self {
            failure_cost: Duration::from_secs(5),
            decay,
            slow_start: nanos(Duration::from_secs(10)),
            powers: powers(decay),
        }
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// How warm a peer is that has just come.
const COLD: f64 = 0.1;

impl CostRules {
    /// A failure, and a peer that says it is asked too much, costs at least as much as an answer after so long. Default 5 s.
    ///
    /// # Errors
    /// Less than a microsecond or more than an hour.
    pub fn failure_cost(self, cost: Duration) -> Result<Self, InvalidConfig> {
        within("failure_cost", cost, Duration::from_micros(1), "1us to 1h")?;
        Ok(Self { failure_cost: cost, ..self })
    }

    /// After so long a measurement counts for 37 %, one by *e*. Default 2 s. It does not fade to a choice while calls are under
    /// way to the peer, only as others end: one that does not answer would be the cheapest before anybody gives up.
    ///
    /// # Errors
    /// Less than 10 ms or more than an hour.
    pub fn decay(self, decay: Duration) -> Result<Self, InvalidConfig> {
        within("cost decay", decay, Duration::from_millis(10), "10ms to 1h")?;
        Ok(Self { decay, powers: powers(decay), ..self })
    }

    /// How long it takes a peer that is new or back to get its whole share, from a tenth of it on. Default 10 s; zero is at once.
    ///
    /// # Errors
    /// More than an hour.
    pub fn slow_start(self, time: Duration) -> Result<Self, InvalidConfig> {
        within("slow_start", time, Duration::ZERO, "up to 1h")?;
        Ok(Self { slow_start: nanos(time), ..self })
    }

    /// What a failure costs that took so long.
    #[inline]
    pub(crate) fn of_failure(&self, took: Option<Duration>) -> Duration {
        took.map_or(self.failure_cost, |took| took.max(self.failure_cost))
    }

    /// How much of its share a peer gets that came then, from 0.1 to 1.
    #[inline]
    pub(crate) fn warmth(&self, since: Tick, now: Tick) -> f64 {
        let warming = now.as_nanos().saturating_sub(since.as_nanos());
        if warming >= self.slow_start {
            return 1.0;
        }
        let share = warming as f64 / self.slow_start as f64;
        (1.0 - COLD) * share + COLD
    }
}

fn within(
    knob: &'static str,
    value: Duration,
    least: Duration,
    allowed: &'static str,
) -> Result<(), InvalidConfig> {
    if (least..=HOUR).contains(&value) {
        Ok(())
    } else {
        Err(InvalidConfig::new(knob, format_args!("{value:?}"), allowed))
    }
}

/// An estimate of nanoseconds and when it was made: `nanoseconds 32, as a float | time 32, in units of 65,536 ns`. Zero while
/// nothing is known.
///
/// The time begins anew every 78 hours; after an idle time of such a length to the second an old estimate is taken for a young
/// one, and fades then.
#[derive(Debug)]
pub(crate) struct Cost(AtomicU64);

const UNIT_BITS: u32 = 16;

/// Nothing is so quick that what else is under way did not matter: 10 µs.
const LEAST: f32 = 10_000.0;

impl Cost {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// A call took so long, or was as bad.
    #[inline]
    pub(crate) fn note(&self, sample: Duration, rules: &CostRules, now: Tick) {
        let sample = (nanos(sample) as f32).max(LEAST);
        let at = stamp(now);
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let next = match unpack(seen) {
                Some((old, then)) if sample < old => {
                    let weight = fade(at.wrapping_sub(then), rules);
                    // What is quicker counts as far as time has passed, so all of a unit's count as one.
                    if weight == 1.0 {
                        return;
                    }
                    sample + (old - sample) * weight
                }
                _ => sample,
            };
            let next = pack(next, at);
            if next == seen {
                return;
            }
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(changed) => seen = changed,
            }
        }
    }

    /// A call was given up after so long: it takes that much at least. At once, it says nothing.
    pub(crate) fn raise(&self, least: Duration, rules: &CostRules, now: Tick) {
        if !least.is_zero() && self.estimate(rules, now).is_none_or(|known| known < nanos(least) as f64) {
            self.note(least, rules, now);
        }
    }

    /// The estimate in nanoseconds, faded to `now`.
    #[inline]
    pub(crate) fn estimate(&self, rules: &CostRules, now: Tick) -> Option<f64> {
        let (old, then) = unpack(self.0.load(Ordering::Relaxed))?;
        let faded = old * fade(stamp(now).wrapping_sub(then), rules);
        Some(faded.max(LEAST).into())
    }

    /// The same as it was measured last, however long ago that was.
    #[inline]
    pub(crate) fn lasting(&self) -> Option<f64> {
        let (nanos, _) = unpack(self.0.load(Ordering::Relaxed))?;
        Some(nanos.into())
    }

    /// Nothing is known any more.
    pub(crate) fn forget(&self) {
        self.0.store(0, Ordering::Release);
    }
}

/// In nanoseconds, as many as a number holds.
#[inline]
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

const fn stamp(now: Tick) -> u32 {
    (now.as_nanos() >> UNIT_BITS) as u32
}

const fn pack(nanos: f32, at: u32) -> u64 {
    (nanos.to_bits() as u64) << 32 | at as u64
}

#[inline]
const fn unpack(word: u64) -> Option<(f32, u32)> {
    if word == 0 { None } else { Some((f32::from_bits((word >> 32) as u32), word as u32)) }
}

/// So many units back the time may go: 68 s. It is not taken for 78 hours that have passed.
const BACK: u32 = 1 << 20;

/// What is left after so many units.
#[inline]
fn fade(units: u32, rules: &CostRules) -> f32 {
    if units == 0 || units > u32::MAX - BACK {
        return 1.0;
    }
    power_of_half(units as f32 * rules.powers)
}

/// How many powers of two are lost in a unit of time, if one of *e* is in so much.
fn powers(decay: Duration) -> f32 {
    let unit = Duration::from_nanos(1 << UNIT_BITS);
    (std::f64::consts::LOG2_E * unit.as_secs_f64() / decay.as_secs_f64()) as f32
}

/// 2 to the power of `-x`, for `x` from zero on; to 0.001 %, and never more for a greater `x`. A pick asks
/// for it three times, and the library's takes as long as the rest of a look at a peer does.
#[inline]
fn power_of_half(x: f32) -> f32 {
    // Beyond, nothing is left that a number can hold.
    if x >= 126.0 {
        return 0.0;
    }
    let whole = x as u32;
    let part = x - whole as f32;
    // Through 1 at 0, as steep there as the power is (or many short times would not add up to a long one), through a half at 1,
    // and as near as a fourth power can be between them.
    let within = 1.0
        + part
            * (-std::f32::consts::LN_2 + part * (0.239_846_5 + part * (-0.053_776_4 + part * 0.007_077_1)));
    f32::from_bits((127 - whole) << 23) * within
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_a_power_of_a_half_and_never_grows() {
        let mut before = 1.0;
        for step in 0..200_000_u32 {
            let x = step as f32 * 0.001;
            let left = power_of_half(x);
            assert!(left <= before, "{x}: {left} after {before}");
            let exact = (-f64::from(x)).exp2();
            assert!(
                (f64::from(left) / exact - 1.0).abs() < 0.000_01 || x >= 126.0,
                "{x}: {left}, not {exact}"
            );
            before = left;
        }
        assert_eq!((power_of_half(0.0), power_of_half(1.0), power_of_half(f32::MAX)), (1.0, 0.5, 0.0));
    }
}
