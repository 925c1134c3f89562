//! Faults that are worse than they were.

use super::evidence::{Asked, Traffic, total};
use super::step::{Step, Stretch, step};
use super::unit::{Subject, Unit};
use super::wall;
use std::fmt;
use std::time::SystemTime;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Into how many stretches a span is divided.
const STRETCHES: u64 = 96;
/// How often a fault must have come before it was quiet for that to say something.
const BEFORE: usize = 10;
/// How likely so long a silence may be at the rate that was usual.
const SILENCE: f64 = 1e-7;
/// How many failures make it back.
const BACK: u64 = 3;
/// Failures this close are one episode.
const APART: u64 = 2 * HOUR;

/// In what way a fault is worse than it was.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Change {
    /// It comes more often since a time and has not stopped.
    More {
        /// Failures per hour before.
        before: f64,
        /// Failures per hour since.
        after: f64,
    },
    /// It was never seen before and has not stopped.
    New {
        /// Failures per hour since.
        after: f64,
    },
    /// It was gone for far longer than usual.
    Back {
        /// When it was last seen before it was gone.
        #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
        gone: SystemTime,
    },
}

/// A fault that is worse than it was, and since when: what was changed then is worth a look.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Regression {
    /// What is worse.
    pub subject: Subject,
    /// Since when.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub since: SystemTime,
    /// In what way.
    pub change: Change,
    /// How many failures since.
    pub failures: u64,
}

impl fmt::Display for Regression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, since, change, failures } = self;
        let since = wall::minute(*since);
        let place = subject.place();
        match change {
            Change::More { before, after } => {
                let (before, after) = (figure(*before), figure(*after));
                write!(f, "{place} fails more since about {since}, {after} times an hour, before {before}")?;
            }
            Change::New { after } => {
                write!(
                    f,
                    "{place} fails in a new way since about {since}, {} times an hour",
                    figure(*after)
                )?;
            }
            Change::Back { gone } => {
                let gone = wall::minute(*gone);
                write!(
                    f,
                    "{place} fails again since {since}, {failures} times, before that not since {gone}"
                )?;
            }
        }
        subject.fmt_message(f, ": ")
    }
}

/// With a decimal where it says something.
pub(super) fn figure(of: f64) -> String {
    if of < 10.0 { format!("{of:.1}") } else { format!("{of:.0}") }
}

/// The units that are worse than they were, those with the most failures since first.
pub(super) fn regressions(units: &[Unit], traffic: &[Traffic], since: u64, until: u64) -> Vec<Regression> {
    let mut found: Vec<Regression> = Vec::new();
    for unit in units {
        let Subject { operation, component, fingerprint, .. } = &unit.subject;
        let known = |other: &Regression| {
            other.subject.operation == *operation && other.subject.component == *component
        };
        // An operation as a whole is worse where one of its faults is.
        if fingerprint.is_none() && found.iter().any(known) {
            continue;
        }
        let calls = traffic
            .iter()
            .find(|traffic| traffic.operation == *operation && traffic.component == *component)
            .map(|traffic| traffic.asked.as_slice());
        found.extend(more(unit, calls.unwrap_or(&[]), since, until).or_else(|| back(unit, since, until)));
    }
    found.sort_by_key(|regression| std::cmp::Reverse(regression.failures));
    found
}

/// The time since which it comes more often, in relation to the calls there are.
fn more(unit: &Unit, calls: &[Asked], since: u64, until: u64) -> Option<Regression> {
    // Before the last day failures are known by the hour.
    let grain = if until.saturating_sub(since) > DAY + HOUR { HOUR } else { MINUTE };
    let since = since - since % grain;
    let pitch = (until.saturating_sub(since) / STRETCHES).div_ceil(grain).max(1) * grain;
    // The last one may have only begun.
    let many = usize::try_from(until.saturating_sub(since) / pitch).unwrap_or(0);
    let place = |at: u64| usize::try_from(at.checked_sub(since)? / pitch).ok().filter(|&place| place < many);
    let mut failures = vec![0_u64; many];
    for &(at, count) in unit.between(since, until) {
        if let Some(place) = place(at) {
            failures[place] += count;
        }
    }
    let (mut asked, mut successes) = (vec![0_u64; many], 0);
    for calls in calls {
        if let Some(place) = place(calls.at) {
            asked[place] += calls.successes + calls.failures;
            successes += calls.successes;
        }
    }
    // With failures that are of no call, or with calls of which only those that fail are counted, time is what counts. With
    // calls, nobody knows how it would have been when nobody called.
    let by_calls = successes > 0 && failures.iter().zip(&asked).all(|(failures, asked)| asked >= failures);
    let places: Vec<usize> = (0..many).filter(|&at| !by_calls || asked[at] > 0).collect();
    let row: Vec<Stretch> = places
        .iter()
        .map(|&at| Stretch { failures: failures[at], weight: if by_calls { asked[at] as f64 } else { 1.0 } })
        .collect();
    let Step { at, before, after } = step(&row)?;
    let begins = since + places[at] as u64 * pitch;
    let per_hour =
        |count: u64, stretches: usize| count as f64 / (stretches as u64 * pitch) as f64 * HOUR as f64;
    let rate = per_hour(after, row.len() - at);
    let before_that = unit.points.first().is_some_and(|&(first, _)| first < begins.saturating_sub(pitch));
    let change = if before_that {
        Change::More { before: per_hour(before, at), after: rate }
    } else {
        Change::New { after: rate }
    };
    Some(Regression {
        subject: unit.subject.clone(),
        since: wall::from_millis(begins),
        change,
        failures: after,
    })
}

/// The time at which it came back, if it was gone for longer than chance explains.
fn back(unit: &Unit, since: u64, until: u64) -> Option<Regression> {
    let episodes = unit.episodes(0, until, APART);
    let gap = |at: &usize| episodes[*at].start - episodes[*at - 1].end;
    let at = (BEFORE..episodes.len()).filter(|&at| episodes[at].start >= since).max_by_key(gap)?;
    let (first, gone, again) = (episodes[0].start, episodes[at - 1].end, episodes[at].start);
    let usual = at as f64 / (gone - first).max(1) as f64;
    let failures = total(&unit.points[unit.points.partition_point(|&(when, _)| when < again)..]);
    let silent = (-usual * (again - gone) as f64).exp() * episodes.len() as f64;
    (silent < SILENCE && failures >= BACK).then(|| Regression {
        subject: unit.subject.clone(),
        since: wall::from_millis(again),
        change: Change::Back { gone: wall::from_millis(gone) },
        failures,
    })
}
