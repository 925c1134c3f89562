//! Setting the knobs.

use super::config::Config;
use super::word::MOST;
use crate::InvalidConfig;
use crate::clock::Span;
use crate::config::ensure;
use std::time::Duration;

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
}

impl Builder {
    pub(super) const fn of(config: Config) -> Self {
        Self { config }
    }

    /// What may be under way at a time, by weight. Default 100, from 1 to 67,108,863.
    pub const fn max_concurrent(mut self, most: u32) -> Self {
        self.config.max_concurrent = most;
        self
    }

    /// How many calls may wait for a turn. Default 100, up to 67,108,863; with 0 a call that finds no room is refused at
    /// once.
    pub const fn queue(mut self, calls: u32) -> Self {
        self.config.queue = calls;
        self
    }

    /// How long a call may wait for its turn. Default 1 s, above zero; `None` for as long as its caller does.
    pub fn max_wait(mut self, wait: impl Into<Option<Duration>>) -> Self {
        self.config.max_wait = wait.into().map(Span::from);
        self
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`InvalidConfig`] names the first setting that cannot work, and what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let Config { max_concurrent, queue, max_wait } = self.config;
        ensure(
            (1..=MOST).contains(&max_concurrent),
            "max_concurrent",
            max_concurrent,
            "1 to 67108863 calls",
        )?;
        ensure(queue <= MOST, "queue", queue, "0 to 67108863 calls")?;
        let wait = max_wait.map_or(Duration::MAX, Span::get);
        ensure(!wait.is_zero(), "max_wait", format!("{wait:?}"), "above zero (a queue of 0 does not wait)")?;
        Ok(self.config)
    }
}
