//! Failures over time, and the chart of it.

use super::{Bucket, wall};
use std::fmt;
use std::time::{Duration, SystemTime};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The most days there are: more than a year is no trend any more, and a clock that was at 1970 once costs no memory.
const MOST_DAYS: u64 = 400;

/// Failures per minute, hour or day, those without any included.
///
/// Up to an hour is divided into minutes, up to a day into hours, and what is longer into days, of at most 400. Stretches
/// begin with the minute, hour or day in UTC; so the first and the last may be seen in part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Distribution {
    /// How long each stretch is.
    pub pitch: Duration,
    /// The stretches, oldest first, without a gap.
    pub buckets: Vec<Bucket>,
}

/// The pitch for a span of so many milliseconds. One more than an hour is still an hour, whose last millisecond counts.
const fn pitch_of(span: u64) -> u64 {
    let span = span.saturating_sub(1);
    if span <= HOUR {
        MINUTE
    } else if span <= DAY {
        HOUR
    } else {
        DAY
    }
}

impl Distribution {
    /// Of so many failures each at its time, between two times; no bucket where that is empty.
    pub(super) fn of(points: impl IntoIterator<Item = (u64, u64)>, since: u64, until: u64) -> Self {
        let since = since.max(until.saturating_sub(MOST_DAYS * DAY));
        let pitch = pitch_of(until.saturating_sub(since));
        Self::with_pitch(points, since, until, pitch)
    }

    /// The same by day, however long it is.
    pub(super) fn days(points: impl IntoIterator<Item = (u64, u64)>, since: u64, until: u64) -> Self {
        Self::with_pitch(points, since.max(until.saturating_sub(MOST_DAYS * DAY)), until, DAY)
    }

    /// The same with the pitch given.
    fn with_pitch(points: impl IntoIterator<Item = (u64, u64)>, since: u64, until: u64, pitch: u64) -> Self {
        let first = since / pitch;
        let end = if since < until { until.div_ceil(pitch) } else { first };
        let mut buckets: Vec<_> =
            (first..end).map(|index| Bucket { start: wall::from_millis(index * pitch), count: 0 }).collect();
        for (at, failures) in points {
            let Some(index) = (at / pitch).checked_sub(first) else { continue };
            if let Some(bucket) = usize::try_from(index).ok().and_then(|index| buckets.get_mut(index)) {
                bucket.count += failures;
            }
        }
        // A span up to midnight includes midnight, which alone is no stretch to show.
        if until % pitch == 1 && buckets.len() > 1 && buckets.last().is_some_and(|last| last.count == 0) {
            buckets.pop();
        }
        Self { pitch: Duration::from_millis(pitch), buckets }
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.count).sum()
    }

    /// A drawing of it for a terminal: ten lines high, at most 80 columns wide, plain ASCII.
    #[must_use]
    pub const fn chart(&self) -> Chart<'_> {
        Chart { of: self, height: 10 }
    }
}

/// A bar for each stretch of a [`Distribution`], beside a scale; see its [`Display`](fmt::Display).
///
/// More stretches than there is room for are drawn several to a bar.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    of: &'a Distribution,
    height: u64,
}

/// How many columns the bars may take, beside a scale of at most eight.
const ROOM: usize = 70;

impl Chart<'_> {
    /// The same with so many lines for the bars, at least one.
    #[must_use]
    pub const fn height(self, lines: u64) -> Self {
        Self { height: if lines == 0 { 1 } else { lines }, ..self }
    }
}

impl fmt::Display for Chart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buckets = &self.of.buckets;
        let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
            return f.write_str("no failures");
        };
        let together = buckets.len().div_ceil(ROOM);
        let bars: Vec<u64> = buckets
            .chunks(together)
            .map(|some| some.iter().fold(0, |sum: u64, bucket| sum.saturating_add(bucket.count)))
            .collect();
        let highest = bars.iter().copied().max().unwrap_or(0);
        if highest == 0 {
            return f.write_str("no failures");
        }
        let slot = (ROOM / bars.len()).clamp(1, 8);
        let bar = if slot > 2 { slot - 1 } else { slot };
        for line in (1..=self.height).rev() {
            // The scale names the top and the middle.
            let mark = (highest as f64 * line as f64 / self.height as f64).round() as u64;
            let named = line == self.height || line == self.height.div_ceil(2);
            if named {
                write!(f, "{:>7} |", short(mark))?
            } else {
                write!(f, "{:>7} |", "")?
            }
            let mut row = String::with_capacity(ROOM);
            for &failures in &bars {
                // One failure among thousands is seen: what is not nothing has a line at least.
                let tall = failures.saturating_mul(self.height).div_ceil(highest);
                let sign = if tall >= line { '#' } else { ' ' };
                row.extend(std::iter::repeat_n(sign, bar).chain(std::iter::repeat_n(' ', slot - bar)));
            }
            writeln!(f, "{}", row.trim_end())?;
        }
        let width = slot * bars.len();
        writeln!(f, "{:>7} +{}", 0, "-".repeat(width))?;
        let (from, to) = self.labels(first.start, last.start);
        let gap = width.saturating_sub(from.len() + to.len()).max(2);
        write!(f, "{:>9}{from}{}{to}", "", " ".repeat(gap))
    }
}

