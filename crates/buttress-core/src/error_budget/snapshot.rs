//! How a budget stands.

use super::durations::Spread;
use super::rule::Counts;
use super::windows::{BAD, GOOD};
use super::{Change, ErrorBudget, Level, Pair};
use crate::sync::{Ordering, lock};
use crate::{Ratio, Tick};
use std::time::Duration;

/// How a budget stood at one instant: a plain value. All but the totals is about the window.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The share of calls that are to be good.
    pub objective: Ratio,
    /// The time it is about.
    pub window: Duration,
    /// How long a good call takes at most, where that matters.
    pub slower_than: Option<Duration>,
    /// All calls.
    pub total: u64,
    /// Those of them that were bad.
    pub bad: u64,
    /// How many of them may be.
    pub allowed: f64,
    /// How many more may be.
    pub allowed_left: f64,
    /// What is left of the budget; all of it without calls.
    pub remaining: Ratio,
    /// What is used up of it.
    pub consumed: Ratio,
    /// The share of calls that were good; `None` without calls.
    pub availability: Option<Ratio>,
    /// Whether no more calls were bad than may be, by the numbers alone: so as long as the availability is no less than the
    /// objective, and without calls.
    pub met: bool,
    /// How low it is: what is done goes by this. It takes a minimum of calls to become worse, and some more than a threshold
    /// left to become better.
    pub level: Level,
    /// Whether the level is low, or worse.
    pub low: bool,
    /// Whether the level is exhausted.
    pub exhausted: bool,
    /// How fast it burns, by each alert.
    pub burn: Vec<Burn>,
    /// How long calls took, where that matters; `None` without calls.
    pub percentiles: Option<Percentiles>,
    /// What was counted since it was made.
    pub totals: Totals,
}

/// How fast a budget burns, by one alert.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Burn {
    /// The alert.
    pub pair: Pair,
    /// The rate over the long time; `None` without calls.
    pub long_rate: Option<f64>,
    /// The rate over the short time; `None` without calls.
    pub short_rate: Option<f64>,
    /// Calls in the long time.
    pub long_volume: u64,
    /// Whether it fires.
    pub firing: bool,
}

/// How long calls took: no more than 1/32 from the truth from 16 microseconds on, half a microsecond below, and never more than
/// 136 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Percentiles {
    /// What half of the calls did not exceed.
    pub p50: Duration,
    /// What 95 % of them did not exceed.
    pub p95: Duration,
    /// What 99 % of them did not exceed.
    pub p99: Duration,
    /// What as large a share of them did not exceed as the objective asks for.
    pub of_objective: Duration,
}

/// What was counted since a budget was made. The numbers only ever grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Good calls.
    pub good: u64,
    /// Bad calls.
    pub bad: u64,
    /// Those of the bad calls that were good but for their duration.
    pub slow: u64,
    /// How often it became low.
    pub low: u64,
    /// How often it was exhausted.
    pub exhausted: u64,
    /// How often it recovered, from either.
    pub recovered: u64,
    /// How often an alert fired.
    pub burning: u64,
    /// How often an alert ended.
    pub cooled: u64,
}

impl Totals {
    pub(super) const fn count(&mut self, change: Change) {
        match change {
            Change::Low { .. } => self.low += 1,
            Change::Exhausted { .. } => self.exhausted += 1,
            Change::Recovered { .. } => self.recovered += 1,
            Change::Burning { .. } => self.burning += 1,
            Change::Cooled { .. } => self.cooled += 1,
        }
    }
}

impl ErrorBudget {
    /// How it stands at `now`: as after a [check](Self::check), and changes nothing.
    #[must_use]
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        let judged = *lock(&self.judged);
        let reading = self.marks.read(now);
        let counts = self.windows.budget(&reading);
        let burn = self.windows.alerts.iter().map(|alert| {
            let counts = alert.counts(&reading);
            let [long_rate, short_rate] = counts.map(|counts| self.rule.burn_rate(counts));
            let firing = alert.fires(counts, self.config.minimum_calls);
            Burn { pair: alert.pair, long_rate, short_rate, long_volume: counts[0].total(), firing }
        });
        let burn = burn.collect();
        drop(reading);
        let percentiles = |spread: &Spread| spread.percentiles(self.config.objective.get(), now);
        let level = self.rule.level(judged.level, counts);
        let Counts { bad, .. } = counts;
        let total = counts.total();
        let allowed = self.rule.allowed(total);
        Snapshot {
            objective: self.config.objective,
            window: self.config.window,
            slower_than: self.config.slower_than,
            total,
            bad,
            allowed,
            allowed_left: (allowed - bad as f64).max(0.0),
            remaining: self.rule.remaining(counts),
            consumed: self.rule.consumed(counts),
            availability: Ratio::of(counts.good, total),
            met: self.rule.is_met(counts),
            level,
            low: level != Level::Normal,
            exhausted: level == Level::Spent,
            burn,
            percentiles: self.spread.as_deref().and_then(percentiles),
            totals: self.totals_beside(judged.totals),
        }
    }

    /// What was counted since it was made.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals_beside(lock(&self.judged).totals)
    }

    fn totals_beside(&self, judged: Totals) -> Totals {
        let [good, bad] = [GOOD, BAD].map(|which| self.marks.total(which));
        Totals { good, bad, slow: self.slow.load(Ordering::Relaxed), ..judged }
    }
}
