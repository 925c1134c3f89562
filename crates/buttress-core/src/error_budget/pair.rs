//! When a budget burns too fast.

use crate::InvalidConfig;
use crate::config::ensure;
use std::fmt;
use std::time::Duration;

/// An alert: the budget burns at `rate` or faster, both over a `long` time, so that it matters, and over a `short` one, so that
/// it still goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pair {
    /// How many times faster than it would last for the window. 0.01 to a billion.
    pub rate: f64,
    /// The long time, up to 30 days.
    pub long: Duration,
    /// The short time, at least a second and shorter than the long one.
    pub short: Duration,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Pair {
    /// Those of Google's SRE Workbook, chapter 5, for a window of 30 days: 2 % of the budget in an hour, 5 % in 6 hours, 10 % in
    /// a day, and 10 % in 3 days. The short time is a twelfth of the long one: so long an alert goes on when it is over.
    pub const STANDARD: [Self; 4] = [
        Self::of(14.4, HOUR, 5 * MINUTE),
        Self::of(6.0, 6 * HOUR, 30 * MINUTE),
        Self::of(3.0, DAY, 2 * HOUR),
        Self::of(1.0, 3 * DAY, 6 * HOUR),
    ];

    const fn of(rate: f64, long: u64, short: u64) -> Self {
        Self { rate, long: Duration::from_secs(long), short: Duration::from_secs(short) }
    }

    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        let Self { rate, long, short } = *self;
        ensure((0.01..=1e9).contains(&rate), "rate", rate, "0.01 to 1000000000")?;
        ensure(long <= Duration::from_secs(30 * DAY), "long", Words(long), "up to 30d")?;
        ensure(short >= Duration::from_secs(1), "short", Words(short), "at least 1s")?;
        ensure(short < long, "short", Words(short), "less than the long time")
    }
}

impl fmt::Display for Pair {
    /// `14.4 on 1h and 5m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} and {}", self.rate, Words(self.long), Words(self.short))
    }
}

/// A time in the largest unit that it is a whole number of.
pub(super) struct Words(pub(super) Duration);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.as_secs();
        let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m")];
        let whole = units.into_iter().find(|(unit, _)| secs > 0 && secs.is_multiple_of(*unit));
        match whole {
            Some((unit, letter)) if self.0.subsec_nanos() == 0 => write!(f, "{}{letter}", secs / unit),
            _ => write!(f, "{:?}", self.0),
        }
    }
}
