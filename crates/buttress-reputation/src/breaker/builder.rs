//! Setting the knobs, and the rules between them.

use super::Config;
use super::past::SHORTEST;
use super::window::MOST;
use buttress_core::{InvalidConfig, Ratio};
use std::fmt;
use std::time::Duration;

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
    failure_rate: f64,
    jitter: f64,
}

const SHORTEST_WINDOW: Duration = Duration::from_secs(1);
const LONGEST_WINDOW: Duration = Duration::from_secs(366 * 24 * 3600);
const SHARE: &str = "a share from 0 to 1 (half is 0.5, not 50)";
const ONE_OR_MORE: &str = "at least 1";
const SOME_TIME: &str = "more than nothing";

impl Builder {
    pub(super) const fn of(config: Config) -> Self {
        Self { config, failure_rate: config.failure_rate.get(), jitter: config.jitter.get() }
    }

    /// Opens at this many failures in the window, if they are share enough. Default 5; from 1 to 1,000.
    pub const fn failure_threshold(mut self, failures: u16) -> Self {
        self.config.failure_threshold = failures;
        self
    }

    /// How long calls count: all of them for that long, none for longer than half as much again. Default 60 s, from a second to a year.
    pub const fn failure_window(mut self, window: Duration) -> Self {
        self.config.failure_window = window;
        self
    }

    /// The share of the calls in the window that must have failed too, in `0.0..=1.0`. Default 0.5. 0 asks for the failures
    /// alone, and then successes are not counted. Calls are counted up to 1,023 in half of the window and halved beyond
    /// that, so the share of so many must be the threshold at least: smaller shares are for [`Kind::Full`](super::Kind::Full).
    pub const fn failure_rate(mut self, share: f64) -> Self {
        self.failure_rate = share;
        self
    }

    /// A success takes all failures out of the window, so that only failures in a row open. Default false, as a peer that fails
    /// two calls of three would never be left alone.
    pub const fn clear_on_success(mut self, clear: bool) -> Self {
        self.config.clear_on_success = clear;
        self
    }

    /// A peer that says it is asked too much (429) has failed. Default false: it lives, and costs more instead, which sends
    /// calls elsewhere without leaving it alone.
    pub const fn count_throttling(mut self, count: bool) -> Self {
        self.config.count_throttling = count;
        self
    }

    /// How long the breaker stays open at first. Default 1 s, at least a millisecond.
    pub const fn open_for(mut self, time: Duration) -> Self {
        self.config.open_for = time;
        self
    }

    /// The open time is `factor` times as long after each set of probes without a success, up to `max`. Default 2 and 60 s. A
    /// factor of 1 leaves it as it is.
    pub const fn escalation(mut self, factor: f64, max: Duration) -> Self {
        self.config.escalation = factor;
        self.config.open_for_max = max;
        self
    }

    /// By what share each open time is longer or shorter by chance. Default 0.5; 0 is exact.
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    /// A failure of a call that began before the breaker opened starts the open time again. Default false, as stragglers would
    /// keep it open for as long as they come in.
    pub const fn late_failure_extends(mut self, extends: bool) -> Self {
        self.config.late_failure_extends = extends;
        self
    }

    /// So many successful probes close. Default 2, at least 1.
    pub const fn success_threshold(mut self, successes: u8) -> Self {
        self.config.success_threshold = successes;
        self
    }

    /// So many probes may be out at a time. Default as many as close, at least 1.
    pub const fn half_open_max_in_flight(mut self, probes: u8) -> Self {
        self.config.half_open_max_in_flight = Some(probes);
        self
    }

    /// So many failed probes reopen. Default 1, at least 1.
    pub const fn failures_to_reopen(mut self, failures: u8) -> Self {
        self.config.failures_to_reopen = failures;
        self
    }

    /// After so long a probe without a result is given up, and another one may go. Default 10 s: longer than most calls take.
    pub const fn lease(mut self, time: Duration) -> Self {
        self.config.lease = time;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first knob that is outside what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let Self { config, failure_rate, jitter } = self;
        let most = u16::try_from(MOST).expect("a part of the window counts less");
        ensure(
            (1..=1000).contains(&config.failure_threshold),
            "failure_threshold",
            config.failure_threshold,
            "1 to 1000",
        )?;
        let window = config.failure_window;
        let shown = format_args!("{window:?}");
        ensure(
            (SHORTEST_WINDOW..=LONGEST_WINDOW).contains(&window),
            "failure_window",
            shown,
            "1s to a year",
        )?;
        let share = Ratio::new(failure_rate)
            .ok_or_else(|| InvalidConfig::new("failure_rate", failure_rate, SHARE))?;
        // What is left of a full part after it was halved.
        let seen = share.get() * f64::from(most / 2);
        let countable = failure_rate == 0.0 || seen >= f64::from(config.failure_threshold);
        let allowed = "0, or large enough that 511 calls hold the threshold";
        ensure(countable, "failure_rate", failure_rate, allowed)?;
        let open_for = config.open_for;
        ensure(open_for >= SHORTEST, "open_for", format_args!("{open_for:?}"), "at least 1ms")?;
        let factor = config.escalation;
        let grows = factor.is_finite() && factor >= 1.0;
        ensure(grows, "escalation factor", factor, "a finite number of at least 1")?;
        let max = config.open_for_max;
        ensure(max >= open_for, "escalation max", format_args!("{max:?}"), "at least as long as open_for")?;
        let jitter = Ratio::new(jitter).ok_or_else(|| InvalidConfig::new("jitter", jitter, SHARE))?;
        ensure(config.success_threshold > 0, "success_threshold", config.success_threshold, ONE_OR_MORE)?;
        let probes = config.half_open_max_in_flight();
        ensure(probes > 0, "half_open_max_in_flight", probes, ONE_OR_MORE)?;
        let failures = config.failures_to_reopen;
        ensure(failures > 0, "failures_to_reopen", failures, ONE_OR_MORE)?;
        let lease = config.lease;
        ensure(lease > Duration::ZERO, "lease", format_args!("{lease:?}"), SOME_TIME)?;
        let part = u64::try_from(window.as_nanos() / 2).expect("half a year");
        Ok(Config { failure_rate: share, jitter, part, ..config })
    }
}

fn ensure(
    holds: bool,
    knob: &'static str,
    value: impl fmt::Display,
    allowed: &'static str,
) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig::new(knob, value, allowed)) }
}
