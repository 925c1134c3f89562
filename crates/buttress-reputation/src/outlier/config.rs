//! The knobs and their defaults, with reasons.

use buttress_core::{InvalidConfig, Ratio};
use std::num::NonZeroU32;
use std::time::Duration;

/// When a peer is an outlier, and for how long it is left out. Always valid: made by [`Config::default`] or a checked
/// [`Builder`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub(super) interval: Duration,
    pub(super) base_ejection: Duration,
    pub(super) max_ejection: Duration,
    pub(super) max_ejected: Ratio,
    pub(super) success_rate: Option<SuccessRate>,
    pub(super) failure_percentage: Option<FailurePercentage>,
}

/// Leaves out who succeeds less often than all do, by so many standard deviations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessRate {
    /// Standard deviations below the mean. Default 1.9; above zero.
    pub deviations: f64,
    /// With fewer peers that have calls enough, there is nobody to compare with. Default 5, at least 2.
    pub minimum_hosts: u32,
    /// With fewer calls in an interval, a peer is neither judged nor compared with. Default 100, at least 1.
    pub request_volume: u32,
}

impl Default for SuccessRate {
    fn default() -> Self {
        Self { deviations: 1.9, minimum_hosts: 5, request_volume: 100 }
    }
}

/// Leaves out who fails as often as that, whatever the others do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailurePercentage {
    /// The percentage of failures from which on a peer is left out. Default 85; above 0, at most 100.
    pub threshold: f64,
    /// With fewer peers that have calls enough, nobody is left out. Default 5, at least 1.
    pub minimum_hosts: u32,
    /// With fewer calls in an interval, a peer is not judged. Default 50, at least 1.
    pub request_volume: u32,
}

impl Default for FailurePercentage {
    fn default() -> Self {
        Self { threshold: 85.0, minimum_hosts: 5, request_volume: 50 }
    }
}

impl Default for Config {
    /// Both rules, looked at each 10 s; out for 30 s the first time and 30 s more each time it happens again, up to 300 s; never
    /// more than a tenth of the peers, but always one. The numbers of Envoy and of gRPC.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            base_ejection: Duration::from_secs(30),
            max_ejection: Duration::from_secs(300),
            max_ejected: Ratio::new(0.1).expect("a tenth is a ratio"),
            success_rate: Some(SuccessRate::default()),
            failure_percentage: Some(FailurePercentage::default()),
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
        Builder { config: self, max_ejected: self.max_ejected.get() }
    }
}

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
    max_ejected: f64,
}

impl Builder {
    /// Looks at the peers so often. Default 10 s; 100 ms to a day.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.config.interval = interval;
        self
    }

    /// Leaves a peer out for `base` the first time, twice that the second time and so on, up to `max`. Default 30 s and 300 s; at
    /// least 1 ms, at most a year.
    pub const fn ejection(mut self, base: Duration, max: Duration) -> Self {
        (self.config.base_ejection, self.config.max_ejection) = (base, max);
        self
    }

    /// Leaves out no more than this share of the peers at a time, but always one. Default 0.1.
    pub const fn max_ejected(mut self, share: f64) -> Self {
        self.max_ejected = share;
        self
    }

    /// The rule by success rate; `None` for without.
    pub fn success_rate(mut self, rule: impl Into<Option<SuccessRate>>) -> Self {
        self.config.success_rate = rule.into();
        self
    }

    /// The rule by failure percentage; `None` for without.
    pub fn failure_percentage(mut self, rule: impl Into<Option<FailurePercentage>>) -> Self {
        self.config.failure_percentage = rule.into();
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first knob that is outside what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let Config { interval, base_ejection, max_ejection, .. } = self.config;
        let timely = |time: Duration| (Duration::from_millis(100)..=DAY).contains(&time);
        ensure(timely(interval), "interval", format!("{interval:?}"), "100 ms to 1 day")?;
        let lasting = (Duration::from_millis(1)..=YEAR).contains(&base_ejection);
        ensure(lasting, "base ejection", format!("{base_ejection:?}"), "1 ms to 366 days")?;
        let ordered = (base_ejection..=YEAR).contains(&max_ejection);
        ensure(ordered, "max ejection", format!("{max_ejection:?}"), "at least the base, at most 366 days")?;
        let max_ejected = Ratio::new(self.max_ejected);
        let max_ejected = max_ejected
            .ok_or_else(|| InvalidConfig::new("max_ejected", self.max_ejected, "a share from 0 to 1"))?;
        if let Some(SuccessRate { deviations, minimum_hosts, request_volume }) = self.config.success_rate {
            let some = deviations > 0.0 && deviations.is_finite();
            ensure(some, "success_rate deviations", deviations.to_string(), "above 0")?;
            ensure(
                minimum_hosts >= 2,
                "success_rate minimum_hosts",
                minimum_hosts.to_string(),
                "at least 2",
            )?;
            let volume = NonZeroU32::new(request_volume);
            ensure(volume.is_some(), "success_rate request_volume", "0".to_owned(), "at least 1")?;
        }
        if let Some(FailurePercentage { threshold, minimum_hosts, request_volume }) =
            self.config.failure_percentage
        {
            let percentage = threshold > 0.0 && threshold <= 100.0;
            ensure(
                percentage,
                "failure_percentage threshold",
                threshold.to_string(),
                "above 0, at most 100",
            )?;
            ensure(minimum_hosts >= 1, "failure_percentage minimum_hosts", "0".to_owned(), "at least 1")?;
            ensure(request_volume >= 1, "failure_percentage request_volume", "0".to_owned(), "at least 1")?;
        }
        Ok(Config { max_ejected, ..self.config })
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

fn ensure(
    holds: bool,
    knob: &'static str,
    value: String,
    allowed: &'static str,
) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig::new(knob, value, allowed)) }
}
