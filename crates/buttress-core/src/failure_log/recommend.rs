//! What to do about it.

use super::evidence::{Evidence, Fault};
use super::unit::place;
use super::{Category, Correlation, Options, Periodic, Rates, Regression, wall};
use super::{Change, Priority, Recommendation};
use crate::FailureKind;
use std::sync::Arc;
use std::time::Duration;

/// How many recommendations are given: a longer list is not read.
const MOST: usize = 5;
/// How much is said of one subject.
const SAID: usize = 3;
/// How many failures of a kind make a recommendation.
const FEWEST: u64 = 3;
/// How many failures, beside which nothing goes well, are an outage.
const MANY: u64 = 10;
/// Which share of all of them they are at least.
const SHARE: f64 = 0.02;
/// With which share of its calls failing a peer is in trouble.
const TROUBLE: f64 = 10.0;

/// What has been found.
pub(super) struct Findings<'a> {
    pub(super) rates: &'a Rates,
    pub(super) periodic: &'a [Periodic],
    pub(super) correlations: &'a [Correlation],
    pub(super) regressions: &'a [Regression],
}

/// What to do, the most urgent first. What there is to say of one operation is said at once.
pub(super) fn recommendations(
    evidence: &Evidence,
    found: &Findings<'_>,
    options: &Options,
) -> Vec<Recommendation> {
    // What is no failed call has nothing to be mended: a breaker that opened did well.
    let faults: Vec<_> = evidence.ranked().into_iter().filter(|fault| !fault.aside).collect();
    let seconds = (evidence.until - evidence.since) as f64 / 1000.0;
    let scene = Scene { faults, seconds, rates: found.rates, options };
    // The order is that of what helps most.
    let mut all = Vec::new();
    all.extend(found.regressions.iter().map(regressed));
    all.extend(found.periodic.iter().map(periodic));
    all.extend(found.correlations.first().map(correlated));
    all.extend(throttled(&scene));
    for (category, advise) in [
        (Category::Network, network as fn(&Part<'_>) -> Advice),
        (Category::Storage, storage),
        (Category::Transaction, transaction),
        (Category::Authentication, authentication),
        (Category::Validation, validation),
    ] {
        all.extend(scene.part(category).map(|part| advise(&part)));
    }
    all.extend(retries(evidence));
    all.extend(timeouts(evidence));
    let leads = [worst_component(&scene), worst_operation(&scene)];
    let mut merged = merged(leads.into_iter().flatten(), all);
    merged.sort_by_key(|recommendation| std::cmp::Reverse(recommendation.priority));
    merged.truncate(MOST);
    merged
}

/// Something to say of an operation.
struct Advice {
    priority: Priority,
    about: String,
    text: String,
}

fn advice(priority: Priority, about: impl Into<String>, text: String) -> Advice {
    Advice { priority, about: about.into(), text }
}

/// One recommendation for each subject: how badly it does, and what helps. Who does badly and has nothing that helps is where to
/// begin.
fn merged(leads: impl Iterator<Item = Advice>, advice: Vec<Advice>) -> Vec<Recommendation> {
    struct Subject {
        about: String,
        priority: Priority,
        leads: Vec<String>,
        helps: Vec<String>,
    }
    let mut subjects: Vec<Subject> = Vec::new();
    let all = advice.into_iter().map(|advice| (false, advice)).chain(leads.map(|lead| (true, lead)));
    for (is_lead, Advice { priority, about, text }) in all {
        let at = subjects.iter().position(|subject| subject.about == about).unwrap_or_else(|| {
            subjects.push(Subject { about, priority, leads: Vec::new(), helps: Vec::new() });
            subjects.len() - 1
        });
        let subject = &mut subjects[at];
        subject.priority = subject.priority.max(priority);
        if is_lead { &mut subject.leads } else { &mut subject.helps }.push(text);
    }
    let told = subjects.into_iter().map(|Subject { about, priority, mut leads, mut helps }| {
        helps.truncate(SAID);
        if helps.is_empty() {
            helps.push("begin here".to_owned());
        }
        leads.append(&mut helps);
        Recommendation { priority, about, text: leads.join("; ") }
    });
    told.collect()
}

fn regressed(regression: &Regression) -> Advice {
    let since = wall::minute(regression.since);
    let what = match regression.change {
        Change::Back { .. } => format!("it is back since {since}"),
        Change::New { .. } => format!("it is new since {since}"),
        Change::More { before, after } => {
            format!("it fails {} times as often since {since}", super::regression::figure(after / before))
        }
    };
    let text = format!("{what}: find out what was changed shortly before");
    advice(Priority::High, regression.subject.place(), text)
}

fn periodic(periodic: &Periodic) -> Advice {
    let (period, next) = (wall::length(periodic.period), wall::minute(periodic.next));
    let text = format!(
        "it fails every {period}: look for what runs that often (a job, a cache that runs out); it is due at {next}"
    );
    advice(Priority::Medium, periodic.subject.place(), text)
}

fn correlated(correlation: &Correlation) -> Advice {
    let Correlation { one, other, together, times, .. } = correlation;
    let text = format!(
        "it failed together with {} {together} of {times} times: look for one cause of both",
        other.place()
    );
    advice(Priority::Medium, one.place(), text)
}

/// What is looked at.
struct Scene<'a> {
    faults: Vec<&'a Fault>,
    seconds: f64,
    rates: &'a Rates,
    options: &'a Options,
}

impl<'a> Scene<'a> {
    fn rate(&self, fault: &Fault) -> Option<super::Rate> {
        let own = |rate: &&super::OperationRate| {
            rate.operation == fault.operation && rate.component == fault.component
        };
        self.rates.by_operation.iter().find(own).map(|found| found.rate).filter(|rate| rate.percent.is_some())
    }

    fn total(&self) -> u64 {
        self.faults.iter().map(|fault| fault.failures).sum()
    }

    fn part(&self, category: Category) -> Option<Part<'a>> {
        let of_category = || self.faults.iter().copied().filter(|fault| fault.category == category);
        let fault = of_category().next()?;
        let failures: u64 = of_category().map(|fault| fault.failures).sum();
        if failures < FEWEST || (failures as f64) < self.total() as f64 * SHARE {
            return None;
        }
        let rate = self.rate(fault);
        Some(Part {
            failures,
            fault,
            percent: rate.and_then(|rate| rate.percent),
            calls_per_second: rate.map(|rate| rate.calls as f64 / self.seconds),
            has_breaker: self.options.breakers.contains(&fault.component),
        })
    }
}