impl Chart<'_> {
    /// Days by their date, what is shorter by the time of the day.
    fn labels(&self, first: SystemTime, last: SystemTime) -> (String, String) {
        if self.of.pitch >= Duration::from_millis(DAY) {
            let day = |at| wall::minute(at)[5..10].to_owned();
            (day(first), day(last))
        } else {
            (wall::time_of_day(first), wall::time_of_day(last.checked_add(self.of.pitch).unwrap_or(last)))
        }
    }
}

/// At most seven characters.
fn short(number: u64) -> String {
    match number {
        0..=999_999 => number.to_string(),
        1_000_000..=999_999_999 => format!("{}M", number / 1_000_000),
        _ => format!("{number:.0e}"),
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    const START: u64 = 20_000 * DAY;

    fn counts(distribution: &Distribution) -> Vec<u64> {
        distribution.buckets.iter().map(|bucket| bucket.count).collect()
    }

    #[test]
    fn s0_54_minutes_up_to_an_hour_hours_up_to_a_day_then_days_and_gaps_are_filled() {
        for (span, pitch, buckets) in
            [(HOUR, MINUTE, 60), (HOUR + 2, HOUR, 2), (DAY, HOUR, 24), (DAY + 2, DAY, 2), (7 * DAY, DAY, 7)]
        {
            let found = Distribution::of([(START, 2), (START + span - 1, 1)], START, START + span);
            assert_eq!((found.pitch, found.buckets.len()), (Duration::from_millis(pitch), buckets), "{span}");
            assert_eq!(found.total(), 3);
            assert_eq!((found.buckets[0].count, found.buckets[buckets - 1].count), (2, 1));
            assert!(found.buckets[1..buckets - 1].iter().all(|bucket| bucket.count == 0));
        }
    }

    #[test]
    fn f1_a_clock_that_was_at_1970_costs_no_memory() {
        let found = Distribution::of([(0, 5), (START, 1)], 0, START + 1);
        assert!(found.buckets.len() <= MOST_DAYS as usize + 1);
        assert_eq!(found.total(), 1);
        assert!(Distribution::of([(0, 5)], 10, 3).buckets.is_empty());
        assert_eq!(Distribution::of([(0, 5)], 10, 3).chart().to_string(), "no failures");
    }

    #[test]
    fn s0_66_the_chart_of_seven_days_is_ten_high_and_fits_eighty_columns() {
        let week = Distribution::of((0..7).map(|day| (START + day * DAY, day * day)), START, START + 7 * DAY);
        assert_eq!(counts(&week), [0, 1, 4, 9, 16, 25, 36]);
        let chart = week.chart().to_string();
        let lines: Vec<_> = chart.lines().collect();
        assert_eq!(lines.len(), 12, "ten lines, the axis and the dates:\n{chart}");
        let tall = |day: usize| {
            let drawn = |line: &&&str| line.as_bytes().get(9 + day * 8) == Some(&b'#');
            lines[..10].iter().filter(drawn).count()
        };
        assert_eq!((0..7).map(tall).collect::<Vec<_>>(), [0, 1, 2, 3, 5, 7, 10], "{chart}");
        assert!(lines[0].starts_with("     36 |") && lines[10].starts_with("      0 +"), "{chart}");
        for many in [1, 2, 24, 60, 71, 400] {
            let wide = Distribution::with_pitch((0..many).map(|at| (at, u64::MAX / 512)), 0, many, 1);
            let chart = wide.chart().to_string();
            assert!(chart.lines().all(|line| line.len() <= 80 && line.is_ascii()), "{chart}");
            assert_eq!(wide.chart().height(4).to_string().lines().count(), 6);
        }
    }
}
