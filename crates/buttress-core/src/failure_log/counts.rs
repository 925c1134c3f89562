//! Counts over time, by the minute of the last day and by the hour of the last 30.

use super::line::{At, Line};
use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// How many minutes back the counts by the minute reach: a day.
const MINUTES: i64 = 24 * 60;
/// How many hours back the counts by the hour reach: 30 days.
const HOURS: i64 = 30 * 24;

/// What is counted.
pub(super) trait Count: Copy {
    fn plus(self, more: Self) -> Self;
}

impl Count for u32 {
    fn plus(self, more: Self) -> Self {
        self.saturating_add(more)
    }
}

/// Successes and failures.
impl<T: Count> Count for [T; 2] {
    fn plus(self, more: Self) -> Self {
        [self[0].plus(more[0]), self[1].plus(more[1])]
    }
}

impl Count for u64 {
    fn plus(self, more: Self) -> Self {
        self.saturating_add(more)
    }
}

/// What is counted by the hour, of which a minute was a part.
pub(super) trait Less<M>: Count {
    fn less(self, minute: M) -> Self;
}

impl Less<Self> for u32 {
    fn less(self, minute: Self) -> Self {
        self.saturating_sub(minute)
    }
}

impl Less<u32> for u64 {
    fn less(self, minute: u32) -> Self {
        self.saturating_sub(minute.into())
    }
}

impl<M: Count, H: Less<M>> Less<[M; 2]> for [H; 2] {
    fn less(self, minute: [M; 2]) -> Self {
        [self[0].less(minute[0]), self[1].less(minute[1])]
    }
}

/// What is told of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hours {
    /// All of it, for who looks at the hours alone.
    Whole,
    /// What its minutes do not tell any more, for who adds both up.
    Rest,
}

/// Counts of equal pitch, those that are not nothing, ascending. What lies further back than the reach is gone.
#[derive(Clone, Debug)]
pub(super) struct Track<T> {
    buckets: VecDeque<(i32, T)>,
}

impl<T> Default for Track<T> {
    fn default() -> Self {
        Self { buckets: VecDeque::new() }
    }
}

impl<T: Count> Track<T> {
    /// Adds `more` at `place`, and says what went for it.
    fn add(&mut self, place: i32, more: T, reach: i64, mut gone: impl FnMut(T)) {
        match self.buckets.back_mut() {
            Some((last, count)) if *last == place => *count = count.plus(more),
            Some((last, _)) if i64::from(*last) - i64::from(place) >= reach => {
                // Time went back further than is remembered: what there is belongs to a time that has not come.
                self.buckets.drain(..).for_each(|(_, count)| gone(count));
                self.buckets.push_back((place, more));
            }
            Some((last, _)) if *last > place => self.insert(place, more),
            _ => {
                self.buckets.push_back((place, more));
                self.forget(i64::from(place) - reach, gone);
            }
        }
    }

    /// Adds to what is not the last, which is what late threads and records that are read back do.
    fn insert(&mut self, place: i32, more: T) {
        match self.buckets.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(at) => self.buckets[at].1 = self.buckets[at].1.plus(more),
            Err(at) => self.buckets.insert(at, (place, more)),
        }
    }

    /// Drops what is not after `place`.
    fn forget(&mut self, place: i64, mut gone: impl FnMut(T)) {
        while let Some((first, count)) = self.buckets.front()
            && i64::from(*first) <= place
        {
            gone(*count);
            self.buckets.pop_front();
        }
    }

    /// Those whose places lie in `range`, ascending.
    fn within(&self, range: &RangeInclusive<i64>) -> impl Iterator<Item = (i64, T)> {
        let all = self.buckets.iter().map(|(place, count)| (i64::from(*place), *count));
        all.filter(move |(place, _)| range.contains(place))
    }
}

/// Both pitches.
#[derive(Clone, Debug)]
pub(super) struct Counts<M, H> {
    minutes: Track<M>,
    hours: Track<H>,
}

impl<M, H> Default for Counts<M, H> {
    fn default() -> Self {
        Self { minutes: Track::default(), hours: Track::default() }
    }
}

impl<M: Count, H: Count> Counts<M, H> {
    /// Adds at `at`, and says what fell out of the last day for it.
    pub(super) fn add(&mut self, at: At, minute: M, hour: H, gone: impl FnMut(M)) {
        self.minutes.add(at.minute, minute, MINUTES, gone);
        self.hours.add(at.hour, hour, HOURS, |_| ());
    }

    /// What there was since a minute, which is to be one of the last few.
    pub(super) fn last_minutes(&self, since: i64) -> u64
    where
        M: Into<u64>,
    {
        let latest = self.minutes.buckets.iter().rev();
        latest.take_while(|(minute, _)| i64::from(*minute) >= since).map(|(_, count)| (*count).into()).sum()
    }

    /// What there was between the minutes of two points, by the minute of the last day.
    pub(super) fn minutes(&self, between: &RangeInclusive<Line>) -> impl Iterator<Item = (Line, M)> {
        let range = between.start().minute()..=between.end().minute();
        let found: Vec<_> = self.minutes.within(&range).collect();
        found.into_iter().map(|(place, count)| (Line::of_minute(place), count))
    }

    /// What there was between two points, each once: by the minute, and by the hour what the minutes do not have any more. The
    /// minutes, and in what is older the hours, in which the two points are belong to it.
    pub(super) fn split(&self, between: &RangeInclusive<Line>) -> (Vec<H>, Vec<M>)
    where
        H: Less<M>,
    {
        // What is told by the hour alone came before this.
        let told = self.minutes.buckets.back().map_or(i64::MIN, |(last, _)| i64::from(*last) - MINUTES + 1);
        let rest = (between.start().minute() < told).then(|| self.hours(between, Hours::Rest));
        let rest = rest.into_iter().flatten().map(|(_, count)| count).collect();
        (rest, self.minutes(between).map(|(_, count)| count).collect())
    }

    /// The same by the hour of the last 30 days.
    pub(super) fn hours(
        &self,
        between: &RangeInclusive<Line>,
        told: Hours,
    ) -> impl Iterator<Item = (Line, H)> + use<M, H>
    where
        H: Less<M>,
    {
        let range = between.start().hour()..=between.end().hour();
        let mut found: Vec<_> = self.hours.within(&range).collect();
        if told == Hours::Rest {
            for &(minute, count) in &self.minutes.buckets {
                let hour = Line::of_minute(minute.into()).hour();
                if let Ok(at) = found.binary_search_by_key(&hour, |(hour, _)| *hour) {
                    found[at].1 = found[at].1.less(count);
                }
            }
        }
        found.into_iter().map(|(place, count)| (Line::of_hour(place), count))
    }
}
