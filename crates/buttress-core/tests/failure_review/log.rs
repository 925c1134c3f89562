//! A log and its two clocks, which begin at midnight.

use buttress_core::Tick;
use buttress_core::failure_log::{Config, Failure, FailureLog, Filter, Operation, Options, Review};
use std::time::{Duration, SystemTime};

pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// So many seconds after midnight.
pub(crate) fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(20_000 * DAY + second)
}

fn tick(second: u64) -> Tick {
    Tick::from_nanos((HOUR + second) * 1_000_000_000)
}

pub(crate) struct Log(pub(crate) FailureLog);

impl Log {
    pub(crate) fn new() -> Self {
        Self(FailureLog::new(Config::default(), at(0), tick(0)))
    }

    /// An operation as `component/operation`.
    pub(crate) fn operation(&self, place: &str) -> Operation {
        let (component, operation) = place.split_once('/').unwrap();
        self.0.operation(operation, component)
    }

    pub(crate) fn fail(&self, place: &str, second: u64, error_type: &str, message: &str) -> u64 {
        let operation = self.operation(place);
        let failure = Failure::of(&operation).message(&message).error_type(error_type);
        self.record(&failure, second)
    }

    pub(crate) fn record(&self, failure: &Failure<'_>, second: u64) -> u64 {
        self.0.record(failure, at(second), tick(second)).id
    }

    pub(crate) fn succeed(&self, place: &str, second: u64, times: u64) {
        let operation = self.operation(place);
        (0..times).for_each(|_| operation.succeeded(tick(second)));
    }

    /// What there is to say at this second.
    pub(crate) fn review(&self, second: u64) -> Review {
        self.0.review(&Filter::default(), &Options::default(), at(second))
    }
}
