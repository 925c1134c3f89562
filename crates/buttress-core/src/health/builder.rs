//! Setting the knobs, and the rules between them.

use super::config::Config;
use crate::config::ensure;
use crate::{InvalidConfig, Ratio};
use std::time::Duration;

/// The most that an interval can be: what is looked at less than once a day is not watched.
const MOST: Duration = Duration::from_secs(24 * 3600);

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
    jitter: f64,
}

impl Builder {
    pub(super) const fn of(config: Config) -> Self {
        Self { config, jitter: config.jitter.get() }
    }

    /// The time from one look to the next. Default 10 s, above zero and up to a day.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.config.interval = interval;
        self
    }

    /// How long a look may take. Default 5 s, above zero, and shorter than the shortest time between two looks.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.config.timeout = timeout;
        self
    }

    /// The share of the interval by which it is longer or shorter at random. Default 0.1, in `0.0..=0.5`.
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    /// How many bad findings in a row make it unhealthy. Default 3, at least 1.
    pub const fn unhealthy_after(mut self, findings: u32) -> Self {
        self.config.unhealthy_after = findings;
        self
    }

    /// How many good findings in a row make it healthy again. Default 1, at least 1.
    pub const fn healthy_after(mut self, findings: u32) -> Self {
        self.config.healthy_after = findings;
        self
    }

    /// A look that finds all well and takes longer than this counts as degraded. Default `None`; above zero and shorter than
    /// the timeout, which such a look never outlasts.
    pub fn degraded_over(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.config.degraded_over = limit.into();
        self
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`InvalidConfig`] names the first setting that cannot work, and what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let Self { mut config, jitter } = self;
        let Config { interval, timeout, unhealthy_after, healthy_after, degraded_over, .. } = config;
        let above_zero = !interval.is_zero() && interval <= MOST;
        ensure(above_zero, "interval", format!("{interval:?}"), "above zero and up to a day")?;
        config.jitter = match Ratio::new(jitter) {
            Some(share) if jitter <= 0.5 => share,
            _ => return Err(InvalidConfig::new("jitter", jitter, "0 to 0.5 of the interval")),
        };
        let ends = !timeout.is_zero() && timeout < config.shortest();
        let allowed = "above zero and shorter than the interval less its jitter";
        ensure(ends, "timeout", format!("{timeout:?}"), allowed)?;
        ensure(unhealthy_after > 0, "unhealthy_after", unhealthy_after, "at least 1 finding")?;
        ensure(healthy_after > 0, "healthy_after", healthy_after, "at least 1 finding")?;
        let limit = degraded_over.unwrap_or(Duration::from_nanos(1).min(timeout));
        let within = !limit.is_zero() && (degraded_over.is_none() || limit < timeout);
        ensure(within, "degraded_over", format!("{limit:?}"), "above zero and shorter than the timeout")?;
        Ok(config)
    }
}
