//! Faults that come back after the same time, again and again.

use super::unit::{Episode, Subject, Unit};
use super::{chance, wall};
use std::fmt;
use std::time::{Duration, SystemTime};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How often it must have come, of how often it should.
const KEPT: f64 = 0.7;
/// How much of what failed must have failed when it was due, by number or by episodes, and half as much by the other.
const EXCLUSIVE: f64 = 0.6;
/// How often it must have come at least.
const TIMES: usize = 5;
/// How likely one finding without a reason may be, over all that is tried.
const BY_CHANCE: f64 = 1e-5;
/// How many episodes are looked at: what fails more often than that fails always.
const MOST_EPISODES: usize = 400;
/// How many distances between episodes are tried as a period, and from how many episodes on.
const PERIODS: usize = 6;
const STARTS: usize = 16;

/// A fault that comes back after the same time, again and again: a job, a cache that runs out, a certificate that is renewed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Periodic {
    /// What comes back.
    pub subject: Subject,
    /// After how long.
    pub period: Duration,
    /// How often it came when it was due.
    pub came: u64,
    /// How often it was due.
    pub due: u64,
    /// How many failures that were.
    pub failures: u64,
    /// When it came last.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub last: SystemTime,
    /// When it is due next.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub next: SystemTime,
}

impl fmt::Display for Periodic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, period, came, due, next, .. } = self;
        let (place, period, next) = (subject.place(), wall::length(*period), wall::minute(*next));
        write!(f, "{place} fails every {period}, {came} of {due} times so far, next at {next}")?;
        subject.fmt_message(f, ": ")
    }
}

/// How finely one looks: at minutes within a day, at hours within weeks.
struct Scale {
    /// Failures this close are one episode.
    apart: u64,
    /// How far from when it is due it may come, at least.
    tolerance: u64,
    /// The shortest period that is told from what fails all the time.
    shortest: u64,
    /// To what times are cut, so that all are known equally well.
    grain: u64,
}

const MINUTES: Scale = Scale { apart: 2 * MINUTE, tolerance: MINUTE, shortest: 5 * MINUTE, grain: 1 };
const HOURS: Scale = Scale { apart: 2 * HOUR, tolerance: HOUR, shortest: 6 * HOUR, grain: HOUR };

/// The units that come periodically between two times; in the last day to the minute, before that to the hour.
pub(super) fn periodic(units: &[Unit], since: u64, until: u64) -> Vec<Periodic> {
    let fine = since.max(until.saturating_sub(DAY));
    let scales = [(MINUTES, fine), (HOURS, since)];
    let mut found: Vec<Periodic> = Vec::new();
    for unit in units {
        let known = |other: &Periodic| {
            let Subject { operation, component, .. } = &unit.subject;
            other.subject.operation == *operation && other.subject.component == *component
        };
        // An operation as a whole is periodic where one of its faults is.
        if unit.subject.fingerprint.is_none() && found.iter().any(known) {
            continue;
        }
        found.extend(scales.iter().find_map(|(scale, since)| look(unit, scale, *since, until, units.len())));
    }
    found
}

/// A train of episodes: every so often from a time on.
struct Train {
    start: f64,
    period: f64,
    due: u64,
    met: Vec<usize>,
}

fn look(unit: &Unit, scale: &Scale, since: u64, until: u64, units: usize) -> Option<Periodic> {
    let mut episodes = unit.episodes(since, until, scale.apart);
    if !(TIMES..=MOST_EPISODES).contains(&episodes.len()) {
        return None;
    }
    for episode in &mut episodes {
        episode.start -= episode.start % scale.grain;
    }
    let failures: u64 = episodes.iter().map(|episode| episode.failures).sum();
    let tried = (units * PERIODS * STARTS) as f64;
    let mut best: Option<(f64, Train)> = None;
    for distance in distances(&episodes, scale, until - since) {
        for start in 0..episodes.len().min(STARTS) {
            let Some(train) = follow(&episodes, start, distance, scale) else { continue };
            let likely = likelihood(&episodes, &train, scale) * tried;
            if likely < best.as_ref().map_or(BY_CHANCE, |(least, _)| *least) {
                let share = |part: usize, whole: usize| part as f64 / whole as f64;
                let due_failures: u64 = train.met.iter().map(|&index| episodes[index].failures).sum();
                let kept = train.met.len() as f64 / train.due as f64 >= KEPT;
                let (of_episodes, of_failures) =
                    (share(train.met.len(), episodes.len()), due_failures as f64 / failures as f64);
                // A burst at another time, and single failures at many, leave it what it is.
                let exclusive = of_episodes >= EXCLUSIVE || of_failures >= EXCLUSIVE;
                let exclusive = exclusive && of_episodes.min(of_failures) >= EXCLUSIVE / 2.0;
                // What lasts through much of its period, such as what only fails by day, is not an event that comes back.
                let long = train.met.iter().filter(|&&index| {
                    (episodes[index].end - episodes[index].start) as f64 > train.period / 4.0
                });
                if kept && exclusive && share(long.count(), train.met.len()) < 0.5 {
                    best = Some((likely, train));
                }
            }
        }
    }
    best.map(|(_, train)| told(unit, &episodes, &train))
}

