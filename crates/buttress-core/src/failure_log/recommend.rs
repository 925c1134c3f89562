//! What to do about it.

use super::evidence::{Evidence, Fault};
use super::unit::place;
use super::{Category, Correlation, Periodic, Rates, Regression, Statistics, wall};
use super::{Change, Priority, Recommendation};
use crate::FailureKind;
use std::time::Duration;

/// How many recommendations are given: a longer list is not read.
const MOST: usize = 10;
/// How many failures of a kind make a recommendation.
const FEWEST: u64 = 3;
/// And which share of all of them.
const SHARE: f64 = 0.02;
/// With which share of its calls failing a peer is in trouble.
const TROUBLE: f64 = 10.0;

/// What has been found.
pub(super) struct Findings<'a> {
    pub(super) statistics: &'a Statistics,
    pub(super) rates: &'a Rates,
    pub(super) periodic: &'a [Periodic],
    pub(super) correlations: &'a [Correlation],
    pub(super) regressions: &'a [Regression],
}

/// What to do, the most urgent first.
pub(super) fn recommendations(evidence: &Evidence, found: &Findings<'_>) -> Vec<Recommendation> {
    let mut all = Vec::new();
    all.extend(found.regressions.iter().map(regressed));
    all.extend(worst_component(found));
    all.extend(worst_operation(found));
    for (category, advise) in [
        (Category::Network, network as fn(&Part<'_>) -> Recommendation),
        (Category::Storage, storage),
        (Category::Transaction, transaction),
        (Category::Authentication, authentication),
        (Category::Validation, validation),
    ] {
        all.extend(part_of(evidence, found, category).map(|part| advise(&part)));
    }
    all.extend(timeouts(evidence));
    all.extend(retries(evidence));
    all.extend(throttled(evidence, found));
    all.extend(found.correlations.first().map(correlated));
    all.extend(found.periodic.iter().map(periodic));
    all.sort_by_key(|recommendation| std::cmp::Reverse(recommendation.priority));
    all.truncate(MOST);
    all
}

fn advice(priority: Priority, about: impl Into<String>, text: String) -> Recommendation {
    Recommendation { priority, about: about.into(), text }
}

fn regressed(regression: &Regression) -> Recommendation {
    let since = wall::minute(regression.since);
    let text = match regression.change {
        Change::Back { .. } => format!("find out what was changed shortly before {since}: it had been gone"),
        Change::New { .. } => {
            format!("find out what was changed shortly before {since}: it is new since then")
        }
        Change::More { before, after } => format!(
            "find out what was changed shortly before {since}: it fails {} times as often since",
            super::regression::figure(after / before)
        ),
    };
    advice(Priority::High, regression.subject.place(), text)
}

fn periodic(periodic: &Periodic) -> Recommendation {
    let (period, next) = (wall::length(periodic.period), wall::minute(periodic.next));
    let text =
        format!("look for what runs every {period} (a job, a cache that runs out); it is due at {next}");
    advice(Priority::Medium, periodic.subject.place(), text)
}

fn correlated(correlation: &Correlation) -> Recommendation {
    let Correlation { one, other, together, times, .. } = correlation;
    let text = format!(
        "look for one cause of both it and {}: they failed together {together} of {times} times",
        other.place()
    );
    advice(Priority::Medium, one.place(), text)
}

fn worst_component(found: &Findings<'_>) -> Option<Recommendation> {
    let all = found.statistics.total;
    let worst = found.statistics.by_component.first().filter(|worst| worst.failures >= FEWEST)?;
    // Where all are much the same, none is the worst.
    let second = found.statistics.by_component.get(1).map_or(0, |second| second.failures);
    if worst.failures < second * 3 / 2 {
        return None;
    }
    let rate =
        found.rates.by_component.iter().find(|rate| rate.component == worst.of).map(|found| found.rate);
    let rate = rate.filter(|rate| rate.percent.is_some());
    let priority = match rate.and_then(|rate| rate.percent) {
        Some(percent) if percent >= 5.0 * TROUBLE => Priority::Critical,
        Some(percent) if percent >= TROUBLE => Priority::High,
        _ => Priority::Medium,
    };
    let share = worst.failures as f64 / all as f64 * 100.0;
    let mut text = format!("begin here: {share:.0} % of all failures ({} of {all})", worst.failures);
    if let Some(rate) = rate {
        text.push_str(&format!("; {rate} failed"));
    }
    Some(advice(priority, worst.of.escape_debug().to_string(), text))
}

/// What fails so often that it is of little use, however seldom it is asked.
fn worst_operation(found: &Findings<'_>) -> Option<Recommendation> {
    let enough = |rate: &&super::OperationRate| rate.rate.failures >= FEWEST;
    let worst = found.rates.by_operation.iter().find(enough)?;
    let percent = worst.rate.percent.filter(|percent| *percent >= TROUBLE)?;
    let priority = if percent >= 5.0 * TROUBLE { Priority::Critical } else { Priority::High };
    let about = place(&worst.component, &worst.operation);
    Some(advice(priority, about, format!("it fails most often of all: {} failed", worst.rate)))
}

/// The failures of a category, and the operation that has most of them.
struct Part<'a> {
    failures: u64,
    fault: &'a Fault,
    percent: Option<f64>,
    calls_per_second: Option<f64>,
}

impl Part<'_> {
    fn place(&self) -> String {
        place(&self.fault.component, &self.fault.operation)
    }

    /// Such as `7 failures of the network, 5 of them here alike`.
    fn counted(&self, what: &str) -> String {
        let all = wall::number(self.failures);
        if self.fault.failures == self.failures {
            format!("{all} {what}")
        } else {
            format!("{all} {what}, {} of them of one fault here", wall::number(self.fault.failures))
        }
    }

    fn priority(&self) -> Priority {
        match self.percent {
            Some(percent) if percent >= 5.0 * TROUBLE => Priority::Critical,
            Some(percent) if percent >= TROUBLE => Priority::High,
            Some(percent) if percent < 1.0 => Priority::Low,
            _ => Priority::Medium,
        }
    }
}

