//! What a budget is remembered by, across a restart.

use super::durations::{KINDS, Spread};
use super::rule::Rule;
use super::windows::{BAD, GOOD, Windows};
use super::{Config, ErrorBudget, Judged, Level, Pair};
use crate::Tick;
use crate::clock::nanos;
use crate::measure::{Marks, Point};
use crate::sync::lock;
use std::time::Duration;

/// What a budget knew at one instant: a plain value, of no more than 50 KB as text, and 100 KB for a latency objective.
///
/// Times are nanoseconds since the counting began, so it says nothing of clocks: whoever keeps it knows how old it is.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct State {
    /// When it was taken.
    position: u64,
    /// The good and the bad calls up to those times, the oldest first.
    marks: Vec<(u64, u64, u64)>,
    /// The calls of each duration that came since the entry before it, by their bucket.
    durations: Vec<(u64, Vec<(u16, u64)>)>,
    level: Level,
    burning: Vec<Pair>,
}

impl ErrorBudget {
    /// All that it knows, to [go on with](Self::restore).
    #[must_use]
    pub fn export(&self, now: Tick) -> State {
        let judged = *lock(&self.judged);
        let (position, marks) = {
            let reading = self.marks.read(now);
            (reading.position(), reading.points())
        };
        let marks = marks.into_iter().map(|point| (point.at, point.counts[GOOD], point.counts[BAD]));
        let durations = self.spread.as_ref().map(|spread| spread.points(now));
        let alerts = self.windows.alerts.iter().zip(judged.firing);
        State {
            position,
            marks: marks.collect(),
            durations: durations.map(|(_, points)| sparse(&points)).unwrap_or_default(),
            level: judged.level,
            burning: alerts.filter(|(_, firing)| *firing).map(|(alert, _)| alert.pair).collect(),
        }
    }

    /// Goes on with a state that was taken `elapsed` before `now`: what is older than a window by now is not in it, and
    /// nothing is newer than the state. The settings may be others; then calls are placed as exactly as the marks of the one
    /// that exported it. Where the state contradicts itself, the later entry has it.
    ///
    /// Its level is that of the state until it is [checked](Self::check), so that what changed meanwhile is told then.
    #[must_use]
    pub fn restore(config: Config, state: &State, elapsed: Duration, now: Tick) -> Self {
        let rule = Rule::new(&config);
        let windows = Windows::new(&config, &rule);
        let position = state.position.saturating_add(nanos(elapsed));
        let marks = Marks::restored(&windows.pitches, &state.points(), position, now);
        let spread = config.slower_than.map(|_| {
            let points = state.points_of_durations();
            Box::new(Spread::restored(&config, &points, position, now))
        });
        let mut judged = Judged { level: state.level, ..Judged::default() };
        for (alert, firing) in windows.alerts.iter().zip(&mut judged.firing) {
            *firing = state.burning.contains(&alert.pair);
        }
        Self::made_of(config, windows, marks, spread, judged, now)
    }
}

impl State {
    /// Up to when it counted: what came as it was taken is in it.
    const fn end(&self) -> u64 {
        self.position.saturating_add(1)
    }

    /// The marks, in order and none of them in the future, whatever wrote them.
    fn points(&self) -> Vec<Point<2>> {
        let mut latest = Point { at: 0, counts: [0; 2] };
        let mut points = Vec::with_capacity(self.marks.len());
        for (at, good, bad) in &self.marks {
            latest.at = (*at).clamp(latest.at, self.end().max(latest.at));
            latest.counts[GOOD] = latest.counts[GOOD].max(*good);
            latest.counts[BAD] = latest.counts[BAD].max(*bad);
            points.push(latest);
        }
        believable(points)
    }

    fn points_of_durations(&self) -> Vec<Point<KINDS>> {
        let mut latest = Point { at: 0, counts: [0; KINDS] };
        let mut points = Vec::with_capacity(self.durations.len());
        for (at, more) in &self.durations {
            latest.at = (*at).clamp(latest.at, self.end().max(latest.at));
            for (bucket, count) in more {
                if let Some(counted) = latest.counts.get_mut(usize::from(*bucket)) {
                    *counted = counted.saturating_add(*count);
                }
            }
            points.push(latest);
        }
        believable(points)
    }
}

/// More calls than ever come are no count but nonsense. What is believed leaves room for as many again, so that all kinds can be
/// added up; of more than that the oldest are dropped, so that what came last is still told apart.
fn believable<const N: usize>(mut points: Vec<Point<N>>) -> Vec<Point<N>> {
    let most = u64::MAX / 2 / N as u64;
    let latest = points.last().map_or([0; N], |point| point.counts);
    for point in &mut points {
        for (count, latest) in point.counts.iter_mut().zip(latest) {
            *count = count.saturating_sub(latest.saturating_sub(most));
        }
    }
    points
}

/// Few of the buckets have calls in them.
fn sparse(points: &[Point<KINDS>]) -> Vec<(u64, Vec<(u16, u64)>)> {
    let mut before = [0; KINDS];
    let more = points.iter().map(|point| {
        let counted = (0_u16..).zip(point.counts.iter().zip(before));
        let more = counted.map(|(bucket, (count, before))| (bucket, count.wrapping_sub(before)));
        let more = more.filter(|(_, count)| *count > 0).collect();
        before = point.counts;
        (point.at, more)
    });
    more.collect()
}
