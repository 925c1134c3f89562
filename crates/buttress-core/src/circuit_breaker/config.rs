//! The knobs and their defaults, with reasons.

use super::builder::Builder;
use crate::Ratio;
use crate::clock::{Span, nanos};
use crate::measure::{BUCKETS, RollingWindow};
use std::num::NonZeroU32;
use std::time::Duration;

/// When to open, how to recover. Always valid: made by [`Config::default`], a preset, or a checked [`Builder`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub(super) window: Window,
    pub(super) run: Option<Run>,
    pub(super) failure_rate: Option<Ratio>,
    pub(super) slow_calls: Option<SlowCalls>,
    pub(super) failure_count: Option<NonZeroU32>,
    pub(super) clear_on_success: bool,
    pub(super) minimum_calls: u32,
    pub(super) count_throttling: bool,
    pub(super) open: OpenTime,
    pub(super) late_failure_extends: bool,
    pub(super) half_open_probes: u8,
    pub(super) half_open_successes: u8,
    pub(super) half_open_failures: u8,
    pub(super) probe_lease: Span,
    pub(super) shadow: bool,
}

/// What the failure rate, the slow calls and the count of failures are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The calls that ended within this time, to a tenth of it.
    Time(Duration),
    /// The last calls: exactly up to ten, and beyond that between as many and a third more.
    Calls(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) failures: u16,
    pub(super) when_busy: u16,
    /// For ever is as long as a span gets.
    pub(super) within: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SlowCalls {
    pub(super) rate: Ratio,
    pub(super) slower_than: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OpenTime {
    pub(super) base: Span,
    pub(super) max: Span,
    pub(super) factor: f64,
    pub(super) jitter: Ratio,
    pub(super) hint_max: Span,
}

impl Default for Config {
    /// Opens at half of at least 10 calls failing within 10 s, and before there are that many at a run of 5 failures within
    /// 60 s. While busy the run is 20, as 5 in a row are noise at 100 calls a second. Open for 1 s, doubling up to 60 s
    /// while no probe succeeds, ±50 % so that clients do not come back together; a server's hint can raise it to 10 s.
    /// Up to 3 probes at a time, 3 successes close, one failure reopens, a probe's lease lasts 10 s.
    fn default() -> Self {
        Self {
            window: Window::Time(Duration::from_secs(10)),
            run: Some(Run { failures: 5, when_busy: 20, within: Span::from_secs(60) }),
            failure_rate: Ratio::new(0.5),
            slow_calls: None,
            failure_count: None,
            clear_on_success: false,
            minimum_calls: 10,
            count_throttling: false,
            open: OpenTime {
                base: Span::from_secs(1),
                max: Span::from_secs(60),
                factor: 2.0,
                jitter: Ratio::new(0.5).expect("half is a ratio"),
                hint_max: Span::from_secs(10),
            },
            late_failure_extends: false,
            half_open_probes: 3,
            half_open_successes: 3,
            half_open_failures: 1,
            probe_lease: Span::from_secs(10),
            shadow: false,
        }
    }
}

impl Config {
    /// The defaults, ready to be changed.
    pub fn builder() -> Builder {
        Self::default().to_builder()
    }

    /// These settings, ready to be changed.
    pub fn to_builder(self) -> Builder {
        Builder::of(self)
    }

    /// A call that takes at least this long is slow.
    #[must_use]
    pub fn slow_call_duration(&self) -> Option<Duration> {
        self.slow_calls.map(|slow| slow.slower_than.get())
    }

    pub(super) fn rolling_window(&self) -> RollingWindow {
        match self.window {
            Window::Time(length) => {
                let short_laps = length < Duration::from_millis(1_500);
                RollingWindow::new((nanos(length) / BUCKETS).max(1), BUCKETS, short_laps)
            }
            Window::Calls(calls) => {
                let calls = u64::from(calls);
                let (width, span) = if calls <= BUCKETS {
                    (1, calls)
                } else {
                    // One bucket more than the calls fill, so that there are never fewer than asked for.
                    let width = calls.div_ceil(BUCKETS - 1);
                    (width, calls.div_ceil(width) + 1)
                };
                RollingWindow::new(width, span, false)
            }
        }
    }

    /// How long a breaker stays closed before its next opening starts from the base again.
    pub(super) fn calm_after(&self) -> Duration {
        match self.window {
            Window::Time(length) => length,
            Window::Calls(_) => self.open.max.get(),
        }
    }
}
