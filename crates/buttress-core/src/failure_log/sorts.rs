//! What of a class is of which sort.
//!
//! A class that is always taken for the same has one series, and only one that is not has one for each sort beside it.

use super::classes::Hit;
use super::counts::Counts;
use super::line::Line;
use super::{Category, Filter, Severity};

/// How many sorts of a class are told apart: two severities, those of before and those of now, and some more. What is of none
/// of them counts as the first.
const MOST: usize = 6;

/// What a failure was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) severity: Severity,
    pub(super) category: Category,
    /// Whether it is no call that failed, but something else worth knowing.
    pub(super) aside: bool,
    /// Whether it happened in this process, and was not read back.
    pub(super) live: bool,
}

impl Sort {
    /// Whether it is one of the calls that a rate is of.
    pub(super) const fn is_call(&self) -> bool {
        self.live && !self.aside
    }
}

/// The failures of a class that are of one sort.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) sort: Sort,
    pub(super) count: u64,
    pub(super) first: Line,
    pub(super) last: Line,
    pub(super) counts: Counts<u32, u32>,
}

impl Part {
    pub(super) const fn new(hit: &Hit, counts: Counts<u32, u32>) -> Self {
        Self { sort: hit.sort, count: 0, first: hit.at.line, last: hit.at.line, counts }
    }

    fn add(&mut self, hit: &Hit, alike: u64) {
        let few = u32::try_from(alike).unwrap_or(u32::MAX);
        self.count = self.count.saturating_add(alike);
        self.counts.add(hit.at, few, few, |_| ());
        self.first = self.first.min(hit.at.line);
        self.last = self.last.max(hit.at.line);
    }

    /// This one and another, as one of the sort that came last.
    fn with(mut self, other: &Self) -> Self {
        self.count = self.count.saturating_add(other.count);
        self.counts.merge(&other.counts);
        if other.last >= self.last {
            (self.sort, self.last) = (other.sort, other.last);
        }
        self.first = self.first.min(other.first);
        self
    }
}

/// The parts of a class; none as long as all of it is of one sort.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts(Vec<Part>);

impl Parts {
    /// Counts failures of a class of which `whole` is all there was before.
    pub(super) fn add(&mut self, hit: &Hit, alike: u64, whole: impl FnOnce() -> Part) {
        if self.0.is_empty() {
            self.0.push(whole());
        }
        let known = self.0.iter().position(|part| part.sort == hit.sort);
        let at = known.unwrap_or_else(|| {
            if self.0.len() == MOST {
                return 0;
            }
            self.0.push(Part::new(hit, Counts::default()));
            self.0.len() - 1
        });
        self.0[at].add(hit, alike);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are asked for.
    pub(super) fn asked(&self, filter: &Filter) -> Vec<Part> {
        let asks = |part: &&Part| filter.asks_for(part.sort.category, part.sort.severity);
        self.0.iter().filter(asks).cloned().collect()
    }
}

/// All of them as one; `None` of none.
pub(super) fn together(parts: &[Part]) -> Option<Part> {
    let (first, others) = parts.split_first()?;
    Some(others.iter().fold(first.clone(), Part::with))
}
