//! The knobs and their defaults, with reasons.

use super::Builder;
use buttress_core::Ratio;
use std::time::Duration;

/// When to open, how to recover. Always valid: made by [`Config::default`] or a checked [`Builder`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub(super) failure_threshold: u16,
    pub(super) failure_window: Duration,
    pub(super) failure_rate: Ratio,
    pub(super) clear_on_success: bool,
    pub(super) count_throttling: bool,
    pub(super) open_for: Duration,
    pub(super) open_for_max: Duration,
    pub(super) escalation: f64,
    pub(super) jitter: Ratio,
    pub(super) late_failure_extends: bool,
    pub(super) success_threshold: u8,
    pub(super) half_open_max_in_flight: Option<u8>,
    pub(super) failures_to_reopen: u8,
    pub(super) lease: Duration,
    /// How long a part of the window is, in nanoseconds.
    pub(super) part: u64,
}

impl Default for Config {
    /// Opens when at least 5 calls and half of all failed within 60 s: a count alone opens on the few failures that any busy
    /// peer has, a share alone on the first call. Open for 1 s, doubling up to 60 s while no probe succeeds, ±50 % so that
    /// nobody comes back together. Up to 2 probes at a time, 2 successes close, one failure reopens, a probe's lease lasts
    /// 10 s.
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            failure_window: Duration::from_secs(60),
            failure_rate: const { Ratio::new(0.5).expect("half is a ratio") },
            clear_on_success: false,
            count_throttling: false,
            open_for: Duration::from_secs(1),
            open_for_max: Duration::from_secs(60),
            escalation: 2.0,
            jitter: const { Ratio::new(0.5).expect("half is a ratio") },
            late_failure_extends: false,
            success_threshold: 2,
            half_open_max_in_flight: None,
            failures_to_reopen: 1,
            lease: Duration::from_secs(10),
            part: 30_000_000_000,
        }
    }
}

impl Config {
    /// The defaults, ready to be changed.
    pub fn builder() -> Builder {
        Self::default().to_builder()
    }

    /// These settings, ready to be changed.
    pub const fn to_builder(self) -> Builder {
        Builder::of(self)
    }

    /// So many failures in the window open, if they are share enough.
    #[must_use]
    pub const fn failure_threshold(&self) -> u16 {
        self.failure_threshold
    }

    /// How long a failure counts.
    #[must_use]
    pub const fn failure_window(&self) -> Duration {
        self.failure_window
    }

    /// The share of failures that opens, if they are enough.
    #[must_use]
    pub const fn failure_rate(&self) -> Ratio {
        self.failure_rate
    }

    /// How long the breaker stays open at first, before it is spread.
    #[must_use]
    pub const fn open_for(&self) -> Duration {
        self.open_for
    }

    /// So many successful probes close.
    #[must_use]
    pub const fn success_threshold(&self) -> u8 {
        self.success_threshold
    }

    /// So many probes may be out at a time.
    #[must_use]
    pub fn half_open_max_in_flight(&self) -> u8 {
        self.half_open_max_in_flight.unwrap_or(self.success_threshold)
    }
}