/// How urgent it is that so many calls fail, of which it is known how many there were.
fn urgency(percent: Option<f64>) -> Priority {
    match percent {
        Some(percent) if percent >= 5.0 * TROUBLE => Priority::Critical,
        Some(percent) if percent >= TROUBLE => Priority::High,
        Some(percent) if percent < 1.0 => Priority::Low,
        _ => Priority::Medium,
    }
}

/// Where most failures are, told of the operation that has most of them.
fn worst_component(scene: &Scene<'_>) -> Option<Advice> {
    let mut components: Vec<(&Arc<str>, u64)> = Vec::new();
    for fault in &scene.faults {
        match components.iter_mut().find(|(component, _)| *component == &fault.component) {
            Some((_, failures)) => *failures += fault.failures,
            None => components.push((&fault.component, fault.failures)),
        }
    }
    components.sort_by_key(|&(component, failures)| (std::cmp::Reverse(failures), component));
    let &(worst, failures) = components.first().filter(|(_, failures)| *failures >= FEWEST)?;
    // Where all are much the same, none is the worst.
    let second = components.get(1).map(|(_, second)| *second);
    if failures < second.unwrap_or(0) * 3 / 2 {
        return None;
    }
    let fault = scene.faults.iter().find(|fault| fault.component == *worst)?;
    let rate = scene.rates.by_component.iter().find(|rate| rate.component == *worst);
    let priority = urgency(rate.and_then(|rate| rate.rate.percent)).max(Priority::Medium);
    let (worst, all) = (worst.escape_debug(), scene.total());
    let share = failures as f64 / all as f64 * 100.0;
    let (own, all) = (wall::number(failures), wall::number(all));
    let text = match second {
        Some(_) => format!("{worst} has {share:.0} % of all failures ({own} of {all})"),
        None => format!("{worst} has all {all} failures"),
    };
    Some(advice(priority, place(&fault.component, &fault.operation), text))
}

/// What fails so often that it is of little use, however seldom it is asked.
fn worst_operation(scene: &Scene<'_>) -> Option<Advice> {
    let enough = |rate: &&super::OperationRate| rate.rate.failures >= FEWEST;
    let worst = scene.rates.by_operation.iter().find(enough)?;
    let percent = worst.rate.percent.filter(|percent| *percent >= TROUBLE)?;
    let (failures, calls) = (wall::number(worst.rate.failures), wall::number(worst.rate.calls));
    let text = format!("{percent:.1} % of its calls fail ({failures} of {calls})");
    Some(advice(urgency(Some(percent)), place(&worst.component, &worst.operation), text))
}

/// The failures of a category, and the fault that has most of them.
struct Part<'a> {
    failures: u64,
    fault: &'a Fault,
    percent: Option<f64>,
    calls_per_second: Option<f64>,
    has_breaker: bool,
}

