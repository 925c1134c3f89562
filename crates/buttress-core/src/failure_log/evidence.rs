//! What all reviews look at: each fault with the times of its failures, and the calls they are among.

use super::{Category, ClassSummary, Fingerprint, Record, Severity};
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
    /// Whether no calls failed.
    pub(super) aside: bool,
    /// In the order of their times. Those that are still in the log stand at their own time, the others at the beginning
    /// of the minute or the hour they were counted in.
    pub(super) points: Vec<Point>,
    /// How many of them are in the span.
    pub(super) failures: u64,
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
    /// Whether calls that go well are counted as well: without them nobody knows how many calls there were.
    pub(super) is_counted: bool,
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
    /// All failures by their sort, where that is more than the faults have: some had to make place for others.
    pub(super) by_sort: Option<Vec<Vec<Point>>>,
    /// The faults as they are listed, the most frequent first.
    pub(super) classes: Vec<ClassSummary>,
    pub(super) traffic: Vec<Traffic>,
    /// Since when they are counted.
    pub(super) counted_since: u64,
    /// Those in the span, oldest first.
    pub(super) records: Vec<Record>,
}

impl Evidence {
    /// The points of a fault that lie in the span.
    pub(super) fn points<'a>(&self, fault: &'a Fault) -> &'a [Point] {
        between(&fault.points, self.since, self.until)
    }

    /// All failures between two times, in no order.
    pub(super) fn all(&self, since: u64, until: u64) -> impl Iterator<Item = Point> {
        let (faults, sorts) = match &self.by_sort {
            None => (self.faults.as_slice(), &[][..]),
            Some(sorts) => (&[][..], sorts.as_slice()),
        };
        let rows = faults.iter().map(|fault| &fault.points).chain(sorts);
        rows.flat_map(move |row| between(row, since, until)).copied()
    }

    /// Each fault that has failures in the span, the most frequent first.
    pub(super) fn ranked(&self) -> Vec<&Fault> {
        let mut ranked: Vec<_> = self.faults.iter().filter(|fault| fault.failures > 0).collect();
        ranked.sort_by_key(|fault| (std::cmp::Reverse(fault.failures), fault.fingerprint));
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
