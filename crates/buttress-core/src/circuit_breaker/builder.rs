//! Setting the knobs, and the rules between them.

use super::config::{Config, Run, SlowCalls, Window};
use crate::clock::Span;
use crate::config::ensure;
use crate::{InvalidConfig, Ratio};
use std::num::NonZeroU32;
use std::time::Duration;

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
    failure_rate: Option<f64>,
    slow_calls: Option<(f64, Duration)>,
    failure_count: Option<u32>,
    jitter: f64,
}

impl Builder {
    pub(super) fn of(config: Config) -> Self {
        let failure_rate = config.failure_rate.map(Ratio::get);
        let slow_calls = config.slow_calls.map(|slow| (slow.rate.get(), slow.slower_than.get()));
        let failure_count = config.failure_count.map(NonZeroU32::get);
        Self { config, failure_rate, slow_calls, failure_count, jitter: config.open.jitter.get() }
    }

    /// Takes all rules out, so that those added next are the only ones.
    pub const fn no_rules(mut self) -> Self {
        (self.config.run, self.failure_rate, self.slow_calls, self.failure_count) = (None, None, None, None);
        self
    }

    /// Opens when this share of the calls in the window failed, in `0.0..=1.0` and above zero. Default 0.5. Looked at when a
    /// call fails: a success never opens a breaker.
    pub const fn failure_rate_threshold(mut self, rate: f64) -> Self {
        self.failure_rate = Some(rate);
        self
    }

    /// Rates count from this many calls in the window on. Default 10, at least 1: of two calls, one failure is no news.
    pub const fn minimum_calls(mut self, calls: u32) -> Self {
        self.config.minimum_calls = calls;
        self
    }

    /// Takes rates and counts over this time. Default 10 s, from 100 ms to a year.
    pub const fn window(mut self, length: Duration) -> Self {
        self.config.window = Window::Time(length);
        self
    }

    /// Takes rates and counts over this many calls instead of a time; 1 to a billion.
    pub const fn window_of_calls(mut self, calls: u32) -> Self {
        self.config.window = Window::Calls(calls);
        self
    }

    /// Opens at this many failures in a row, however many calls there are: also while busy, until
    /// [`Self::consecutive_failures_when_busy`] says otherwise. Default 5, and 20 while busy. At least 1.
    pub fn consecutive_failures(mut self, failures: u16) -> Self {
        let within = self.config.run.map_or(Span::MAX, |run| run.within);
        self.config.run = Some(Run { failures, when_busy: failures, within });
        self
    }

    /// Asks for a longer run once the window holds [`Self::minimum_calls`]. Default 20. At least as long as the other run,
    /// without which it does nothing.
    pub fn consecutive_failures_when_busy(mut self, failures: u16) -> Self {
        if let Some(run) = &mut self.config.run {
            run.when_busy = failures;
        }
        self
    }

    /// A run that has not opened the breaker within this time starts again. Default 60 s; `None` for never.
    pub fn consecutive_failures_within(mut self, age: Option<Duration>) -> Self {
        if let Some(run) = &mut self.config.run {
            run.within = age.map_or(Span::MAX, Span::from);
        }
        self
    }

    /// Opens at this many failures in the window, however many calls succeed. Off by default. At least 1.
    pub const fn failures_in_window(mut self, failures: u32) -> Self {
        self.failure_count = Some(failures);
        self
    }

    /// Whether a success takes the failures out of the window. Default `false`.
    pub const fn clear_on_success(mut self, clear: bool) -> Self {
        self.config.clear_on_success = clear;
        self
    }

    /// Opens when this share of the calls in the window took at least `slower_than` until the response head. Off by
    /// default, as what is slow is the peer's own affair.
    pub const fn slow_call_rate_threshold(mut self, rate: f64, slower_than: Duration) -> Self {
        self.slow_calls = Some((rate, slower_than));
        self
    }

    /// Whether [`Outcome::Throttled`](crate::Outcome::Throttled) counts as a failure in rates and of a probe, never in a
    /// run. Default `false`: one noisy tenant must not open a breaker that all share.
    pub const fn count_throttling(mut self, count: bool) -> Self {
        self.config.count_throttling = count;
        self
    }

    /// Stays open this long the first time. Default 1 s; above zero.
    pub fn open_for(mut self, time: Duration) -> Self {
        self.config.open.base = time.into();
        self.config.open.max = self.config.open.max.max(time.into());
        self
    }

    /// The open time grows by `factor` while no probe succeeds, up to `max`. Default 2.0 and 60 s; a factor of 1.0 is none.
    /// Forgotten after one window closed.
    pub fn escalation(mut self, factor: f64, max: Duration) -> Self {
        (self.config.open.factor, self.config.open.max) = (factor, max.into());
        self
    }

    /// Spreads the open time by up to this share in both directions, below the cap. Default 0.5, so that the clients of one
    /// peer do not probe it all at once.
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    /// A server's own hint (`Retry-After`) can raise the open time to at most this. Default 10 s: a peer may ask for
    /// patience, not for a day off. Zero ignores hints.
    pub fn hint_max(mut self, max: Duration) -> Self {
        self.config.open.hint_max = max.into();
        self
    }

