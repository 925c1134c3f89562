//! The log's own line of time.
//!
//! Minutes and hours are those of the clock on the wall when the log was made, and go on from there by the monotonic clock: who
//! sets the wall clock moves nothing that is counted. How far the two have come apart since is known from the last record, and
//! is put right where times are shown.

use crate::Tick;
use crate::sync::{AtomicU64, Ordering};
use std::sync::atomic::AtomicU64 as Counter;
use std::time::{Duration, SystemTime};

/// A millisecond, of which a line is made.
const NANOS: u64 = 1_000_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// A point on the line, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line(pub(super) i64);

impl Line {
    pub(super) const MIN: Self = Self(i64::MIN);
    pub(super) const MAX: Self = Self(i64::MAX);

    pub(super) const fn minute(self) -> i64 {
        self.0.div_euclid(MINUTE)
    }

    pub(super) const fn hour(self) -> i64 {
        self.0.div_euclid(HOUR)
    }

    pub(super) const fn of_minute(minute: i64) -> Self {
        Self(minute.saturating_mul(MINUTE))
    }

    pub(super) const fn of_hour(hour: i64) -> Self {
        Self(hour.saturating_mul(HOUR))
    }

    pub(super) fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// The milliseconds from `earlier` to this point; zero if `earlier` is later.
    pub(super) const fn since(self, earlier: Self) -> i64 {
        let passed = self.0.saturating_sub(earlier.0);
        if passed > 0 { passed } else { 0 }
    }
}

/// A point, and the minute and the hour that it is in: found once for all that is counted then.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) line: Line,
    pub(super) minute: i32,
    pub(super) hour: i32,
}

impl From<Line> for At {
    fn from(line: Line) -> Self {
        let fitting = |place: i64| place.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        Self { line, minute: fitting(line.minute()), hour: fitting(line.hour()) }
    }
}

/// Whole milliseconds, at most what fits.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The last moment of the year 9999, which is the last that has a text.
const LAST: i64 = 253_402_300_799_999;

/// What is far less than half of all numbers.
const fn signed(millis: u64) -> i64 {
    millis.cast_signed()
}

/// The wall clock as milliseconds since 1970; what lies before that is taken for 1970, and what has no text for the last that
/// has.
pub(super) fn wall_millis(at: SystemTime) -> i64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Not by way of 128 bits, which `as_millis` takes.
    let millis = since.as_secs().saturating_mul(1_000).saturating_add(since.subsec_millis().into());
    i64::try_from(millis).unwrap_or(LAST).min(LAST)
}

/// Those milliseconds as a time.
pub(super) fn shown(millis: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(millis.min(LAST)).unwrap_or(0))
}

/// Where the line of a log begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// The number of the log in this process.
    log: u64,
    tick: Tick,
    line: Line,
}

impl Start {
    pub(super) fn new(at: SystemTime, now: Tick) -> Self {
        static LOGS: Counter = Counter::new(0);
        let log = LOGS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self { log, tick: now, line: Line(wall_millis(at)) }
    }

    /// Whether both are of the same log.
    pub(super) const fn is(&self, other: &Self) -> bool {
        self.log == other.log
    }

    pub(super) const fn line(&self) -> Line {
        self.line
    }

    /// Where `now` is on the line.
    pub(super) fn place(&self, now: Tick) -> Line {
        let passed = now.as_nanos().wrapping_sub(self.tick.as_nanos());
        let millis =
            if now >= self.tick { signed(passed / NANOS) } else { -signed(passed.wrapping_neg() / NANOS) };
        Line(self.line.0.saturating_add(millis))
    }

    /// The tick at which the minute of `now` began; zero for one that began before ticks did.
    pub(super) fn minute_of(&self, now: Tick) -> u64 {
        let into = self.place(now).0.rem_euclid(MINUTE);
        now.as_nanos().saturating_sub(u64::try_from(into).unwrap_or(0) * NANOS)
    }
}

/// From how many milliseconds on a difference says that the wall clock was set.
const SET: u64 = 1_000;

/// How far the wall clock is ahead of the line.
#[derive(Debug)]
pub(super) struct Drift(AtomicU64);

impl Drift {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The wall clock shows `at`, in milliseconds, where the line is at `line`. Two clocks that are read one after the other differ
    /// by some milliseconds without having been set, and an hour begins where it begins by the wall clock as long as neither is.
    pub(super) fn learn(&self, at: i64, line: Line) {
        let ahead = at.saturating_sub(line.0);
        if self.get().abs_diff(ahead) >= SET {
            self.0.store(ahead.cast_unsigned(), Ordering::Relaxed);
        }
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed).cast_signed()
    }

    /// As it is now.
    pub(super) fn ahead(&self) -> Ahead {
        Ahead(self.get())
    }
}

/// By how much the wall clock is ahead of the line, read once: times that belong together are told by the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead(i64);

impl Ahead {
    /// Where the line is when the wall clock shows `at`.
    pub(super) fn line(self, at: SystemTime) -> Line {
        Line(wall_millis(at).saturating_sub(self.0))
    }

    /// What the wall clock shows there.
    pub(super) fn wall(self, line: Line) -> SystemTime {
        shown(line.0.saturating_add(self.0))
    }

    /// What the wall clock as it is now would have shown there, where it showed `at`: that, unless it was set since.
    pub(super) fn told(self, at: i64, line: Line) -> i64 {
        let now = line.0.saturating_add(self.0);
        if at.abs_diff(now) < SET { at } else { now }
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn f1_the_line_takes_any_clock() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let start = Start::new(at, Tick::from_nanos(5_000_000_000));
        assert_eq!(start.place(Tick::ZERO), Line(1_000_000_000 - 5_000));
        assert_eq!(start.place(Tick::from_nanos(6_000_000_000)), Line(1_000_001_000));
        assert!(start.place(Tick::MAX) > start.line());
        assert_eq!(start.minute_of(Tick::ZERO), 0);
        assert_eq!(Line::MIN.since(Line::MAX), 0);
        assert_eq!(Line::MIN.before(Duration::MAX), Line::MIN);
        let drift = Drift::new();
        drift.learn(wall_millis(at + Duration::from_secs(3_600)), start.line());
        let ahead = drift.ahead();
        assert_eq!(ahead.line(at + Duration::from_secs(3_600)), start.line());
        assert_eq!(ahead.wall(start.line()), at + Duration::from_secs(3_600));
        assert_eq!(ahead.wall(Line::MIN), SystemTime::UNIX_EPOCH);
        drift.learn(wall_millis(at + Duration::from_millis(3_599_996)), start.line());
        let ahead = drift.ahead();
        assert_eq!(ahead.wall(start.line()), at + Duration::from_secs(3_600), "nobody set a clock");
    }
}
