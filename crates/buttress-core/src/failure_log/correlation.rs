//! Faults that come together.

use super::chance;
use super::unit::{Episode, Subject, Unit};
use super::wall;
use std::fmt;
use std::time::Duration;

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// How close in time two failures are that belong together.
const NEAR: u64 = 5 * MINUTE;
/// Failures this close are one episode: an outage of an hour is one witness and not a thousand.
const APART: u64 = 2 * MINUTE;
/// How many episodes each needs, and with how many it fails always.
const FEWEST: usize = 3;
const MOST: usize = 400;
/// The least score.
const SCORE: f64 = 0.7;
/// How likely one finding without a reason may be, over all pairs.
const BY_CHANCE: f64 = 1e-4;
/// By how much one row of episodes is moved against the other to see what chance does, to both sides.
const MOVED: std::ops::RangeInclusive<u64> = 3..=16;

/// Two operations that fail together: one because of the other, or both because of a third.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Correlation {
    /// The one that comes first, or else the rarer.
    pub one: Subject,
    /// The other.
    pub other: Subject,
    /// How often the rarer of the two came at all; failures close to each other are one time.
    pub times: u64,
    /// How often the other was near, within 5 min.
    pub together: u64,
    /// How often it would have been by chance.
    pub by_chance: f64,
    /// From 0, no more than by chance, to 1, always; more than 0.7 here.
    pub score: f64,
    /// How long the other comes after the one, half of the times longer and half shorter. As exactly as failures are kept:
    /// older ones to the minute.
    pub later: Duration,
}

impl fmt::Display for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { one, other, times, together, by_chance, later, .. } = self;
        write!(f, "{} and {} fail together, {together} of {times} times", one.place(), other.place())?;
        write!(f, " ({by_chance:.1} by chance)")?;
        if !later.is_zero() {
            write!(f, ", the latter {} after the former", wall::length(*later))?;
        }
        one.fmt_message(f, ": ")?;
        other.fmt_message(f, if one.message.is_empty() { ": " } else { " and " })
    }
}

/// The pairs of units of different operations that come together, the surest first, one for each pair of operations.
pub(super) fn correlations(units: &[Unit], since: u64, until: u64) -> Vec<Correlation> {
    let since = since.max(until.saturating_sub(DAY));
    let rows: Vec<_> = units
        .iter()
        .map(|unit| (unit, unit.episodes(since, until, APART)))
        .filter(|(_, episodes)| (FEWEST..=MOST).contains(&episodes.len()))
        .collect();
    let pairs = (rows.len() * rows.len().saturating_sub(1) / 2) as f64;
    let mut found: Vec<(f64, Correlation)> = Vec::new();
    for (at, one) in rows.iter().enumerate() {
        for other in &rows[at + 1..] {
            let same = |one: &Subject, other: &Subject| {
                one.operation == other.operation && one.component == other.component
            };
            if same(&one.0.subject, &other.0.subject) {
                continue;
            }
            let (rare, common) = if one.1.len() <= other.1.len() { (one, other) } else { (other, one) };
            let Some((likely, correlation)) =
                compare(rare, common, until.saturating_sub(since).max(1), pairs)
            else {
                continue;
            };
            // One finding for two operations: the surest of their faults.
            let known = found.iter_mut().find(|(_, known)| {
                let straight = same(&known.one, &correlation.one) && same(&known.other, &correlation.other);
                straight || same(&known.one, &correlation.other) && same(&known.other, &correlation.one)
            });
            match known {
                Some(known) if likely < known.0 => *known = (likely, correlation),
                Some(_) => {}
                None => found.push((likely, correlation)),
            }
        }
    }
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    found.into_iter().map(|(_, correlation)| correlation).collect()
}

type Row<'a> = (&'a Unit, Vec<Episode>);

fn compare(rare: &Row<'_>, common: &Row<'_>, span: u64, pairs: f64) -> Option<(f64, Correlation)> {
    let times = rare.1.len() as u64;
    let lags = lags(&rare.1, &common.1, 0);
    let together = lags.len() as u64;
    if (together as f64) <= times as f64 * SCORE {
        return None;
    }
    // Few episodes say little about chance: it is no less than if the others came at any time of the span.
    let covered: u64 = common.1.iter().map(|episode| episode.end - episode.start + 2 * NEAR).sum();
    let covered = (covered as f64 / span as f64).min(1.0);
    surprise(together, times, covered, pairs)?;
    // Chance as it is at those times of the day: the same two rows, moved past each other. What has a rush hour, or comes in
    // bursts, has it moved as well; only what belongs together to the minute is apart then.
    let moved = MOVED.flat_map(|steps| [1, -1].map(|side| side * (steps * NEAR) as i64));
    let met: Vec<usize> = moved.map(|by| self::lags(&rare.1, &common.1, by).len()).collect();
    let there = met.iter().sum::<usize>() as f64 / (met.len() as u64 * times) as f64;
    let each = there.max(covered);
    let (score, likely) = surprise(together, times, each, pairs)?;
    let by_chance = each * times as f64;
    let mut sorted = lags;
    sorted.sort_unstable();
    let middle = sorted[sorted.len() / 2];
    // The common one after the rare one where the lag is positive.
    let (one, other) = if middle >= 0 { (rare, common) } else { (common, rare) };
    Some((
        likely,
        Correlation {
            one: one.0.subject.clone(),
            other: other.0.subject.clone(),
            times,
            together,
            by_chance: wall::rounded(by_chance, 2),
            score: wall::rounded(score, 3),
            later: Duration::from_secs(middle.unsigned_abs() / 1000),
        },
    ))
}

/// The score, and how likely it is without a reason, if both are such that it is told.
fn surprise(together: u64, times: u64, each: f64, pairs: f64) -> Option<(f64, f64)> {
    let score = (together as f64 / times as f64 - each) / (1.0 - each);
    let likely = chance::at_least(together, times, each) * pairs;
    (score > SCORE && likely <= BY_CHANCE).then_some((score, likely))
}

/// How long after each of `rare` that has one near the nearest of `common` began, with `common` moved by so much.
fn lags(rare: &[Episode], common: &[Episode], moved: i64) -> Vec<i64> {
    let mut found = Vec::new();
    let mut from = 0;
    for episode in rare {
        let (start, end) = (episode.start as i64 - moved, episode.end as i64 - moved);
        while common.get(from).is_some_and(|next| next.end as i64 + (NEAR as i64) < start) {
            from += 1;
        }
        let near = common[from..].iter().take_while(|next| next.start as i64 <= end + NEAR as i64);
        let lags = near.map(|next| next.start as i64 - start);
        found.extend(lags.min_by_key(|lag| lag.unsigned_abs()));
    }
    found
}
