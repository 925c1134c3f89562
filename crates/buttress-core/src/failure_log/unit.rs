//! What is compared in time: a fault, or an operation that fails in many ways.

use super::Fingerprint;
use super::evidence::{self, Evidence, Fault, Point};
use super::statistics::cut;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// How many units are looked at: comparing each with each takes half the square of their number.
const MOST_FAULTS: usize = 64;
const MOST_OPERATIONS: usize = 32;
/// How many characters of a message name a fault.
const MESSAGE: usize = 60;

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Subject {
    /// The operation that fails.
    pub operation: Arc<str>,
    /// The component that fails.
    pub component: Arc<str>,
    /// The fault; `None` if it is the operation as a whole, whatever it says.
    pub fingerprint: Option<Fingerprint>,
    /// What the fault says, masked and cut; empty for an operation as a whole.
    pub message: String,
}

/// How people are told where: without anything that a terminal would obey.
pub(super) fn place(component: &str, operation: &str) -> String {
    format!("{}/{}", component.escape_debug(), operation.escape_debug())
}

impl Subject {
    /// The component and the operation, such as `payments/charge`.
    #[must_use]
    pub fn place(&self) -> String {
        place(&self.component, &self.operation)
    }

    /// What the fault says, after `before`; nothing for an operation as a whole.
    pub(super) fn fmt_message(&self, f: &mut fmt::Formatter<'_>, before: &str) -> fmt::Result {
        if self.message.is_empty() {
            Ok(())
        } else {
            write!(f, "{before}\"{}\"", self.message.escape_debug())
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())?;
        self.fmt_message(f, ": ")
    }
}

/// A [`Subject`] with its times.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) subject: Subject,
    /// All its failures, also those before the span.
    pub(super) points: Vec<Point>,
    /// How many of them are in the span.
    pub(super) failures: u64,
}

/// Failures close to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Episode {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) failures: u64,
}

/// The most frequent faults, and after them the operations that have several.
pub(super) fn units(evidence: &Evidence) -> Vec<Unit> {
    let ranked = evidence.ranked();
    let mut by_operation: HashMap<_, Vec<&Fault>> = HashMap::new();
    for &fault in &ranked {
        by_operation.entry((&fault.component, &fault.operation)).or_default().push(fault);
    }
    let mut units: Vec<_> = ranked
        .iter()
        .take(MOST_FAULTS)
        .map(|fault| Unit {
            subject: Subject {
                operation: Arc::clone(&fault.operation),
                component: Arc::clone(&fault.component),
                fingerprint: Some(fault.fingerprint),
                message: cut(&fault.template, MESSAGE),
            },
            points: fault.points.clone(),
            failures: fault.failures,
        })
        .collect();
    let mut operations = Vec::new();
    for ((component, operation), faults) in by_operation {
        if faults.len() > 1 {
            let mut points: Vec<_> = faults.iter().flat_map(|fault| &fault.points).copied().collect();
            // Rows that are in order by themselves.
            points.sort();
            operations.push(Unit {
                subject: Subject {
                    operation: Arc::clone(operation),
                    component: Arc::clone(component),
                    fingerprint: None,
                    message: String::new(),
                },
                points,
                failures: faults.iter().map(|fault| fault.failures).sum(),
            });
        }
    }
    operations.sort_by(|one, other| {
        let name = |unit: &Unit| unit.subject.place();
        other.failures.cmp(&one.failures).then_with(|| name(one).cmp(&name(other)))
    });
    operations.truncate(MOST_OPERATIONS);
    units.append(&mut operations);
    units
}

impl Unit {
    /// The failures between two times, the second one left out.
    pub(super) fn between(&self, since: u64, until: u64) -> &[Point] {
        evidence::between(&self.points, since, until)
    }

    /// The episodes between two times: failures no more than `apart` from the one before belong together.
    pub(super) fn episodes(&self, since: u64, until: u64, apart: u64) -> Vec<Episode> {
        let mut episodes: Vec<Episode> = Vec::new();
        for &(at, failures) in self.between(since, until) {
            match episodes.last_mut() {
                Some(last) if at - last.end <= apart => {
                    last.end = at;
                    last.failures += failures;
                }
                _ => episodes.push(Episode { start: at, end: at, failures }),
            }
        }
        episodes
    }
}