fn part_of<'a>(evidence: &'a Evidence, found: &Findings<'_>, category: Category) -> Option<Part<'a>> {
    let ranked = evidence.ranked();
    let of_category = || ranked.iter().copied().filter(|fault| fault.category == category);
    let fault = of_category().next()?;
    let failures: u64 = of_category().map(|fault| fault.failures).sum();
    if failures < FEWEST || (failures as f64) < found.statistics.total as f64 * SHARE {
        return None;
    }
    let rate = found
        .rates
        .by_operation
        .iter()
        .find(|rate| rate.operation == fault.operation && rate.component == fault.component)
        .map(|found| found.rate)
        .filter(|rate| rate.calls > 0);
    let seconds = (evidence.until - evidence.since) as f64 / 1000.0;
    Some(Part {
        failures,
        fault,
        percent: rate.and_then(|rate| rate.percent),
        calls_per_second: rate.map(|rate| rate.calls as f64 / seconds),
    })
}

fn network(part: &Part<'_>) -> Recommendation {
    let mut text =
        format!("{}: put a circuit breaker in front of it", part.counted("failures of the network"));
    if let (Some(percent), Some(per_second)) = (part.percent, part.calls_per_second) {
        // Well above what is usual, so that it opens in an outage and not on an ordinary day; judged by what half a minute
        // brings, within what a window holds.
        let threshold = (percent * 5.0).clamp(20.0, 50.0);
        let minimum = (per_second * 30.0).clamp(5.0, 100.0);
        text.push_str(&format!(
            " (failure_rate_threshold {threshold:.0} %, minimum_calls {minimum:.0}; {percent:.1} % fail now)"
        ));
    }
    advice(part.priority(), part.place(), text)
}

