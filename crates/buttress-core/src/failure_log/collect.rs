//! From what a log keeps to what is looked at.

use super::evidence::{Asked, Evidence, Fault, Point, Traffic, between, total};
use super::{Class, ClassSummary, Filter, Fingerprint, Record, Series, Tally, Volume, wall};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

const MINUTE: u64 = 60_000;

/// What a log has that a filter without a time leaves. What is told by the minute is not told again by the hour.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) records: Vec<Record>,
    pub(super) classes: Vec<Class>,
    pub(super) volumes: Vec<Volume>,
    /// The components of which all calls are counted, in the order of their names, and since when.
    pub(super) counted: (Vec<Arc<str>>, SystemTime),
    /// By category and severity; `None` where the filter asks for what these do not tell.
    pub(super) tallies: Option<Vec<Tally>>,
}

impl Kept {
    /// What of it there is in the span of `filter`, which ends `now` at the latest.
    pub(super) fn evidence(self, filter: &Filter, now: SystemTime) -> Evidence {
        let until = wall::millis(filter.until.unwrap_or(now).min(now)).saturating_add(1);
        let mut faults = faults(&self.records, &self.classes);
        faults.sort_by_key(|fault| fault.fingerprint);
        let mut traffic: Vec<_> = self
            .volumes
            .iter()
            .map(|volume| {
                let is_counted = self.counted.0.binary_search(&volume.component).is_ok();
                Traffic { is_counted, ..asked(volume) }
            })
            .collect();
        let failed = faults.iter().filter_map(|fault| fault.points.first()).map(|&(at, _)| at);
        let called = traffic.iter().filter_map(|traffic| traffic.asked.first()).map(|asked| asked.at);
        let first = failed.chain(called).min().unwrap_or(until);
        let since = filter.since.map_or(first, wall::millis).min(until);
        let known = first.clamp(since, until);
        // Calls are known by the minute at best: the one in which the span begins counts.
        for traffic in &mut traffic {
            traffic.asked.retain(|asked| asked.at + MINUTE > since && asked.at < until);
        }
        for fault in &mut faults {
            fault.failures = total(between(&fault.points, since, until));
        }
        let whole = filter.since.is_none() && filter.until.is_none();
        let by_sort = self.tallies.map(|tallies| {
            let sorts = tallies.iter().map(|tally| points(&tally.series));
            sorts.collect::<Vec<_>>()
        });
        let told: u64 = faults.iter().map(|fault| total(&fault.points)).sum();
        let by_sort = by_sort.filter(|sorts| sorts.iter().map(|sort| total(sort)).sum::<u64>() > told);
        let classes = listed(&self.classes, &faults, whole);
        let mut records = self.records;
        records.retain(|record| (since..until).contains(&wall::millis(record.at)));
        records.sort_by_key(|record| record.id);
        Evidence {
            since,
            until,
            known,
            faults,
            by_sort,
            classes,
            traffic,
            counted_since: wall::millis(self.counted.1),
            records,
        }
    }
}

/// Each fault with the times of its failures: those of its records as long as none of them is gone, else those of its series.
fn faults(records: &[Record], classes: &[Class]) -> Vec<Fault> {
    let mut kept: HashMap<Fingerprint, Vec<&Record>> = HashMap::new();
    for record in records {
        kept.entry(record.fingerprint).or_default().push(record);
    }
    let mut faults = Vec::with_capacity(classes.len());
    for class in classes {
        let own = kept.remove(&class.fingerprint).unwrap_or_default();
        let counted = points(&class.series);
        let points = if own.len() as u64 >= total(&counted) { times(&own) } else { refined(counted, &own) };
        faults.push(Fault {
            fingerprint: class.fingerprint,
            template: Arc::clone(&class.template),
            operation: Arc::clone(&class.operation),
            component: Arc::clone(&class.component),
            error_type: Arc::clone(&class.error_type),
            severity: class.severity,
            category: class.category,
            aside: class.aside,
            points,
            failures: 0,
        });
    }
    // Those whose class had to make place for others.
    for own in kept.into_values() {
        let last = own[own.len() - 1];
        faults.push(Fault {
            fingerprint: last.fingerprint,
            template: Arc::clone(&last.template),
            operation: Arc::clone(&last.operation),
            component: Arc::clone(&last.component),
            error_type: Arc::clone(&last.error_type),
            severity: last.severity,
            category: last.category,
            aside: last.aside,
            points: times(&own),
            failures: 0,
        });
    }
    faults.retain(|fault| !fault.points.is_empty());
    faults
}

fn times(records: &[&Record]) -> Vec<Point> {
    let mut points: Vec<_> = records.iter().map(|record| (wall::millis(record.at), 1)).collect();
    points.sort_unstable();
    points
}

/// The classes with failures in the span: with what they had in all, or in the span.
fn listed(classes: &[Class], faults: &[Fault], whole: bool) -> Vec<ClassSummary> {
    let mut listed: Vec<_> = classes
        .iter()
        .filter_map(|class| {
            let at = faults.binary_search_by_key(&class.fingerprint, |fault| fault.fingerprint).ok()?;
            let failures = faults[at].failures;
            let (count, error) = if whole { (class.count, class.error) } else { (failures, 0) };
            (failures > 0).then(|| ClassSummary { count, error, ..ClassSummary::of(class) })
        })
        .collect();
    listed.sort_by_key(|class| std::cmp::Reverse(class.count));
    listed
}

/// What was counted by the minute, and what of each hour was not, in the order of time.
fn points(series: &Series) -> Vec<Point> {
    let counted = series.minutes.iter().chain(&series.hours);
    let mut points: Vec<Point> = counted
        .map(|bucket| (wall::millis(bucket.start), bucket.count))
        .filter(|point| point.1 > 0)
        .collect();
    points.sort_unstable();
    points
}

/// The same with the minutes of which all records are still there at the times of these.
fn refined(counted: Vec<Point>, records: &[&Record]) -> Vec<Point> {
    // Where minutes begin by the wall clock as it is now.
    let begin = counted.first().map_or(0, |&(at, _)| at % MINUTE);
    let mut exact: HashMap<u64, Vec<u64>> = HashMap::new();
    for record in records {
        let at = wall::millis(record.at);
        exact.entry(at.saturating_sub((at + MINUTE - begin) % MINUTE)).or_default().push(at);
    }
    let mut points = Vec::with_capacity(counted.len());
    for (at, count) in counted {
        match exact.get(&at) {
            Some(times) if times.len() as u64 == count => points.extend(times.iter().map(|&at| (at, 1))),
            _ => points.push((at, count)),
        }
    }
    points.sort_unstable();
    points
}

fn asked(volume: &Volume) -> Traffic {
    let stretches = volume.minutes.iter().chain(&volume.hours).map(|calls| Asked {
        at: wall::millis(calls.start),
        successes: calls.successes,
        failures: calls.failures,
    });
    let mut asked: Vec<_> = stretches.filter(|asked| asked.successes + asked.failures > 0).collect();
    asked.sort_unstable_by_key(|asked| asked.at);
    let (operation, component) = (Arc::clone(&volume.operation), Arc::clone(&volume.component));
    Traffic { operation, component, asked, is_counted: false }
}
