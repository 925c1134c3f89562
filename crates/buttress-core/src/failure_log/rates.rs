//! How many of the calls failed.

use super::evidence::{Asked, Evidence, Traffic, between, total};
use super::statistics::counted;
use super::wall;
use super::{Category, Count};
use crate::Ratio;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// How many hours, and how many days, of rates there are at most: the newest.
const MOST: usize = 400;

/// Failures beside the calls they are among.
///
/// A call is counted once, when it ends. What was rejected before it was sent neither succeeded nor failed and is not among
/// them: an open breaker would make the peer behind it look better than it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rate {
    /// Calls that failed, or failed in the one way that is looked at.
    pub failures: u64,
    /// Calls that succeeded or failed; 0 where nobody knows, as only failures are recorded.
    pub calls: u64,
    /// Failures of the calls, in percent with four decimals; `None` without any, or where nobody knows how many there were.
    pub percent: Option<f64>,
}

impl Rate {
    /// So many failures among the calls of `of`: all of its failures, or those of one sort.
    fn new(failures: u64, of: Asked) -> Self {
        let calls = of.successes.saturating_add(of.failures);
        let failures = failures.min(calls);
        Self {
            failures,
            calls,
            percent: Ratio::of(failures, calls).map(|ratio| wall::rounded(ratio.get() * 100.0, 4)),
        }
    }

    /// So many failures, and nobody knows of how many calls.
    const fn of_unknown(failures: u64) -> Self {
        Self { failures, calls: 0, percent: None }
    }

    fn of_traffic(calls: Asked, is_counted: bool) -> Self {
        if is_counted { Self::new(calls.failures, calls) } else { Self::of_unknown(calls.failures) }
    }

    /// Failures of the calls; `None` where there is no [`percent`](Self::percent).
    #[must_use]
    pub fn ratio(&self) -> Option<Ratio> {
        Ratio::of(self.failures, self.calls)
    }

    /// The same with so many calls beside them that were rejected before they were sent. It looks the better the more of them
    /// an open breaker rejects, so it is no measure of what stands behind it.
    #[must_use]
    pub fn of_all(&self, rejected: u64) -> Option<Ratio> {
        self.ratio()?;
        Ratio::of(self.failures, self.calls.saturating_add(rejected))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(percent) = self.percent else {
            return f.write_str(if self.failures == 0 { "no calls" } else { "calls unknown" });
        };
        let (failures, calls) = (wall::number(self.failures), wall::number(self.calls));
        write!(f, "{percent:.1} % ({failures} of {calls} calls)")
    }
}

/// The rate of an operation.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OperationRate {
    /// The operation.
    pub operation: Arc<str>,
    /// The component it belongs to.
    pub component: Arc<str>,
    /// How many of its calls failed.
    pub rate: Rate,
}

/// The rate of a component.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ComponentRate {
    /// The component.
    pub component: Arc<str>,
    /// How many of its calls failed.
    pub rate: Rate,
}

/// The rate in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RateBucket {
    /// When the stretch begins.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub at: SystemTime,
    /// How many calls failed in it.
    pub rate: Rate,
}

/// How many of the calls failed: in all, by operation, by component, and over time.
///
/// Only components of which calls that succeed are counted as well have a rate: of those of which none ever was, it is not
/// known how many calls there were, so they are in no sum. Nor is what was recorded [aside](super::Failure::aside). Failures and
/// calls are counted over the same time.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rates {
    /// All operations together.
    pub overall: Rate,
    /// Each operation, the highest rate first.
    pub by_operation: Vec<OperationRate>,
    /// Each component, the highest rate first.
    pub by_component: Vec<ComponentRate>,
    /// How many of all calls failed in this way, the most first; in percent.
    pub by_category: Vec<CategoryRate>,
    /// By hour, oldest first; hours without a call are included, and have no rate.
    pub hourly: Vec<RateBucket>,
    /// By day.
    pub daily: Vec<RateBucket>,
}

/// The share of a category in all calls.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CategoryRate {
    /// The category.
    pub category: Category,
    /// Its failures, among all calls.
    pub rate: Rate,
}

