//! Series of failure logs.

use super::collect::{Page, name_label, owned};
use super::families::family;
use super::family::{Family, Kind, Labels};
use crate::registry::{FailingOperation, FailureLogStatus};

const NAME: &[&str] = &["name"];

pub(super) static FAILURES: Family = family(
    Kind::Counter,
    "failures_total",
    &["name", "component", "operation", "category", "severity"],
    "failures",
    "Failures that were written down, each once; of a sort and severity from its first one on.",
);
pub(super) static CALLS: Family = family(
    Kind::Counter,
    "failure_log_calls_total",
    &["name", "component", "operation", "result"],
    "calls",
    "Calls by how they ended, each once: success, failure, ignored (says nothing), refused (by a layer beneath, and not sent), cancelled (dropped before there was a result).",
);
pub(super) static PANICS: Family =
    family(Kind::Counter, "failure_log_panics_total", NAME, "calls", "Failed calls that panicked.");
pub(super) static CLASSES: Family = family(
    Kind::Gauge,
    "failure_log_classes",
    NAME,
    "classes",
    "Failures that differ by more than numbers and names, as far as they are told apart.",
);
pub(super) static RECORDS: Family =
    family(Kind::Gauge, "failure_log_records", NAME, "failures", "Failures that are kept in memory.");
pub(super) static DROPPED: Family = family(
    Kind::Counter,
    "failure_log_dropped_total",
    &["name", "why"],
    "failures",
    "Failures that left: memory (for others, or for their age), and of those that were to be written to disk queue (it was full), unfit (too long for a line, or no text), closed (still waiting at the end).",
);

impl Page {
    pub(super) fn failure_log(&mut self, name: &str, log: &FailureLogStatus) {
        for operation in &log.operations {
            self.failing_operation(name, operation);
        }
        let labels = || vec![name_label(name)];
        self.count(&PANICS, labels(), log.operations.iter().map(|operation| operation.counts.panicked).sum());
        self.level(&CLASSES, labels(), log.classes as f64);
        self.level(&RECORDS, labels(), log.records as f64);
        let mut dropped = labels();
        dropped.push(("why", "memory".into()));
        self.count(&DROPPED, dropped, log.dropped);
    }

    fn failing_operation(&mut self, name: &str, operation: &FailingOperation) {
        let labels = || -> Labels {
            let FailingOperation { operation, component, .. } = operation;
            vec![name_label(name), ("component", owned(component)), ("operation", owned(operation))]
        };
        for (category, severity, count) in &operation.written {
            let mut labels = labels();
            labels.push(("category", category.as_str().into()));
            labels.push(("severity", severity.as_str().into()));
            self.count(&FAILURES, labels, *count);
        }
        let counts = operation.counts;
        for (result, calls) in [
            ("success", counts.successes),
            ("failure", counts.failures),
            ("ignored", counts.ignored),
            ("refused", counts.refused),
            ("cancelled", counts.cancelled),
        ] {
            let mut labels = labels();
            labels.push(("result", result.into()));
            self.count(&CALLS, labels, calls);
        }
    }
}
