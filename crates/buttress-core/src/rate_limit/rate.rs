//! So many in such a time.

use crate::InvalidConfig;
use crate::clock::nanos;
use crate::config::ensure;
use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// So many in such a time, from one a day to 2³² a second. Kept as it was written: 60 a minute are as many as one a second,
/// and say something else to who counts by windows.
///
/// ```
/// use buttress_core::rate_limit::Rate;
/// use std::time::Duration;
///
/// let rate: Rate = "5/m".parse()?;
/// assert_eq!(rate, Rate::per_minute(5)?);
/// assert_eq!((rate.count(), rate.per()), (5, Duration::from_secs(60)));
/// assert_eq!("250/100ms".parse::<Rate>()?.per_second_f64(), 2_500.0);
/// # Ok::<(), buttress_core::InvalidConfig>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    count: NonZeroU64,
    per: NonZeroU64,
}

impl Rate {
    /// So many in `per`.
    ///
    /// # Errors
    /// It is less than one a day or more than 2³² a second, or `per` is zero or above 366 days.
    pub fn new(count: u64, per: Duration) -> Result<Self, InvalidConfig> {
        let value = || format!("{count} in {per:?}");
        let refuse =
            || InvalidConfig::new("rate", value(), "one a day to 2^32 a second, in 1 ns to 366 days");
        let per = NonZeroU64::new(nanos(per)).filter(|per| per.get() <= 366 * DAY).ok_or_else(refuse)?;
        let count = NonZeroU64::new(count).ok_or_else(refuse)?;
        let (many, long) = (u128::from(count.get()), u128::from(per.get()));
        let allowed = many * u128::from(DAY) >= long && many * u128::from(SECOND) <= long << 32;
        if allowed { Ok(Self { count, per }) } else { Err(refuse()) }
    }

    /// So many a second.
    ///
    /// # Errors
    /// It is zero, or more than 2³².
    pub fn per_second(count: u64) -> Result<Self, InvalidConfig> {
        Self::new(count, Duration::from_nanos(SECOND))
    }

    /// So many a minute.
    ///
    /// # Errors
    /// It is zero, or more than 2³² a second.
    pub fn per_minute(count: u64) -> Result<Self, InvalidConfig> {
        Self::new(count, Duration::from_nanos(MINUTE))
    }

    /// So many an hour.
    ///
    /// # Errors
    /// It is zero, or more than 2³² a second.
    pub fn per_hour(count: u64) -> Result<Self, InvalidConfig> {
        Self::new(count, Duration::from_nanos(HOUR))
    }

    /// So many a day.
    ///
    /// # Errors
    /// It is zero, or more than 2³² a second.
    pub fn per_day(count: u64) -> Result<Self, InvalidConfig> {
        Self::new(count, Duration::from_nanos(DAY))
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.count.get()
    }

    /// In which time.
    #[must_use]
    pub const fn per(self) -> Duration {
        Duration::from_nanos(self.per.get())
    }

    /// How many a second, for people and gauges.
    #[must_use]
    pub fn per_second_f64(self) -> f64 {
        self.count.get() as f64 * SECOND as f64 / self.per.get() as f64
    }

    /// How many fit into `time`, whole ones.
    pub(super) fn within(self, time: Duration) -> u64 {
        let whole = u128::from(self.count.get()) * u128::from(nanos(time)) / u128::from(self.per.get());
        u64::try_from(whole).unwrap_or(u64::MAX)
    }

    pub(super) const fn per_nanos(self) -> u64 {
        self.per.get()
    }
}

impl fmt::Display for Rate {
    /// As it is written for [`FromStr`]: `100/s`, `5/m`, `250/100ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.per.get() {
            SECOND => write!(f, "{}/s", self.count),
            MINUTE => write!(f, "{}/m", self.count),
            HOUR => write!(f, "{}/h", self.count),
            DAY => write!(f, "{}/d", self.count),
            other => {
                let (unit, name) = UNITS.into_iter().find(|(unit, _)| other % unit == 0).unwrap_or((1, "ns"));
                write!(f, "{}/{}{name}", self.count, other / unit)
            }
        }
    }
}

/// From the longest, as that is how a time is written shortest.
const UNITS: [(u64, &str); 7] =
    [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns")];

impl FromStr for Rate {
    type Err = InvalidConfig;

    /// `count/time`, the time in `d`, `h`, `m`, `s`, `ms`, `us` or `ns` with a number before it unless that is one.
    fn from_str(text: &str) -> Result<Self, InvalidConfig> {
        let refuse =
            || InvalidConfig::new("rate", format_args!("{text:?}"), "written like 100/s, 5/m or 250/100ms");
        let (count, per) = text.split_once('/').ok_or_else(refuse)?;
        let count = count.trim().parse().map_err(|_| refuse())?;
        let per = per.trim();
        let (number, unit) = per.split_at(per.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?);
        let number: u64 = if number.is_empty() { 1 } else { number.parse().map_err(|_| refuse())? };
        let (unit, _) = UNITS.into_iter().find(|(_, name)| *name == unit.trim()).ok_or_else(refuse)?;
        let per = number.checked_mul(unit).ok_or_else(refuse)?;
        ensure(per > 0, "rate", format_args!("{text:?}"), "a time above zero")?;
        Self::new(count, Duration::from_nanos(per))
    }
}
