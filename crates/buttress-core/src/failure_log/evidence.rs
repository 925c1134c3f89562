//! What all reviews look at: each fault with the times of its failures, and the calls they are among.

use super::{Category, Fingerprint, Record, Severity};
use std::sync::Arc;

/// So many failures at a time, in milliseconds since 1970.
pub(super) type Point = (u64, u64);

/// One fault: the failures that have a fingerprint.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) fingerprint: Fingerprint,
    pub(super) template: Arc<str>,
    pub(super) operation: Arc<str>,
    pub(super) component: Arc<str>,
    pub(super) error_type: Arc<str>,
    pub(super) severity: Severity,
    pub(super) category: Category,
    /// In the order of their times. Those that are still in the log stand at their own time, the others at the beginning
    /// of the minute or the hour they were counted in.
    pub(super) points: Vec<Point>,
}

/// The calls of an operation in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) at: u64,
    pub(super) successes: u64,
    pub(super) failures: u64,
}

/// What was asked of an operation, in the order of time.
#[derive(Clone, Debug)]
pub(super) struct Traffic {
    pub(super) operation: Arc<str>,
    pub(super) component: Arc<str>,
    pub(super) asked: Vec<Asked>,
}

/// Everything a filter leaves of a log. The faults reach back as far as the log does, `since` and `until` are what was
/// asked for: what is new can only be told by what was before.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    pub(super) since: u64,
    pub(super) until: u64,
    /// From when on anything is known: what was not seen before may have been.
    pub(super) known: u64,
    pub(super) faults: Vec<Fault>,
    /// All failures, those included whose faults are not told apart any more.
    pub(super) whole: Vec<Point>,
    pub(super) traffic: Vec<Traffic>,
    /// Those in the span, oldest first.
    pub(super) records: Vec<Record>,
}

impl Fault {
    /// The failures between two times, the second one left out.
    pub(super) fn between(&self, since: u64, until: u64) -> &[Point] {
        between(&self.points, since, until)
    }
}

impl Evidence {
    /// The same span with nothing in it.
    pub(super) fn span(&self) -> Self {
        Self { since: self.since, until: self.until, known: self.known, ..Self::default() }
    }

    /// The points of a fault that lie in the span.
    pub(super) fn points<'a>(&self, fault: &'a Fault) -> &'a [Point] {
        fault.between(self.since, self.until)
    }

    /// How many failures of a fault there are in the span.
    pub(super) fn count(&self, fault: &Fault) -> u64 {
        total(self.points(fault))
    }

    /// Each fault that has failures in the span, with their number, the most frequent first.
    pub(super) fn ranked(&self) -> Vec<(&Fault, u64)> {
        let counted = self.faults.iter().map(|fault| (fault, self.count(fault)));
        let mut ranked: Vec<_> = counted.filter(|&(_, count)| count > 0).collect();
        ranked.sort_by(|(one, more), (other, fewer)| {
            fewer.cmp(more).then_with(|| one.fingerprint.cmp(&other.fingerprint))
        });
        ranked
    }
}

/// Those between two times, the second one left out.
pub(super) fn between(points: &[Point], since: u64, until: u64) -> &[Point] {
    let start = points.partition_point(|&(at, _)| at < since);
    let end = points.partition_point(|&(at, _)| at < until);
    &points[start..end.max(start)]
}

/// How many failures these are.
pub(super) fn total(points: &[Point]) -> u64 {
    points.iter().map(|&(_, failures)| failures).sum()
}
