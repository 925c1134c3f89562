//! What a log is asked in order to be read by people.

use super::collect::Kept;
use super::counts::Hours;
use super::evidence::Evidence;
use super::patterns::patterns;
use super::{Analysis, FailureLog, Filter, Options, Rates, Report, Review, Statistics, wall};
use std::time::{Duration, SystemTime};

/// How many classes a review has.
const CLASSES: usize = 20;
/// Over how long rates are taken unless a filter says otherwise.
const RATES_OVER: Duration = Duration::from_secs(86_400);

impl FailureLog {
    /// How many failures of what there were, and when, as far as `filter` asks for them: between its times or, without them,
    /// from the first that is known to `now`. Failures that are no longer kept one by one are known to the minute for a day
    /// and to the hour before that.
    #[must_use]
    pub fn statistics(&self, filter: &Filter, now: SystemTime) -> Statistics {
        Statistics::of(&self.evidence(filter, now))
    }

    /// How many of the calls failed, over the last 24 hours if `filter` has no beginning. A category, a severity or a text
    /// narrows the rates by category alone: calls that succeed have none.
    #[must_use]
    pub fn rates(&self, filter: &Filter, now: SystemTime) -> Rates {
        let last_day = filter.until.unwrap_or(now).min(now).checked_sub(RATES_OVER);
        let filter = Filter { since: filter.since.or(last_day), ..filter.clone() };
        let evidence = self.evidence(&filter, now);
        Rates::of(&evidence)
    }

    /// What stands out among the failures that `filter` asks for.
    #[must_use]
    pub fn analyse(&self, filter: &Filter, options: &Options, now: SystemTime) -> Analysis {
        self.review(filter, options, now).analysis
    }

    /// All of it.
    #[must_use]
    pub fn review(&self, filter: &Filter, options: &Options, now: SystemTime) -> Review {
        let mut evidence = self.evidence(filter, now);
        let statistics = Statistics::of(&evidence);
        let rates = Rates::of(&evidence);
        let analysis = Analysis::of(&evidence, &statistics, &rates, options);
        evidence.classes.truncate(CLASSES);
        Review {
            since: wall::from_millis(evidence.since),
            until: wall::from_millis(evidence.until - 1),
            statistics,
            rates,
            analysis,
            classes: evidence.classes,
        }
    }

    /// All that is known about one failure; `None` if it is no longer kept.
    #[must_use]
    pub fn report(&self, id: u64, now: SystemTime) -> Option<Report> {
        let record = self.get(id)?;
        let evidence = self.evidence(&Filter::default(), now);
        let class = evidence.classes.iter().find(|class| class.fingerprint == record.fingerprint);
        let flags = class.map(|class| class.flags).unwrap_or_default();
        let patterns = patterns(&evidence, &evidence.ranked(), Options::default().min_confidence);
        Some(Report::of(record, &evidence, flags, patterns))
    }

    /// What is looked at: everything that `filter` leaves but for its times, as what was before a span tells what is new
    /// in it.
    fn evidence(&self, filter: &Filter, now: SystemTime) -> Evidence {
        let whenever = Filter { since: None, until: None, ..filter.clone() };
        let told_by_sort = filter.component.is_none() && filter.operation.is_none() && filter.text.is_none();
        Kept {
            records: self.records_told(&whenever),
            classes: self.classes_told(&whenever, now, Hours::Rest),
            volumes: self.volumes_told(&whenever, now, Hours::Rest),
            counted: self.counted(),
            tallies: told_by_sort.then(|| self.tallies_told(&whenever, now, Hours::Rest)),
        }
        .evidence(filter, now)
    }
}
