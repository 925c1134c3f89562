//! Setting the knobs, and the rules between them.

use super::{Backoff, Config, Jitter};
use crate::InvalidConfig;
use crate::config::ensure;
use std::num::NonZeroU32;
use std::time::Duration;

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
    attempts: u32,
}

impl Builder {
    pub(super) const fn of(config: Config) -> Self {
        Self { config, attempts: config.max_attempts.get() }
    }

    /// Attempts, the first included. Default 3, at least 1, which is to try once.
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Attempts after the first: [`Self::attempts`] less one. Default 2.
    pub const fn retries(self, retries: u32) -> Self {
        self.attempts(retries.saturating_add(1))
    }

    /// Waits always this long.
    pub fn fixed(self, delay: Duration) -> Self {
        self.backoff(Backoff::Fixed(delay))
    }

    /// Waits `base`, and `increment` longer before each further retry.
    pub fn linear(self, base: Duration, increment: Duration) -> Self {
        self.backoff(Backoff::Linear { base, increment })
    }

    /// Waits `base`, and `factor` times as long before each further retry. Default 50 ms and 2. The factor is finite and at
    /// least 1.
    pub fn exponential(self, base: Duration, factor: f64) -> Self {
        self.backoff(Backoff::Exponential { base, factor })
    }

    /// Waits `base` times 1, 1, 2, 3, 5, 8, …
    pub fn fibonacci(self, base: Duration) -> Self {
        self.backoff(Backoff::Fibonacci { base })
    }

    /// Waits as given. Raises the cap to the first wait.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.config.backoff = backoff;
        self.config.cap = self.config.cap.max(backoff.base());
        self
    }

    /// How waits are spread. Default [`Jitter::Full`]: with less, clients that failed together come back together.
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.config.jitter = jitter;
        self
    }

    /// The longest wait. Default 2 s; at least the first wait.
    pub const fn cap(mut self, cap: Duration) -> Self {
        self.config.cap = cap;
        self
    }

    /// Caps the delay before it is spread, so that symmetric and additive jitter may exceed the cap by their share. Some
    /// expect it so; the default is a cap that holds.
    pub const fn cap_before_jitter(mut self) -> Self {
        self.config.cap_before_jitter = true;
        self
    }

    /// The longest hint of a server that is waited for. Default 10 s: one that asks for more is not asked again by the same
    /// call. Zero is to wait for none.
    pub const fn max_hint(mut self, max: Duration) -> Self {
        self.config.max_hint = max;
        self
    }

    /// Checks every setting and those that depend on each other.
    ///
    /// # Errors
    /// [`InvalidConfig`] names the first setting that cannot work, and what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let mut config = self.config;
        config.max_attempts = NonZeroU32::new(self.attempts)
            .ok_or_else(|| InvalidConfig::new("attempts", self.attempts, "at least 1, the first one"))?;
        config.backoff.check()?;
        let reached = config.cap >= config.backoff.base();
        ensure(reached, "cap", format_args!("{:?}", config.cap), "at least the first delay")?;
        Ok(config)
    }
}
