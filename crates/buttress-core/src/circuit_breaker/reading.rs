//! What the settings are, for those who look at them.

use super::config::{Config, Window};
use crate::Ratio;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

impl Config {
    /// The run of failures that opens, while few calls are in the window.
    #[must_use]
    pub fn consecutive_failures(&self) -> Option<u16> {
        self.run.map(|run| run.failures)
    }

    /// The number of failures in the window that opens.
    #[must_use]
    pub fn failures_in_window(&self) -> Option<u32> {
        self.failure_count.map(NonZeroU32::get)
    }

    /// The share of failures in the window that opens.
    #[must_use]
    pub const fn failure_rate_threshold(&self) -> Option<Ratio> {
        self.failure_rate
    }

    /// What rates and counts are taken over; `None` if no rule takes any.
    #[must_use]
    pub fn window(&self) -> Option<Window> {
        let used = self.failure_rate.is_some() || self.failure_count.is_some() || self.slow_calls.is_some();
        used.then_some(self.window)
    }

    /// How long it stays open the first time.
    #[must_use]
    pub fn open_for(&self) -> Duration {
        self.open.base.get()
    }
}

/// When it opens and how it closes, in one line.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rules = Vec::new();
        if let Some(run) = self.run {
            rules.push(if run.failures == run.when_busy {
                format!("{} failures in a row", run.failures)
            } else {
                format!("{} failures in a row ({} when busy)", run.failures, run.when_busy)
            });
        }
        let window = match self.window {
            Window::Time(length) => format!("{length:?}"),
            Window::Calls(calls) => format!("{calls} calls"),
        };
        if let Some(failures) = self.failure_count {
            rules.push(format!("{failures} failures in {window}"));
        }
        if let Some(rate) = self.failure_rate {
            rules.push(format!("{rate} of at least {} calls in {window} failed", self.minimum_calls));
        }
        if let Some(slow) = self.slow_calls {
            let (rate, limit) = (slow.rate, slow.slower_than.get());
            let calls = self.minimum_calls;
            rules.push(format!("{rate} of at least {calls} calls in {window} slower than {limit:?}"));
        }
        write!(f, "opens at {}, for {:?}", rules.join(" or "), self.open.base.get())?;
        if self.open.factor > 1.0 {
            write!(f, " up to {:?}", self.open.max.get())?;
        }
        write!(f, ", closes at {} successes", self.half_open_successes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::presets;
    use super::*;

    #[test]
    fn s4_79_threshold_and_open_time_can_be_read() {
        assert_eq!(
            presets::python_framework().to_string(),
            "opens at 5 failures in a row, for 60s, closes at 3 successes"
        );
        assert_eq!(
            Config::default().to_string(),
            "opens at 5 failures in a row (20 when busy) or 50.0 % of at least 10 calls in 10s failed, for 1s up to 60s, \
             closes at 3 successes"
        );
        let slow = Config::builder().no_rules().slow_call_rate_threshold(0.5, Duration::from_secs(1));
        assert_eq!(
            slow.window_of_calls(50).jitter(0.0).build().unwrap().to_string(),
            "opens at 50.0 % of at least 10 calls in 50 calls slower than 1s, for 1s up to 60s, closes at 3 successes"
        );
    }

    #[test]
    fn what_no_rule_asks_for_is_not_there() {
        let (run, count) = (presets::walgit(), presets::network_recovery());
        assert_eq!(
            (run.window(), run.consecutive_failures(), run.failures_in_window()),
            (None, Some(5), None)
        );
        let window = Some(Window::Time(Duration::from_secs(120)));
        assert_eq!(
            (count.window(), count.consecutive_failures(), count.failures_in_window()),
            (window, None, Some(5))
        );
        assert_eq!((count.failure_rate_threshold(), count.open_for()), (None, Duration::from_secs(60)));
    }
}
