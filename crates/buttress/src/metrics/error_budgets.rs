//! Families and series of error budgets.

use super::collect::{Page, owned};
use super::families::family;
use super::family::{Family, Kind, Labels};
use crate::registry::{ErrorBudgetStatus, ObjectiveStatus};
use std::time::Duration;

const BUDGET: &[&str] = &["budget"];

pub(super) static REMAINING: Family = family(
    Kind::Gauge,
    "error_budget_remaining",
    BUDGET,
    "0 to 1",
    "What is left of the bad calls that the objective allows in its window; 1 without calls, 0 when there were as many or more.",
);
pub(super) static CONSUMED: Family = family(
    Kind::Gauge,
    "error_budget_consumed",
    BUDGET,
    "0 to 1",
    "What is used up of the bad calls that the objective allows in its window: 1 less what remains.",
);
pub(super) static EXHAUSTED: Family = family(
    Kind::Counter,
    "error_budget_exhausted_total",
    BUDGET,
    "times",
    "How often it was exhausted; to be so again it has to recover in between.",
);
pub(super) static BURN_RATE: Family = family(
    Kind::Gauge,
    "error_budget_burn_rate",
    &["budget", "window"],
    "windows",
    "How fast it burns by the calls of the last 5m, 30m, 1h …: a rate of 1 uses it up in one window. Absent without calls.",
);
pub(super) static BURNING: Family = family(
    Kind::Gauge,
    "error_budget_burning",
    &["budget", "pair"],
    "0 or 1",
    "Whether it burns too fast over both times of a pair, such as `1h/5m`.",
);
pub(super) static REQUESTS: Family = family(
    Kind::Counter,
    "error_budget_requests_total",
    &["budget", "result"],
    "calls",
    "Calls that count for the objective: good or bad. Cancelled and ignored ones do not, refused ones only where the objective counts rejections.",
);
pub(super) static SHED: Family = family(
    Kind::Counter,
    "error_budget_shed_total",
    BUDGET,
    "calls",
    "Calls of low priority that were refused while the budget was low. Of several objectives one series for all.",
);
pub(super) static SAVES: Family = family(
    Kind::Counter,
    "error_budget_saves_total",
    &["budget", "result"],
    "times",
    "How often it was saved to its file (saved), and how often that could not be (failed); only where it is kept. Of several objectives one series for all.",
);
pub(super) static P50: Family = family(
    Kind::Gauge,
    "latency_budget_p50_seconds",
    BUDGET,
    "seconds",
    "Half of the calls did not take longer, of the latest; absent without calls, and of objectives that are not about time.",
);
pub(super) static P95: Family = family(
    Kind::Gauge,
    "latency_budget_p95_seconds",
    BUDGET,
    "seconds",
    "95 % of the calls did not take longer, of the latest; absent without calls, and of objectives that are not about time.",
);
pub(super) static P99: Family = family(
    Kind::Gauge,
    "latency_budget_p99_seconds",
    BUDGET,
    "seconds",
    "99 % of the calls did not take longer, of the latest; absent without calls, and of objectives that are not about time.",
);
pub(super) static VIOLATIONS: Family = family(
    Kind::Counter,
    "latency_budget_violations_total",
    BUDGET,
    "calls",
    "Successes that took longer than the objective has it, and so count as bad; absent of objectives that are not about time.",
);

impl Page {
    pub(super) fn error_budget(&mut self, name: &str, budget: &ErrorBudgetStatus) {
        self.count(&SHED, vec![("budget", owned(name))], budget.totals.shed);
        #[cfg(feature = "persist")]
        if let Some(saves) = &budget.saves {
            for (result, times) in [("saved", saves.saved), ("failed", saves.failed)] {
                self.count(&SAVES, vec![("budget", owned(name)), ("result", result.into())], times);
            }
        }
        for (name, objective) in &budget.objectives {
            self.objective(name, objective);
        }
    }

    fn objective(&mut self, name: &str, objective: &ObjectiveStatus) {
        let labels = || -> Labels { vec![("budget", owned(name))] };
        let labels_with = |label, value: String| {
            let mut labels = labels();
            labels.push((label, value.into()));
            labels
        };
        self.level(&REMAINING, labels(), objective.remaining);
        self.level(&CONSUMED, labels(), objective.consumed);
        self.count(&EXHAUSTED, labels(), objective.times_exhausted);
        let totals = objective.lifetime;
        for (result, calls) in [("good", totals.good), ("bad", totals.bad)] {
            self.count(&REQUESTS, labels_with("result", result.to_owned()), calls);
        }
        let mut rates: Vec<(Duration, Option<f64>)> = Vec::new();
        for burn in &objective.burn {
            let (long, short) = (in_words(burn.long), in_words(burn.short));
            self.level(&BURNING, labels_with("pair", format!("{long}/{short}")), u8::from(burn.firing));
            rates.extend([(burn.long, burn.long_rate), (burn.short, burn.short_rate)]);
        }
        // A time can be in two pairs.
        rates.sort_by_key(|(over, _)| *over);
        rates.dedup_by_key(|(over, _)| *over);
        for (over, rate) in rates {
            if let Some(rate) = rate {
                self.level(&BURN_RATE, labels_with("window", in_words(over)), rate);
            }
        }
        if let Some(percentiles) = objective.percentiles {
            for (family, time) in [(&P50, percentiles.p50), (&P95, percentiles.p95), (&P99, percentiles.p99)]
            {
                self.level(family, labels(), time.as_secs_f64());
            }
        }
        if objective.slower_than.is_some() {
            self.count(&VIOLATIONS, labels(), totals.slow);
        }
    }
}

/// A time as Prometheus writes it: `5m`, `6h`, `3d`; `90m` and not `1h30m`.
fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    for (unit, letter) in [(86_400, 'd'), (3_600, 'h'), (60, 'm')] {
        if seconds >= unit && seconds.is_multiple_of(unit) {
            return format!("{}{letter}", seconds / unit);
        }
    }
    format!("{}s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_prometheus_has_them() {
        let written = [300, 1_800, 3_600, 5_400, 21_600, 86_400, 259_200, 90_061];
        let written = written.map(|seconds| in_words(Duration::from_secs(seconds)));
        assert_eq!(written, ["5m", "30m", "1h", "90m", "6h", "1d", "3d", "90061s"]);
        assert_eq!(in_words(Duration::from_millis(1_500)), "1.5s");
    }
}
