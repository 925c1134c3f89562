//! What is found in a log again, and what can be made of it. Nothing of it comes back to those who call.

use super::handle::Handle;
use super::{
    Analysis, Class, Filter, Options, Rates, Record, Report, Review, Snapshot, Statistics, Tally, Volume,
};
use crate::clock;
use std::time::SystemTime;

impl Handle {
    /// The failures that are kept and asked for, the oldest first.
    #[must_use]
    pub fn records(&self, filter: &Filter) -> Vec<Record> {
        self.0.log.records(filter)
    }

    /// The failure of this number, if it is still kept.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Record> {
        self.0.log.get(id)
    }

    /// The last `most` failures of an operation, the newest first.
    #[must_use]
    pub fn history(&self, operation: &str, component: &str, most: usize) -> Vec<Record> {
        self.0.log.history(operation, component, most)
    }

    /// The failures that are the same, counted, the most frequent first.
    #[must_use]
    pub fn classes(&self, filter: &Filter) -> Vec<Class> {
        self.0.log.classes(filter, self.now())
    }

    /// How many failures there were of each sort and severity, over time.
    #[must_use]
    pub fn tallies(&self, filter: &Filter) -> Vec<Tally> {
        self.0.log.tallies(filter, self.now())
    }

    /// How many calls went well and how many failed, by operation and over time.
    #[must_use]
    pub fn volumes(&self, filter: &Filter) -> Vec<Volume> {
        self.0.log.volumes(filter, self.now())
    }

    /// How it stands, in numbers that agree with each other.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.log.snapshot()
    }

    /// How many failures of what there were, and when; without times in the filter, from the first that is known.
    #[must_use]
    pub fn statistics(&self, filter: &Filter) -> Statistics {
        self.0.log.statistics(filter, self.now())
    }

    /// How many of the calls failed, over the last 24 hours if the filter has no beginning.
    #[must_use]
    pub fn rates(&self, filter: &Filter) -> Rates {
        self.0.log.rates(filter, self.now())
    }

    /// What stands out: patterns, what comes at intervals, what fails together, what is new or back, and what to do.
    #[must_use]
    pub fn analyse(&self, filter: &Filter, options: &Options) -> Analysis {
        self.0.log.analyse(filter, options, self.now())
    }

    /// All that is known about one failure, with those like it; `None` if it is no longer kept.
    #[must_use]
    pub fn report(&self, id: u64) -> Option<Report> {
        self.0.log.report(id, self.now())
    }

    /// Statistics, rates and analysis together, for people: its `Display` is a page.
    #[must_use]
    pub fn review(&self, filter: &Filter, options: &Options) -> Review {
        self.0.log.review(filter, options, self.now())
    }

    /// What the clock on the wall shows, by which times are shown.
    fn now(&self) -> SystemTime {
        let wall = clock::wall();
        self.0.log.align(wall, clock::now());
        wall
    }
}
