//! Families and series of health checks.

use super::collect::{Page, owned};
use super::families::family;
use super::family::{Family, Kind, Labels, Value};
use crate::registry::CheckStatus;

const CHECK: &[&str] = &["checker", "check"];

pub(super) static HEALTH_CHECK_STATUS: Family = family(
    Kind::Gauge,
    "health_check_status",
    CHECK,
    "0 or 1",
    "Whether it is anything but unhealthy; 1 before anything was found.",
);
pub(super) static HEALTH_CHECK_DURATION: Family = family(
    Kind::Histogram,
    "health_check_duration_seconds",
    CHECK,
    "seconds",
    "How long looks took, those that were given up included.",
);
pub(super) static HEALTH_CHECKS: Family = family(
    Kind::Counter,
    "health_check_total",
    &["checker", "check", "result"],
    "looks",
    "Looks by how they ended, each once: success, degraded, failure, timeout, panic (of the check), unknown (it could not be asked).",
);
pub(super) static HEALTH_CHECK_FAILURES: Family = family(
    Kind::Counter,
    "health_check_failures_total",
    CHECK,
    "looks",
    "Looks that found it unhealthy, those that took too long or panicked included.",
);

impl Page {
    pub(super) fn health_check(&mut self, monitor: &str, name: &str, check: &CheckStatus) {
        let labels = || -> Labels { vec![("checker", owned(monitor)), ("check", owned(name))] };
        self.level(&HEALTH_CHECK_STATUS, labels(), u8::from(check.healthy));
        self.put(&HEALTH_CHECK_DURATION, labels(), Value::Durations(check.durations.clone()));
        for (result, looks) in check.results {
            let mut labels = labels();
            labels.push(("result", result.into()));
            self.count(&HEALTH_CHECKS, labels, looks);
        }
        self.count(&HEALTH_CHECK_FAILURES, labels(), check.failures);
    }
}
