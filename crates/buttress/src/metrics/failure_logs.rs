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
    "Calls that failed and were written down, each once; of a sort and severity from its first one on. What was written down beside them, as a breaker that opened and the first calls it refused, is not among them.",
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
    "Failures that went: from memory (for others, or for their age), and of those for files queue (too many waited), unfit (too long for a line), lost (still waiting when all was cleared).",
);

pub(super) static WRITTEN: Family = family(
    Kind::Counter,
    "failure_log_written_total",
    NAME,
    "failures",
    "Failures that were written to files; only where they are.",
);
pub(super) static SUPPRESSED: Family = family(
    Kind::Counter,
    "failure_log_suppressed_total",
    NAME,
    "failures",
    "Failures that were not written to files, as many like them were; only where they are.",
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
        self.dropped(name, "memory", log.dropped);
        #[cfg(feature = "persist")]
        if let Some(files) = &log.files {
            self.count(&WRITTEN, labels(), files.written);
            self.count(&SUPPRESSED, labels(), files.suppressed);
            self.dropped(name, "queue", files.full);
            self.dropped(name, "unfit", files.too_long + files.unfit);
            self.dropped(name, "lost", files.lost);
        }
    }

    fn dropped(&mut self, name: &str, why: &'static str, failures: u64) {
        self.count(&DROPPED, vec![name_label(name), ("why", why.into())], failures);
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
