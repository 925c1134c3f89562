//! Setting the knobs, and what is allowed.

use super::Config;
use crate::InvalidConfig;
use crate::config::ensure;
use std::num::NonZeroU32;
use std::time::Duration;

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
    burst: u32,
}

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(3600);

impl Builder {
    pub(super) const fn of(config: Config) -> Self {
        Self { config, burst: config.burst.get() }
    }

    /// Bytes per second that all peers together send. Default 0, which is no limit.
    pub const fn upload(mut self, bytes_per_second: u64) -> Self {
        self.config.upload = bytes_per_second;
        self
    }

    /// Bytes per second that all peers together receive. Default 0, which is no limit.
    pub const fn download(mut self, bytes_per_second: u64) -> Self {
        self.config.download = bytes_per_second;
        self
    }

    /// Bytes per second that each peer sends. Default 0, which is no limit of its own: that of all together holds.
    pub const fn per_peer_upload(mut self, bytes_per_second: u64) -> Self {
        self.config.per_peer_upload = bytes_per_second;
        self
    }

    /// Bytes per second that each peer receives. Default 0, which is no limit of its own: that of all together holds.
    pub const fn per_peer_download(mut self, bytes_per_second: u64) -> Self {
        self.config.per_peer_download = bytes_per_second;
        self
    }

    /// What is larger than the rest of the burst goes on in parts, each what the rate brings in so much time, and never less than
    /// a byte. Default 100 ms, which hardly anybody notices; 1 ms to an hour. It is no step: room comes with every nanosecond.
    pub const fn refill_interval(mut self, interval: Duration) -> Self {
        self.config.refill_interval = interval;
        self
    }

    /// How many refills pass at once where nothing passed before. Default 10, at least 1. With little more than the resolution of
    /// timers, 1 ms, in all, the rate is not reached: what is over while a timer is late is lost.
    pub const fn burst(mut self, refills: u32) -> Self {
        self.burst = refills;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first knob that is outside what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let interval = self.config.refill_interval;
        let shown = format_args!("{interval:?}");
        ensure((SHORTEST..=LONGEST).contains(&interval), "refill_interval", shown, "1ms to 1h")?;
        let burst = NonZeroU32::new(self.burst);
        let burst = burst.ok_or_else(|| InvalidConfig::new("burst", self.burst, "at least 1 refill"))?;
        Ok(Config { burst, ..self.config })
    }
}
