//! In what two settings differ, by the names of the knobs.

use super::config::{Config, OpenTime, Window};
use crate::Ratio;
use crate::clock::Span;
use crate::config::Difference;
use std::fmt::Debug;

impl Config {
    /// The first knob that `other` has set differently, in the order of the builder; `None` if there is none.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        Difference::first(self.knobs(), other.knobs())
    }

    /// Every knob and its value, exactly.
    fn knobs(&self) -> Vec<(&'static str, String)> {
        // Without `..`, so that a new knob cannot be forgotten.
        let Self {
            window,
            run,
            failure_rate,
            slow_calls,
            failure_count,
            clear_on_success,
            minimum_calls,
            count_throttling,
            open: OpenTime { base, max, factor, jitter, hint_max },
            late_failure_extends,
            half_open_probes,
            half_open_successes,
            half_open_failures,
            probe_lease,
            shadow,
        } = *self;
        let window = match window {
            Window::Time(time) => shown(time),
            Window::Calls(calls) => format!("{calls} calls"),
        };
        let within = run.map(|run| run.within).filter(|within| *within != Span::MAX).map(Span::get);
        vec![
            ("failure_rate_threshold", or_off(failure_rate.map(Ratio::get))),
            ("minimum_calls", shown(minimum_calls)),
            ("window", window),
            ("consecutive_failures", or_off(run.map(|run| run.failures))),
            ("consecutive_failures_when_busy", or_off(run.map(|run| run.when_busy))),
            ("consecutive_failures_within", or_off(within)),
            ("failures_in_window", or_off(failure_count)),
            ("clear_on_success", shown(clear_on_success)),
            ("slow_call_rate_threshold", or_off(slow_calls.map(|slow| slow.rate.get()))),
            ("slower_than", or_off(slow_calls.map(|slow| slow.slower_than.get()))),
            ("count_throttling", shown(count_throttling)),
            ("open_for", shown(base.get())),
            ("escalation factor", shown(factor)),
            ("escalation max", shown(max.get())),
            ("jitter", shown(jitter.get())),
            ("hint_max", shown(hint_max.get())),
            ("late_failure_extends", shown(late_failure_extends)),
            ("half_open_probes", shown(half_open_probes)),
            ("half_open_successes", shown(half_open_successes)),
            ("half_open_failures", shown(half_open_failures)),
            ("probe_lease", shown(probe_lease.get())),
            ("shadow", shown(shadow)),
        ]
    }
}

/// `Debug`, as it loses no digit of a number or a time.
fn shown(value: impl Debug) -> String {
    format!("{value:?}")
}

fn or_off(value: Option<impl Debug>) -> String {
    value.map_or_else(|| "off".to_owned(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit_breaker::presets;
    use std::time::Duration;

    #[test]
    fn c18_the_knob_that_differs_is_named_with_both_values() {
        let one = Config::default();
        assert_eq!(one.difference(&one), None);
        let other = one.to_builder().open_for(Duration::from_secs(30)).build().unwrap();
        let difference = one.difference(&other).unwrap();
        assert_eq!(difference.to_string(), "open_for is 1s, not 30s");
        let other = one.to_builder().no_rules().failure_rate_threshold(0.500_000_1).build().unwrap();
        let difference = one.difference(&other).unwrap();
        assert_eq!(difference.to_string(), "failure_rate_threshold is 0.5, not 0.5000001");
        assert_eq!(other.difference(&one).unwrap().one, "0.5000001");
    }

    #[test]
    fn settings_that_are_not_equal_differ_in_a_knob() {
        let make = [
            presets::proxy,
            presets::walgit,
            presets::network_recovery,
            presets::dwcp,
            presets::cyberfly,
            presets::python_framework,
        ];
        for one in make.map(|make| make()) {
            for other in make.map(|make| make()) {
                assert_eq!(one == other, one.difference(&other).is_none(), "{one:?} {other:?}");
            }
        }
    }
}
