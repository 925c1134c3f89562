//! Settings of a bucket, and the rules between them.

use super::Rate;
use super::gcra::Gcra;
use crate::InvalidConfig;
use crate::config::{Difference, ensure};
use std::num::NonZeroU32;
use std::time::Duration;

/// How fast a bucket fills and how much it holds. Always valid: made by [`Config::default`], a preset, or checked when it is
/// made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    rate: Rate,
    burst: NonZeroU32,
}

impl Default for Config {
    /// 1,000 a second and 100 at once, which is what comes in a tenth of a second: as one service is to another, and DWCP's Go
    /// package. What a peer bears is known to nobody else, so set it.
    fn default() -> Self {
        super::presets::dwcp()
    }
}

impl Config {
    /// `burst` at once, and `rate` over time. With a burst of one, calls keep their distance.
    ///
    /// # Errors
    /// The burst is zero, takes more than 208 days to come back, or is so large that the rate could not be kept to a billionth. Up
    /// to 10,000,000 every burst can. A larger one can where the time of a token, as a fraction of nanoseconds in lowest terms,
    /// has a numerator that multiplied with the burst stays below 2⁵⁴: a billion at a billion a second, but not at 999,999,970.
    pub fn new(rate: Rate, burst: u32) -> Result<Self, InvalidConfig> {
        let burst = NonZeroU32::new(burst).ok_or_else(|| InvalidConfig::new("burst", burst, "at least 1"))?;
        let config = Self { rate, burst };
        let back_in = u128::from(rate.per_nanos()) * u128::from(burst.get()) / u128::from(rate.count());
        let allowed = if back_in > 1 << 54 {
            "what the rate brings back within 208 days"
        } else {
            "up to 10000000 at so odd a rate"
        };
        ensure(Gcra::of(&config).is_some(), "burst", format_args!("{burst} at {rate}"), allowed)?;
        Ok(config)
    }

    /// `rate` over time, and at once what it brings in a tenth of a second, at least one.
    ///
    /// # Errors
    /// As [`Config::new`], for some odd rates above 100,000,000 a second; none for a slower one.
    pub fn of(rate: Rate) -> Result<Self, InvalidConfig> {
        let burst = rate.within(Duration::from_millis(100)).clamp(1, u64::from(u32::MAX));
        Self::new(rate, u32::try_from(burst).unwrap_or(u32::MAX))
    }

    /// The same with another rate.
    ///
    /// # Errors
    /// As [`Config::new`].
    pub fn with_rate(self, rate: Rate) -> Result<Self, InvalidConfig> {
        Self::new(rate, self.burst.get())
    }

    /// The same with another burst.
    ///
    /// # Errors
    /// As [`Config::new`].
    pub fn with_burst(self, burst: u32) -> Result<Self, InvalidConfig> {
        Self::new(self.rate, burst)
    }

    /// How many over time.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// How many at once, when none came for long enough.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst.get()
    }

    /// The first knob that `other` has set differently; `None` if there is none.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        let knobs = |config: &Self| [("rate", config.rate.to_string()), ("burst", config.burst.to_string())];
        Difference::first(knobs(self), knobs(other))
    }
}
