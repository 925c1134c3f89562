//! How a failure log stands.

#[cfg(feature = "serde")]
use super::serialize;
use crate::failure_log::{Category, Class, Filter, Flags, Handle, Severity};
use std::sync::Arc;
use std::time::SystemTime;

/// How one failure log stands. All of it can be read in more detail from its handle.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FailureLogStatus {
    /// Failures that were written down since it was made.
    pub recorded: u64,
    /// Failures that were read back from before.
    pub restored: u64,
    /// Failures that are kept.
    pub records: usize,
    /// Failures that had to go for others, or for their age; they stay in the counts.
    pub dropped: u64,
    /// Calls that succeeded.
    pub successes: u64,
    /// Classes of failures that are counted.
    pub classes: usize,
    /// How many of these are new, are back or have become frequent.
    pub remarkable: usize,
    /// The operations with their calls.
    pub operations: Vec<FailingOperation>,
    /// The most frequent classes, at most 10.
    pub top: Vec<FailureClass>,
    /// How it stands with its files; `None` of a log in memory.
    #[cfg(feature = "persist")]
    pub files: Option<crate::disk::lines::Snapshot>,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

/// The calls of an operation whose failures are written down.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FailingOperation {
    /// The name of the operation.
    pub operation: &'static str,
    /// The component whose operation it is.
    pub component: &'static str,
    /// Its calls, by how they ended.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub counts: crate::failure_log::Counts,
    /// The failed calls that were written down, by sort and severity.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) written: Vec<(Category, Severity, u64)>,
}

/// Failures that are the same.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FailureClass {
    /// The number of the class.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub fingerprint: crate::failure_log::Fingerprint,
    /// What all of them say.
    pub template: Arc<str>,
    /// The name of the operation.
    pub operation: Arc<str>,
    /// The component whose operation it is.
    pub component: Arc<str>,
    /// How bad the last one was.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub severity: Severity,
    /// Of what sort the last one was.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub category: Category,
    /// How many there were.
    pub count: u64,
    /// When the last one came.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::rfc3339"))]
    pub last: SystemTime,
    /// What is remarkable about it, in words; empty where nothing is.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub flags: Flags,
}

/// As many as people look at.
const TOP: usize = 10;

impl FailureLogStatus {
    pub(crate) fn new(log: &Handle) -> Self {
        let snapshot = log.snapshot();
        let classes = log.classes(&Filter::default());
        let operations = log.operations();
        Self {
            recorded: snapshot.recorded,
            restored: snapshot.restored,
            records: snapshot.records,
            dropped: snapshot.dropped,
            successes: snapshot.successes,
            classes: snapshot.classes,
            remarkable: classes.iter().filter(|class| !class.flags.is_empty()).count(),
            operations: operations
                .iter()
                .map(|operation| FailingOperation {
                    operation: operation.name(),
                    component: operation.component(),
                    counts: operation.counts(),
                    written: operation.written(),
                })
                .collect(),
            top: classes.into_iter().take(TOP).map(FailureClass::new).collect(),
            #[cfg(feature = "persist")]
            files: log.written(),
            seed: log.seed(),
        }
    }
}

impl FailureClass {
    fn new(class: Class) -> Self {
        let Class {
            fingerprint, template, operation, component, severity, category, count, last, flags, ..
        } = class;
        Self { fingerprint, template, operation, component, severity, category, count, last, flags }
    }
}
