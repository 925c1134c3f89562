//! How many failures of what there were, and when.

use super::evidence::Evidence;
use super::{Category, Distribution, Fingerprint, Severity, Trend, wall};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::SystemTime;

/// How many errors [`Statistics::top_errors`] names.
const TOP: usize = 10;
/// How many characters of a message it has.
const MESSAGE: usize = 100;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// How many failures of one sort there were.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Count<T> {
    /// The sort.
    pub of: T,
    /// Their number.
    pub failures: u64,
}

/// An error that came often.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TopError {
    /// What it says, with what changes from one to the next masked, cut to 100 characters.
    pub message: String,
    /// Which fault it is.
    pub fingerprint: Fingerprint,
    /// The operation that failed.
    pub operation: Arc<str>,
    /// The component that failed.
    pub component: Arc<str>,
    /// How often.
    pub failures: u64,
    /// When it was last seen.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub last: SystemTime,
}

/// What happened between two times: how many failures of which sort, which errors, and when.
///
/// All counts are of the same failures, so each list adds up to [`total`](Self::total) without the
/// [`others`](Self::others), but for the errors, of which only the first ten are named. The lists are ordered by number, the
/// largest first. A fault counts with the category and the severity it had last.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Statistics {
    /// Failures in all.
    pub total: u64,
    /// Those of them whose faults had to make place for more frequent ones: they are in the total and in what is said of
    /// time, and in no list.
    pub others: u64,
    /// By category.
    pub by_category: Vec<Count<Category>>,
    /// By severity.
    pub by_severity: Vec<Count<Severity>>,
    /// By component.
    pub by_component: Vec<Count<Arc<str>>>,
    /// By operation, whichever component it belongs to.
    pub by_operation: Vec<Count<Arc<str>>>,
    /// By the hour of the day in UTC, from 0 to 23.
    pub by_hour: [u64; 24],
    /// By day in UTC, in the order of time; days without a failure are included.
    pub by_day: Distribution,
    /// The ten errors that came most often.
    pub top_errors: Vec<TopError>,
    /// When they came.
    pub time_distribution: Distribution,
    /// Whether there are more of them in the newer half of the time.
    pub trend: Trend,
}

impl Statistics {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let ranked = evidence.ranked();
        let Evidence { since, until, known, .. } = *evidence;
        let all = || evidence.all(since, until);
        let sum = |points: &mut dyn Iterator<Item = (u64, u64)>| points.map(|(_, failures)| failures).sum();
        // A process that began an hour ago had no quiet morning.
        let middle = known + until.saturating_sub(known) / 2;
        let (older, newer): (u64, u64) =
            (sum(&mut evidence.all(since, middle)), sum(&mut evidence.all(middle, until)));
        let told_apart: u64 = ranked.iter().map(|fault| fault.failures).sum();
        let mut by_hour = [0; 24];
        for (at, failures) in all() {
            by_hour[(at % DAY / HOUR) as usize] += failures;
        }
        let top = ranked.iter().take(TOP).map(|fault| TopError {
            message: cut(&fault.template, MESSAGE),
            fingerprint: fault.fingerprint,
            operation: Arc::clone(&fault.operation),
            component: Arc::clone(&fault.component),
            failures: fault.failures,
            last: wall::from_millis(evidence.points(fault).last().map_or(0, |&(at, _)| at)),
        });
        Self {
            total: older + newer,
            others: (older + newer).saturating_sub(told_apart),
            by_category: counted(ranked.iter().map(|fault| (fault.category, fault.failures))),
            by_severity: counted(ranked.iter().map(|fault| (fault.severity, fault.failures))),
            by_component: counted(ranked.iter().map(|fault| (Arc::clone(&fault.component), fault.failures))),
            by_operation: counted(ranked.iter().map(|fault| (Arc::clone(&fault.operation), fault.failures))),
            by_hour,
            by_day: Distribution::days(all(), since, until),
            top_errors: top.collect(),
            time_distribution: Distribution::of(all(), since, until),
            trend: Trend::of(older, newer),
        }
    }
}

/// The sums by sort, the largest first, and those of a size by name.
pub(super) fn counted<T: Eq + Hash + Ord>(each: impl Iterator<Item = (T, u64)>) -> Vec<Count<T>> {
    let mut sums = HashMap::new();
    for (of, failures) in each {
        *sums.entry(of).or_insert(0) += failures;
    }
    let mut counts: Vec<_> = sums.into_iter().map(|(of, failures)| Count { of, failures }).collect();
    counts.sort_by(|one, other| other.failures.cmp(&one.failures).then_with(|| one.of.cmp(&other.of)));
    counts
}

/// The first so many characters, and a sign where something is left out.
pub(super) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some(_) => text.chars().take(characters - 1).chain(['…']).collect(),
    }
}