    /// Whether a failure of a call begun before the breaker opened starts the open time again. Default `false`: stragglers
    /// would keep a breaker open that has long stopped calling.
    pub const fn late_failure_extends(mut self, extends: bool) -> Self {
        self.config.late_failure_extends = extends;
        self
    }

    /// Probes at a time, at least 1 and never more than successes are still missing. Default 3.
    pub const fn half_open_probes(mut self, probes: u8) -> Self {
        self.config.half_open_probes = probes;
        self
    }

    /// Successful probes that close. Default 3, at least 1: one success of a peer that fails half of its calls is luck.
    pub const fn half_open_successes(mut self, successes: u8) -> Self {
        self.config.half_open_successes = successes;
        self
    }

    /// Failed probes that reopen. Default 1, at least 1.
    pub const fn half_open_failures(mut self, failures: u8) -> Self {
        self.config.half_open_failures = failures;
        self
    }

    /// A probe that has not ended this long after the last one was sent gives its place to another. Default 10 s; above
    /// zero. Longer than calls usually take.
    pub fn probe_lease(mut self, time: Duration) -> Self {
        self.config.probe_lease = time.into();
        self
    }

    /// Starts in shadow: decides and reports, but refuses nothing. Default `false`.
    pub const fn shadow(mut self, shadow: bool) -> Self {
        self.config.shadow = shadow;
        self
    }

    /// Checks every setting and those that depend on each other.
    ///
    /// # Errors
    /// [`InvalidConfig`] names the first setting that cannot work, and what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let mut config = self.config;
        config.failure_rate =
            self.failure_rate.map(|rate| share("failure_rate_threshold", rate)).transpose()?;
        config.slow_calls = match self.slow_calls {
            Some((rate, slower_than)) => {
                positive("slower_than", slower_than)?;
                let rate = share("slow_call_rate_threshold", rate)?;
                Some(SlowCalls { rate, slower_than: slower_than.into() })
            }
            None => None,
        };
        let count = |count| {
            NonZeroU32::new(count)
                .ok_or_else(|| InvalidConfig::new("failures_in_window", count, "at least 1"))
        };
        config.failure_count = self.failure_count.map(count).transpose()?;
        config.open.jitter = Ratio::new(self.jitter)
            .ok_or_else(|| InvalidConfig::new("jitter", self.jitter, "a share from 0 to 1"))?;
        config.check()?;
        Ok(config)
    }
}

impl Config {
    fn check(&self) -> Result<(), InvalidConfig> {
        match self.window {
            Window::Time(length) => {
                let allowed = Duration::from_millis(100)..=Duration::from_secs(366 * 24 * 3600);
                ensure(allowed.contains(&length), "window", format!("{length:?}"), "100 ms to 366 days")?;
            }
            Window::Calls(calls) => {
                ensure((1..=1_000_000_000).contains(&calls), "window_of_calls", calls, "1 to 1000000000")?;
                let rates = self.failure_rate.is_some() || self.slow_calls.is_some();
                let reachable = !rates || self.minimum_calls <= calls;
                ensure(reachable, "minimum_calls", self.minimum_calls, "at most the calls in the window")?;
                let count = self.failure_count.map_or(0, NonZeroU32::get);
                ensure(count <= calls, "failures_in_window", count, "at most the calls in the window")?;
            }
        }
        if let Some(run) = self.run {
            at_least_one("consecutive_failures", run.failures.into())?;
            let ordered = run.when_busy >= run.failures;
            ensure(
                ordered,
                "consecutive_failures_when_busy",
                run.when_busy,
                "at least consecutive_failures",
            )?;
            positive("consecutive_failures_within", run.within.get())?;
        }
        at_least_one("minimum_calls", self.minimum_calls)?;
        at_least_one("half_open_probes", self.half_open_probes.into())?;
        at_least_one("half_open_successes", self.half_open_successes.into())?;
        at_least_one("half_open_failures", self.half_open_failures.into())?;
        positive("probe_lease", self.probe_lease.get())?;
        positive("open_for", self.open.base.get())?;
        let (base, max) = (self.open.base.get(), self.open.max.get());
        ensure(max >= base, "escalation max", format!("{max:?}"), "at least open_for")?;
        let factor = self.open.factor;
        ensure(
            factor.is_finite() && factor >= 1.0,
            "escalation factor",
            factor,
            "a finite number of at least 1",
        )?;
        let any = self.run.is_some()
            || self.failure_rate.is_some()
            || self.slow_calls.is_some()
            || self.failure_count.is_some();
        ensure(any, "rules", "none", "at least one rule that opens")
    }
}

fn share(knob: &'static str, value: f64) -> Result<Ratio, InvalidConfig> {
    let allowed = "a share above 0 and up to 1 (half is 0.5, not 50)";
    Ratio::new(value)
        .filter(|ratio| *ratio > Ratio::ZERO)
        .ok_or_else(|| InvalidConfig::new(knob, value, allowed))
}

fn at_least_one(knob: &'static str, value: u32) -> Result<(), InvalidConfig> {
    ensure(value > 0, knob, value, "at least 1")
}

fn positive(knob: &'static str, value: Duration) -> Result<(), InvalidConfig> {
    ensure(!value.is_zero(), knob, format!("{value:?}"), "above zero")
}