impl Part<'_> {
    fn place(&self) -> String {
        place(&self.fault.component, &self.fault.operation)
    }

    /// Such as `5 of all 7 failures of the network`.
    fn counted(&self, what: &str) -> String {
        let (own, all) = (wall::number(self.fault.failures), wall::number(self.failures));
        if own == all { format!("{all} {what}") } else { format!("{own} of all {all} {what}") }
    }

    fn priority(&self) -> Priority {
        urgency(self.percent)
    }
}

fn network(part: &Part<'_>) -> Advice {
    let mut text = part.counted("failures of the network");
    let mut priority = part.priority();
    if part.percent.is_none() && part.failures >= MANY {
        text.push_str(", and none of its calls is known to have gone well");
        priority = Priority::High;
    }
    if part.has_breaker {
        text.push_str(": see whether it can be reached, and whether its circuit breaker opens in time");
    } else {
        text.push_str(
            ": see whether it can be reached; if no circuit breaker stands in front of it, one spares it",
        );
    }
    if let (Some(percent), Some(per_second)) = (part.percent, part.calls_per_second) {
        // Well above what is usual, so that it opens in an outage and not on an ordinary day; judged by what half a minute
        // brings, within what a window holds.
        let threshold = (percent * 5.0).clamp(20.0, 50.0);
        let minimum = (per_second * 30.0).clamp(5.0, 100.0);
        text.push_str(&format!(
            " (failure_rate_threshold {threshold:.0} %, minimum_calls {minimum:.0}; {percent:.1} % fail now)"
        ));
    }
    advice(priority, part.place(), text)
}

fn storage(part: &Part<'_>) -> Advice {
    let text = format!(
        "{}: check space, load and locks, and give it a second place to go (a replica, a fallback)",
        part.counted("failures of storage")
    );
    advice(part.priority(), part.place(), text)
}

fn transaction(part: &Part<'_>) -> Advice {
    let text = format!(
        "{}: check their parameters (fees, limits, isolation), and retry conflicts with full jitter",
        part.counted("failed transactions")
    );
    advice(part.priority(), part.place(), text)
}

fn authentication(part: &Part<'_>) -> Advice {
    let text = format!(
        "{}: renew what is shown there, and do not retry these",
        part.counted("calls that were not let in")
    );
    advice(part.priority().max(Priority::Medium), part.place(), text)
}

fn validation(part: &Part<'_>) -> Advice {
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

fn timeouts(evidence: &Evidence) -> Option<Advice> {
    let late =
        evidence.records.iter().filter(|record| record.kind == Some(FailureKind::Timeout) && !record.aside);
    let (place, records) = most(late)?;
    let mut waited: Vec<Duration> = records.iter().filter_map(|record| record.duration).collect();
    waited.sort_unstable();
    let &middle = waited.get(waited.len() / 2)?;
    let all: Duration = waited.iter().sum();
    let text = format!(
        "{} calls waited {} for nothing, {} in all: an adaptive timeout follows what its answers take, and a bulkhead bounds how \
         many wait at a time",
        waited.len(),
        wall::length(middle),
        wall::length(all)
    );
    Some(advice(Priority::Medium, place, text))
}

fn retries(evidence: &Evidence) -> Option<Advice> {
    let (place, records) =
        most(evidence.records.iter().filter(|record| record.attempt.is_some() && !record.aside))?;
    let again = records.iter().filter(|record| record.attempt > Some(1)).count();
    if (again as u64) < FEWEST || again * 4 < records.len() {
        return None;
    }
    let share = again as f64 / records.len() as f64 * 100.0;
    let text = format!(
        "{share:.0} % of its failures are of retries ({again} of {}), which add load to what is down: if no retry budget bounds \
         them, one of 10 % does",
        records.len()
    );
    Some(advice(Priority::High, place, text))
}

fn throttled(scene: &Scene<'_>) -> Option<Advice> {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["too many requests", "rate limit", "429", "throttl", "resource exhausted"]
            .iter()
            .any(|word| text.contains(word))
    };
    let fault = scene.faults.iter().find(|fault| says(&fault.template) || says(&fault.error_type))?;
    let failures = fault.failures;
    if failures < FEWEST {
        return None;
    }
    let mut text = format!(
        "it said {failures} times that it is asked too much: if no rate limit stands in front of it, one keeps to what it takes"
    );
    if let Some(rate) = scene.rate(fault) {
        let let_in = rate.calls.saturating_sub(failures) as f64 / scene.seconds;
        text.push_str(&format!(" (it answers {let_in:.2} calls a second now)"));
    }
    Some(advice(Priority::Medium, place(&fault.component, &fault.operation), text))
}