fn storage(part: &Part<'_>) -> Recommendation {
    let text = format!(
        "{}: check space and load, and give it a second place to go (a replica, a fallback)",
        part.counted("failures of storage")
    );
    advice(part.priority(), part.place(), text)
}

fn transaction(part: &Part<'_>) -> Recommendation {
    let text = format!(
        "{}: check their parameters (fees, limits, isolation), and retry conflicts with full jitter",
        part.counted("failed transactions")
    );
    advice(part.priority(), part.place(), text)
}

fn authentication(part: &Part<'_>) -> Recommendation {
    let text = format!(
        "{}: renew what is shown there, and do not retry these",
        part.counted("calls that were not let in")
    );
    advice(part.priority().max(Priority::Medium), part.place(), text)
}

fn validation(part: &Part<'_>) -> Recommendation {
    let text = format!(
        "{}: mend the caller, and classify these as ignored, as the peer is well",
        part.counted("calls that ask for what cannot be")
    );
    advice(Priority::Low, part.place(), text)
}

/// The operation that has most of the records, with them.
fn most<'a>(records: impl Iterator<Item = &'a super::Record>) -> Option<(String, Vec<&'a super::Record>)> {
    let mut places: std::collections::BTreeMap<_, Vec<_>> = std::collections::BTreeMap::new();
    for record in records {
        places.entry((&record.component, &record.operation)).or_default().push(record);
    }
    let ((component, operation), records) = places.into_iter().max_by_key(|(_, records)| records.len())?;
    (records.len() as u64 >= FEWEST).then(|| (place(component, operation), records))
}

fn timeouts(evidence: &Evidence) -> Option<Recommendation> {
    let late = evidence.records.iter().filter(|record| record.kind == Some(FailureKind::Timeout));
    let (place, records) = most(late)?;
    let mut waited: Vec<Duration> = records.iter().filter_map(|record| record.duration).collect();
    waited.sort_unstable();
    let &middle = waited.get(waited.len() / 2)?;
    let all: Duration = waited.iter().sum();
    let text = format!(
        "{} calls waited {} for nothing, {} in all: let an adaptive timeout follow what its answers take, and bound with a \
         bulkhead how many wait at a time",
        waited.len(),
        wall::length(middle),
        wall::length(all)
    );
    Some(advice(Priority::Medium, place, text))
}

fn retries(evidence: &Evidence) -> Option<Recommendation> {
    let (place, records) = most(evidence.records.iter().filter(|record| record.attempt.is_some()))?;
    let again = records.iter().filter(|record| record.attempt > Some(1)).count();
    if (again as u64) < FEWEST || again * 4 < records.len() {
        return None;
    }
    let share = again as f64 / records.len() as f64 * 100.0;
    let text = format!(
        "{share:.0} % of the failures are of retries ({again} of {}): they add load to what is down; a retry budget of 10 % \
         bounds that",
        records.len()
    );
    Some(advice(Priority::High, place, text))
}

fn throttled(evidence: &Evidence, found: &Findings<'_>) -> Option<Recommendation> {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["too many requests", "rate limit", "429", "throttl", "resource exhausted"]
            .iter()
            .any(|word| text.contains(word))
    };
    let ranked = evidence.ranked();
    let fault = ranked.iter().find(|fault| says(&fault.template) || says(&fault.error_type))?;
    let failures = fault.failures;
    if failures < FEWEST {
        return None;
    }
    let mut text =
        format!("it said {failures} times that it is asked too much: put a rate limit in front of it");
    let rate = found.rates.by_operation.iter().find(|rate| {
        rate.operation == fault.operation && rate.component == fault.component && rate.rate.calls > 0
    });
    if let Some(found) = rate {
        let seconds = (evidence.until - evidence.since) as f64 / 1000.0;
        let let_in = found.rate.calls.saturating_sub(fault.calls()) as f64 / seconds;
        text.push_str(&format!(" (it answers {let_in:.2} calls a second now)"));
    }
    Some(advice(Priority::Medium, place(&fault.component, &fault.operation), text))
}
