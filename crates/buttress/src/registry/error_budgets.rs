//! How an error budget stands.

#[cfg(feature = "serde")]
use super::serialize;
use crate::Ratio;
use crate::error_budget::{
    BudgetSnapshot, BudgetTotals, Burn, Handle, Level, ObjectiveSnapshot, Percentiles, Totals,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// How the budgets of one name stand: one objective or several that are judged by the same calls.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ErrorBudgetStatus {
    /// How low they are, of several the lowest: `normal`, `careful` or `spent`.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub level: Level,
    /// Whether every objective is met.
    pub met: bool,
    /// The objectives by name: the name of the budget, and of several their own behind that.
    pub objectives: BTreeMap<&'static str, ObjectiveStatus>,
    /// Calls that not every objective counts, since it was made.
    pub totals: Totals,
    /// How it stands with the file it is kept in; `None` if it is not.
    #[cfg(feature = "persist")]
    pub saves: Option<crate::error_budget::persist::Saves>,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

/// How one objective stands. Everything is about its window, up to now, unless it says otherwise.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectiveStatus {
    /// The share of calls that are to be good.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::share"))]
    pub objective: Ratio,
    /// How far it looks back.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub window: Duration,
    /// How long a good call may take; `None` if that does not matter.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub slower_than: Option<Duration>,
    /// All calls.
    pub total: u64,
    /// Those of them that were bad.
    pub bad: u64,
    /// How many may be, of so many.
    pub allowed: f64,
    /// How many more may be, of so many.
    pub allowed_left: f64,
    /// What is left of the budget, in 0 to 1.
    pub remaining: f64,
    /// What is used up of it, in 0 to 1.
    pub consumed: f64,
    /// The share of calls that were good; `None` without calls.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::ratio"))]
    pub availability: Option<Ratio>,
    /// Whether more were bad than may be.
    pub exhausted: bool,
    /// Whether less is left than its low threshold.
    pub low: bool,
    /// How fast it burns, by each pair of times there is an alert for.
    pub burn: Vec<BurnStatus>,
    /// How long calls took; `None` unless it matters, and without calls.
    pub percentiles: Option<PercentileStatus>,
    /// How often it was exhausted since it was made.
    pub times_exhausted: u64,
    /// What was counted since it was made, which no window forgets.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) lifetime: BudgetTotals,
}

/// How fast a budget burns, by the calls of a long and of a short time. A rate of 1 uses it up in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BurnStatus {
    /// The long time.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub long: Duration,
    /// The short one.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub short: Duration,
    /// The rate from which on it is an alert, in both.
    pub threshold: f64,
    /// The rate over the long time; `None` without calls.
    pub long_rate: Option<f64>,
    /// The rate over the short one; `None` without calls.
    pub short_rate: Option<f64>,
    /// Calls in the long time.
    pub volume: u64,
    /// Whether it is an alert.
    pub firing: bool,
}

/// How long calls took.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PercentileStatus {
    /// What half of them did not exceed.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub p50: Duration,
    /// What 95 % of them did not exceed.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub p95: Duration,
    /// What 99 % of them did not exceed.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub p99: Duration,
}

impl ErrorBudgetStatus {
    pub(crate) fn new(budget: &Handle) -> Self {
        let snapshot = budget.snapshot();
        let objective = |of: &ObjectiveSnapshot| (of.name, ObjectiveStatus::new(&of.budget));
        Self {
            level: snapshot.level,
            met: snapshot.all_met(),
            objectives: snapshot.objectives.iter().map(objective).collect(),
            totals: snapshot.totals,
            #[cfg(feature = "persist")]
            saves: budget.saves(),
            seed: budget.seed(),
        }
    }
}

impl ObjectiveStatus {
    fn new(budget: &BudgetSnapshot) -> Self {
        Self {
            objective: budget.objective,
            window: budget.window,
            slower_than: budget.slower_than,
            total: budget.total,
            bad: budget.bad,
            allowed: budget.allowed,
            allowed_left: budget.allowed_left,
            remaining: budget.remaining.get(),
            consumed: budget.consumed.get(),
            availability: budget.availability,
            exhausted: budget.exhausted,
            low: budget.low,
            burn: budget.burn.iter().map(BurnStatus::new).collect(),
            percentiles: budget.percentiles.map(PercentileStatus::new),
            times_exhausted: budget.totals.exhausted,
            lifetime: budget.totals,
        }
    }
}

impl BurnStatus {
    const fn new(burn: &Burn) -> Self {
        let pair = burn.pair;
        Self {
            long: pair.long,
            short: pair.short,
            threshold: pair.rate,
            long_rate: burn.long_rate,
            short_rate: burn.short_rate,
            volume: burn.long_volume,
            firing: burn.firing,
        }
    }
}

impl PercentileStatus {
    const fn new(percentiles: Percentiles) -> Self {
        let Percentiles { p50, p95, p99, .. } = percentiles;
        Self { p50, p95, p99 }
    }
}