/// The distances between episodes that are most frequent, each an estimate of a period.
fn distances(episodes: &[Episode], scale: &Scale, span: u64) -> Vec<f64> {
    let mut gaps: Vec<u64> = (1..=3)
        .flat_map(|step| episodes.iter().zip(&episodes[step.min(episodes.len())..]))
        .map(|(one, other)| other.start - one.start)
        .filter(|gap| (scale.shortest..=span / (TIMES as u64 - 1)).contains(gap))
        .collect();
    gaps.sort_unstable();
    let mut found: Vec<f64> = Vec::new();
    while found.len() < PERIODS && !gaps.is_empty() {
        let mut end = 0;
        let (mut densest, mut most) = (0..0, 0);
        for start in 0..gaps.len() {
            let reach = gaps[start] + 2 * tolerance(scale, gaps[start] as f64) as u64;
            while end < gaps.len() && gaps[end] <= reach {
                end += 1;
            }
            if end - start > most {
                (densest, most) = (start..end, end - start);
            }
        }
        if most < 3 {
            break;
        }
        found.push(gaps[densest.start + most / 2] as f64);
        gaps.drain(densest);
    }
    found
}

fn tolerance(scale: &Scale, period: f64) -> f64 {
    (scale.tolerance as f64).max(period / 20.0)
}

/// Follows a period from one episode on, correcting it by each that is met, and then keeps to the straight line through them.
fn follow(episodes: &[Episode], start: usize, distance: f64, scale: &Scale) -> Option<Train> {
    let within = tolerance(scale, distance);
    let first = episodes[start].start as f64;
    let mut met = vec![(0.0, first)];
    let (mut period, mut turn) = (distance, 0.0);
    for episode in &episodes[start + 1..] {
        let at = episode.start as f64;
        let (last_turn, last) = met[met.len() - 1];
        let turns = ((at - last) / period).round();
        if turns < 1.0 || (at - last - turns * period).abs() > within {
            continue;
        }
        turn = last_turn + turns;
        met.push((turn, at));
        period = (at - first) / turn;
    }
    if met.len() < TIMES {
        return None;
    }
    let (start, period) = line(&met)?;
    let on_line = |at: f64| {
        let turn = ((at - start) / period).round();
        ((0.0..=turn.max(0.0)).contains(&turn) && (at - start - turn * period).abs() <= within)
            .then_some(turn)
    };
    let mut met: Vec<usize> = Vec::new();
    let mut last = -1.0;
    for (index, episode) in episodes.iter().enumerate() {
        let Some(at) = on_line(episode.start as f64) else { continue };
        if at > last && at <= turn {
            met.push(index);
            last = at;
        }
    }
    (met.len() >= TIMES).then(|| Train { start, period, due: turn as u64 + 1, met })
}

/// The straight line through numbered times.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let many = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / many, y + point.1 / many));
    let (over, under) = points
        .iter()
        .fold((0.0, 0.0), |(over, under), at| (over + (at.0 - x) * (at.1 - y), under + (at.0 - x).powi(2)));
    let slope = over / under;
    (slope.is_finite() && slope > 0.0).then_some((y - slope * x, slope))
}

/// How likely as many are met when episodes come at any time, as often as they do there.
fn likelihood(episodes: &[Episode], train: &Train, scale: &Scale) -> f64 {
    let (first, last) = (train.met[0], train.met[train.met.len() - 1]);
    let lasted = (episodes[last].start - episodes[first].start) as f64;
    let rate = (last - first) as f64 / lasted;
    let each = 1.0 - (-rate * 2.0 * tolerance(scale, train.period)).exp();
    // The first two make the period; it is the others that confirm it.
    chance::at_least((train.met.len() as u64).saturating_sub(2), train.due.saturating_sub(2), each)
}

fn told(unit: &Unit, episodes: &[Episode], train: &Train) -> Periodic {
    let last = episodes[train.met[train.met.len() - 1]].start;
    let turn = ((last as f64 - train.start) / train.period).round();
    let next = train.start + (turn + 1.0) * train.period;
    Periodic {
        subject: unit.subject.clone(),
        period: Duration::from_millis(rounded(train.period)),
        came: train.met.len() as u64,
        due: train.due,
        failures: train.met.iter().map(|&index| episodes[index].failures).sum(),
        last: wall::from_millis(last),
        next: wall::from_millis(next as u64),
    }
}

/// As exactly as it is known: to ten seconds below an hour, to the minute below a day, else to the hour.
fn rounded(period: f64) -> u64 {
    let to = if period < HOUR as f64 {
        MINUTE / 6
    } else if period < DAY as f64 {
        MINUTE
    } else {
        HOUR
    };
    (period / to as f64).round() as u64 * to
}
