//! Faults that are worse than they were.

use super::chance::{Ranks, rank_step};
use super::evidence::{Asked, Traffic, total};
use super::unit::{Subject, Unit};
use super::wall;
use std::fmt;
use std::time::SystemTime;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Into how many stretches a span is divided.
const STRETCHES: u64 = 96;
/// The fewest stretches on either side of a step.
const FEWEST: usize = 4;
/// How many stretches from where the ranks differ most the step may be.
const NEAR: usize = 8;
/// How many of the stretches after the step must have failures: a burst is over before that.
const LASTING: f64 = 0.75;
/// How many times as often it must be.
const TIMES: f64 = 3.0;
/// How many failures there must be after the step.
const FAILURES: u64 = 10;
/// How far from chance the step must be, in standard deviations: about one of a hundred million rows by itself, as each
/// of up to a hundred faults is looked at for a step at each of up to a hundred times.
const DEVIATIONS: f64 = 5.5;
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
        found.extend(step(unit, calls.unwrap_or(&[]), since, until).or_else(|| back(unit, since, until)));
    }
    found.sort_by_key(|regression| std::cmp::Reverse(regression.failures));
    found
}

/// The time since which it comes more often, in relation to the calls there are.
fn step(unit: &Unit, calls: &[Asked], since: u64, until: u64) -> Option<Regression> {
    let grain = if until.saturating_sub(since) > DAY + HOUR { HOUR } else { MINUTE };
    let pitch = (until.saturating_sub(since) / STRETCHES).div_ceil(grain).max(1) * grain;
    // The last one may have only begun.
    let many = usize::try_from(until.saturating_sub(since) / pitch).unwrap_or(0);
    if many < 2 * FEWEST {
        return None;
    }
    let place = |at: u64| usize::try_from(at.checked_sub(since)? / pitch).ok().filter(|&place| place < many);
    let mut failures = vec![0_u64; many];
    for &(at, count) in &unit.points {
        if let Some(place) = place(at) {
            failures[place] += count;
        }
    }
    let mut asked = vec![0_u64; many];
    for calls in calls {
        if let Some(place) = place(calls.at) {
            asked[place] += calls.successes + calls.failures;
        }
    }
    // A stretch with failures and no calls is of an operation whose calls are not counted: then time is what counts.
    let by_calls = failures.iter().zip(&asked).all(|(failures, asked)| asked >= failures)
        && asked.iter().any(|&n| n > 0);
    let weight = |at: usize| if by_calls { asked[at] as f64 } else { 1.0 };
    let shares: Vec<f64> =
        (0..many).map(|at| if weight(at) > 0.0 { failures[at] as f64 / weight(at) } else { 0.0 }).collect();
    let ranks = Ranks::new(&shares);
    let splits = (FEWEST..=many - FEWEST).map(|split| (split, rank_step(&ranks, split)));
    let (sure, deviations) = splits.max_by(|one, other| one.1.total_cmp(&other.1))?;
    let sum = |counts: &[u64]| counts.iter().sum::<u64>();
    let weights = |range: std::ops::Range<usize>| range.map(weight).sum::<f64>();
    // Ranks tell that there is a step; where it is, within two hours of a day, the numbers themselves tell better.
    let fit = |split: usize| {
        let side = |count: u64, weight: f64| match count {
            0 => 0.0,
            count => count as f64 * (count as f64 / weight).ln(),
        };
        side(sum(&failures[..split]), weights(0..split)) + side(sum(&failures[split..]), weights(split..many))
    };
    let near = sure.saturating_sub(NEAR).max(FEWEST)..=(sure + NEAR).min(many - FEWEST);
    let split = near.max_by(|&one, &other| fit(one).total_cmp(&fit(other)))?;
    let (before, after) = (sum(&failures[..split]), sum(&failures[split..]));
    let (base, since_then) = (before as f64 / weights(0..split), after as f64 / weights(split..many));
    let lasting = failures[split..].iter().filter(|&&count| count > 0).count() as f64
        >= (many - split) as f64 * LASTING
        && sum(&failures[many - FEWEST..]) > 0;
    // No stretch makes a step by itself.
    let largest = failures[split..].iter().max().copied().unwrap_or(0);
    let worse = after >= FAILURES && largest * 2 <= after && since_then >= base * TIMES;
    if deviations < DEVIATIONS || !lasting || !worse {
        return None;
    }
    let begins = since + split as u64 * pitch;
    let ever = unit.points.first().is_some_and(|&(at, _)| at < begins.saturating_sub(pitch));
    let hours = |stretches: usize| (stretches as u64 * pitch) as f64 / HOUR as f64;
    let rate = after as f64 / hours(many - split);
    let change = if ever {
        Change::More { before: before as f64 / hours(split), after: rate }
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
