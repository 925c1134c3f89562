//! Which marks the windows need.

use super::rule::{Counts, Rule};
use super::{Config, Pair};
use crate::clock::nanos;
use crate::measure::{Pitch, Reading};
use std::time::Duration;

pub(super) const GOOD: usize = 0;
pub(super) const BAD: usize = 1;

/// A window is as long as it says and up to a thirtieth more.
const FINEST: u64 = 30;

/// The longest window that has the marks of the shortest is so many times as long; the next longer one begins a ring of its own.
const REACH: u64 = 12;

/// A window: the current bucket of a ring, and so many before it.
#[derive(Clone, Copy, Debug)]
struct Look {
    ring: usize,
    buckets: u64,
}

/// An alert, and where its windows are.
#[derive(Debug)]
pub(super) struct Alert {
    pub(super) pair: Pair,
    from: u64,
    long: Look,
    short: Look,
}

/// The windows of a budget.
#[derive(Debug)]
pub(super) struct Windows {
    pub(super) pitches: Vec<Pitch>,
    budget: Look,
    pub(super) alerts: Vec<Alert>,
}

impl Windows {
    pub(super) fn new(config: &Config, rule: &Rule) -> Self {
        let rolling = (!config.tumbling).then_some(config.window);
        let pairs = config.alerts().flat_map(|pair| [pair.long, pair.short]);
        let mut lengths: Vec<_> = rolling.into_iter().chain(pairs).map(nanos).collect();
        lengths.sort_unstable();
        let mut pitches = rings(&lengths);
        let look = |window: Duration| {
            let window = nanos(window);
            let ring = pitches.iter().position(|pitch| pitch.reaches(window)).expect("made for it");
            Look { ring, buckets: pitches[ring].buckets_of(window) }
        };
        let alert = |pair: Pair| Alert {
            pair,
            from: rule.burning_from(&pair),
            long: look(pair.long),
            short: look(pair.short),
        };
        let alerts = config.alerts().map(alert).collect();
        let budget = rolling.map(look);
        // Of windows that follow each other, the current one alone.
        let budget = budget.unwrap_or(Look { ring: pitches.len(), buckets: 0 });
        if config.tumbling {
            pitches.push(Pitch::new(config.window, 0));
        }
        Self { pitches, budget, alerts }
    }

    /// What was counted before the window of the budget.
    pub(super) fn before(&self, reading: &Reading<'_, 2>) -> [u64; 2] {
        reading.before(self.budget.ring, self.budget.buckets)
    }

    /// What the window of the budget holds.
    pub(super) fn budget(&self, reading: &Reading<'_, 2>) -> Counts {
        self.budget.counts(reading)
    }

    /// What the last `over` hold; `None` if so much is not kept.
    pub(super) fn over(&self, reading: &Reading<'_, 2>, over: Duration) -> Option<Counts> {
        let over = nanos(over);
        let ring = self.pitches.iter().position(|pitch| pitch.reaches(over))?;
        Some(Look { ring, buckets: self.pitches[ring].buckets_of(over) }.counts(reading))
    }
}

impl Look {
    fn counts(self, reading: &Reading<'_, 2>) -> Counts {
        let counts = reading.within(self.ring, self.buckets);
        Counts { good: counts[GOOD], bad: counts[BAD] }
    }
}

impl Alert {
    /// What its long and its short time hold.
    pub(super) fn counts(&self, reading: &Reading<'_, 2>) -> [Counts; 2] {
        [self.long, self.short].map(|look| look.counts(reading))
    }

    pub(super) fn fires(&self, [long, short]: [Counts; 2], minimum_calls: u32) -> bool {
        long.total() >= minimum_calls.into() && Rule::burns(self.from, long) && Rule::burns(self.from, short)
    }
}

/// A ring for the shortest window and those that are not too long for its marks, and so on.
fn rings(mut ascending: &[u64]) -> Vec<Pitch> {
    let mut rings = Vec::new();
    while let Some(shortest) = ascending.first() {
        let pitch = shortest.div_ceil(FINEST);
        let (covered, rest) =
            ascending.split_at(ascending.partition_point(|window| *window <= shortest * REACH));
        let longest = covered.last().expect("the shortest is one");
        let buckets = u32::try_from(longest.div_ceil(pitch)).expect("so many times as long at most");
        rings.push(Pitch::new(Duration::from_nanos(pitch), buckets));
        ascending = rest;
    }
    rings
}