impl Rates {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let sums: Vec<(&Traffic, Asked)> =
            evidence.traffic.iter().map(|traffic| (traffic, sum(&traffic.asked))).collect();
        let known = sums.iter().filter(|(traffic, _)| traffic.is_counted);
        let overall = known.fold(Asked::default(), |all, (_, calls)| plus(all, calls));
        let mut by_operation: Vec<_> = sums
            .iter()
            .map(|(traffic, calls)| OperationRate {
                operation: Arc::clone(&traffic.operation),
                component: Arc::clone(&traffic.component),
                rate: Rate::of_traffic(*calls, traffic.is_counted),
            })
            .collect();
        by_operation.sort_by(|one, other| worse_first(&one.rate, &other.rate));
        let mut components: BTreeMap<&Arc<str>, (Asked, bool)> = BTreeMap::new();
        for (traffic, calls) in &sums {
            let (sum, is_counted) = components.entry(&traffic.component).or_default();
            *sum = plus(*sum, calls);
            *is_counted |= traffic.is_counted;
        }
        let mut by_component: Vec<_> = components
            .into_iter()
            .map(|(component, (calls, is_counted))| ComponentRate {
                component: Arc::clone(component),
                rate: Rate::of_traffic(calls, is_counted),
            })
            .collect();
        by_component.sort_by(|one, other| worse_first(&one.rate, &other.rate));
        let by_category = of_calls(evidence)
            .into_iter()
            .map(|Count { of, failures }| CategoryRate { category: of, rate: Rate::new(failures, overall) });
        Self {
            overall: Rate::new(overall.failures, overall),
            by_operation,
            by_component,
            by_category: by_category.collect(),
            hourly: over_time(evidence, HOUR),
            daily: over_time(evidence, DAY),
        }
    }
}

/// The failures that are among the calls: those of components whose calls are counted, since they are.
fn of_calls(evidence: &Evidence) -> Vec<Count<Category>> {
    let is_counted = |component: &Arc<str>| {
        evidence.traffic.iter().any(|traffic| traffic.is_counted && traffic.component == *component)
    };
    // What is counted by the hour stands at its beginning.
    let since = evidence.since.max(evidence.counted_since - evidence.counted_since % HOUR);
    let faults = evidence.faults.iter().filter(|fault| !fault.aside && is_counted(&fault.component));
    let failed = faults.map(|fault| (fault.category, total(between(&fault.points, since, evidence.until))));
    counted(failed.filter(|(_, failures)| *failures > 0))
}

fn over_time(evidence: &Evidence, pitch: u64) -> Vec<RateBucket> {
    let end = evidence.until.div_ceil(pitch);
    let first = (evidence.since / pitch).max(end.saturating_sub(MOST as u64));
    let mut buckets = vec![Asked::default(); usize::try_from(end.saturating_sub(first)).unwrap_or(0)];
    for asked in
        evidence.traffic.iter().filter(|traffic| traffic.is_counted).flat_map(|traffic| &traffic.asked)
    {
        let Some(index) = (asked.at / pitch).checked_sub(first) else { continue };
        if let Some(bucket) = usize::try_from(index).ok().and_then(|index| buckets.get_mut(index)) {
            *bucket = plus(*bucket, asked);
        }
    }
    let rated = buckets.into_iter().zip(first..);
    rated
        .map(|(calls, index)| RateBucket {
            at: wall::from_millis(index * pitch),
            rate: Rate::new(calls.failures, calls),
        })
        .collect()
}

fn worse_first(one: &Rate, other: &Rate) -> std::cmp::Ordering {
    let percent = |rate: &Rate| rate.percent.unwrap_or(-1.0);
    percent(other).total_cmp(&percent(one)).then_with(|| other.failures.cmp(&one.failures))
}

fn sum(calls: &[Asked]) -> Asked {
    calls.iter().fold(Asked::default(), plus)
}

const fn plus(one: Asked, other: &Asked) -> Asked {
    Asked {
        at: one.at,
        successes: one.successes.saturating_add(other.successes),
        failures: one.failures.saturating_add(other.failures),
    }
}
