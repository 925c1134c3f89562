//! The arithmetic, in whole numbers: shares of billionths, in which what people write in decimals is exact.

use super::{Config, Level, Pair};
use crate::Ratio;

/// One whole.
pub(super) const WHOLE: u64 = 1_000_000_000;

/// One whole, counted in shares of shares. Bad calls are at most all calls, so no bound above it is ever exceeded.
const SQUARE: u64 = WHOLE * WHOLE;

fn parts(share: Ratio) -> u64 {
    (share.get() * WHOLE as f64).round() as u64
}

/// Calls of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) good: u64,
    pub(super) bad: u64,
}

impl Counts {
    pub(super) const fn total(self) -> u64 {
        self.good.saturating_add(self.bad)
    }

    /// Whether more than a share of the calls was bad: `bound` of [`SQUARE`].
    #[inline]
    fn exceed(self, bound: u64) -> bool {
        u128::from(self.bad) * u128::from(SQUARE) > u128::from(bound) * u128::from(self.total())
    }

    /// Whether that share of the calls was bad, or more.
    fn reach(self, bound: u64) -> bool {
        let total = self.total();
        total > 0 && u128::from(self.bad) * u128::from(SQUARE) >= u128::from(bound) * u128::from(total)
    }
}

/// The share of bad calls that begins a level, and the one that keeps it.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    begins: u64,
    lasts: u64,
}

/// What the settings come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// The share of calls that may be bad.
    share: u64,
    low: Bounds,
    exhausted: Bounds,
    /// With fewer calls no level becomes worse.
    minimum_calls: u64,
}

impl Rule {
    pub(super) fn new(config: &Config) -> Self {
        let share = WHOLE - parts(config.objective);
        let hysteresis = parts(config.hysteresis);
        // What is used up when less than `threshold` is left.
        let used = |threshold: u64| WHOLE.saturating_sub(threshold) * share;
        let bounds = |threshold: Ratio| {
            let threshold = parts(threshold);
            Bounds { begins: used(threshold), lasts: used(threshold + hysteresis) }
        };
        Self {
            share,
            low: bounds(config.low),
            exhausted: bounds(config.exhausted),
            minimum_calls: config.minimum_calls.into(),
        }
    }

    /// The level that follows on `from`.
    pub(super) fn level(&self, from: Level, counts: Counts) -> Level {
        let holds = |bounds: Bounds, lasting: bool| {
            counts.exceed(bounds.begins) || (lasting && counts.exceed(bounds.lasts))
        };
        let level = if holds(self.exhausted, from == Level::Spent) {
            Level::Spent
        } else if holds(self.low, from != Level::Normal) {
            Level::Careful
        } else {
            Level::Normal
        };
        if self.knows_enough(counts) { level } else { level.min(from) }
    }

    #[inline]
    const fn knows_enough(&self, counts: Counts) -> bool {
        counts.total() >= self.minimum_calls
    }

    /// The share of bad calls that ends a level for a worse one.
    pub(super) const fn tripwire(&self, level: Level) -> u64 {
        match level {
            Level::Normal => self.low.begins,
            Level::Careful => self.exhausted.begins,
            Level::Spent => SQUARE,
        }
    }

    /// Whether these counts are beyond that, and calls enough to go by.
    #[inline]
    pub(super) fn trips(&self, tripwire: u64, counts: Counts) -> bool {
        self.knows_enough(counts) && counts.exceed(tripwire)
    }

    /// Whether no more calls were bad than may be.
    pub(super) fn is_met(&self, counts: Counts) -> bool {
        !counts.exceed(self.share * WHOLE)
    }

    /// How much of the budget is used up.
    pub(super) fn consumed(&self, counts: Counts) -> Ratio {
        let allowed = self.allowed(counts.total());
        match counts.bad {
            0 => Ratio::ZERO,
            bad if bad as f64 >= allowed => Ratio::ONE,
            bad => Ratio::new(bad as f64 / allowed).unwrap_or(Ratio::ONE),
        }
    }

    /// How much of the budget is left.
    pub(super) fn remaining(&self, counts: Counts) -> Ratio {
        Ratio::new(1.0 - self.consumed(counts).get()).unwrap_or(Ratio::ZERO)
    }

    /// Of so many calls, those that may be bad.
    pub(super) fn allowed(&self, total: u64) -> f64 {
        (u128::from(self.share) * u128::from(total)) as f64 / WHOLE as f64
    }

    /// How many times faster than it lasts the budget is used up. An objective of 1 allows nothing; its budget burns as one of
    /// a billionth, so that the rate is a number.
    pub(super) fn burn_rate(&self, counts: Counts) -> Option<f64> {
        let allowed = self.share.max(1) as f64 / WHOLE as f64;
        Ratio::of(counts.bad, counts.total()).map(|bad| bad.get() / allowed)
    }

    /// The share of bad calls that is a burn rate.
    pub(super) fn burning_from(&self, pair: &Pair) -> u64 {
        let bound = (pair.rate * WHOLE as f64).round() as u128 * u128::from(self.share.max(1));
        u64::try_from(bound).unwrap_or(u64::MAX).min(SQUARE + 1)
    }

    /// Whether so large a share of the calls was bad.
    pub(super) fn burns(from: u64, counts: Counts) -> bool {
        counts.reach(from)
    }
}
