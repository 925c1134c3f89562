//! How values of the core are written, which knows no formats.

use crate::circuit_breaker::{self, TransitionCount};
use crate::health;
use crate::operation;
use crate::retry::budget;
use crate::{Durations, Ratio};
use serde::{Serialize, Serializer};
use std::fmt::Display;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

pub(super) fn text<S: Serializer>(value: &impl Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(super) fn seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}

pub(super) fn seconds_if_any<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(to)
}

pub(super) fn ratio<S: Serializer>(ratio: &Option<Ratio>, to: S) -> Result<S::Ok, S::Error> {
    ratio.map(Ratio::get).serialize(to)
}

pub(super) fn share<S: Serializer>(ratio: &Ratio, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(ratio.get())
}

/// To the millisecond: what a clock of the kernel's is worth.
pub(super) fn rfc3339<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&humantime::format_rfc3339_millis(*at))
}

pub(crate) fn rfc3339_if_any<S: Serializer>(at: &Option<SystemTime>, to: S) -> Result<S::Ok, S::Error> {
    at.map(|at| humantime::format_rfc3339_millis(at).to_string()).serialize(to)
}

pub(super) fn transition_counts<S: Serializer>(counts: &[TransitionCount], to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Count {
        from: &'static str,
        to: &'static str,
        count: u64,
    }
    to.collect_seq(counts.iter().map(|change| Count {
        from: change.from.as_str(),
        to: change.to.as_str(),
        count: change.count,
    }))
}

pub(super) fn durations<S: Serializer>(durations: &Option<Durations>, to: S) -> Result<S::Ok, S::Error> {
    durations.as_ref().map(Buckets::new).serialize(to)
}

pub(super) fn buckets<S: Serializer>(durations: &Durations, to: S) -> Result<S::Ok, S::Error> {
    Buckets::new(durations).serialize(to)
}

#[derive(Serialize)]
struct Buckets<'a> {
    count: u64,
    sum: f64,
    mean: Option<f64>,
    /// Upper bounds, and the calls in each bucket alone; the last bucket has none.
    bounds: Vec<f64>,
    counts: &'a [u64],
}

impl<'a> Buckets<'a> {
    fn new(durations: &'a Durations) -> Self {
        Self {
            count: durations.count(),
            sum: durations.sum.as_secs_f64(),
            mean: durations.mean().map(|mean| mean.as_secs_f64()),
            bounds: durations.bounds.iter().map(|bound| bound.as_secs_f64()).collect(),
            counts: &durations.counts,
        }
    }
}

pub(super) fn retry_budget<S: Serializer>(
    budget: &Option<budget::Snapshot>,
    to: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Budget {
        balance: u64,
        deposits: Option<u64>,
        withdrawn: u64,
        refused: u64,
        refunded: u64,
    }
    let budget =
        budget.map(|budget::Snapshot { balance, deposits, withdrawn, refused, refunded, .. }| Budget {
            balance,
            deposits,
            withdrawn,
            refused,
            refunded,
        });
    budget.serialize(to)
}

#[derive(Serialize)]
#[serde(remote = "operation::Totals")]
pub(super) struct OperationTotals {
    successes: u64,
    failures: u64,
    throttled: u64,
    ignored: u64,
    cancelled: u64,
    panicked: u64,
}

#[derive(Serialize)]
#[serde(remote = "health::Advice")]
pub(super) struct Advice {
    batch_size: NonZeroU32,
    concurrency: NonZeroU32,
    retries: u32,
}

#[derive(Serialize)]
#[serde(remote = "circuit_breaker::WindowCounts")]
pub(super) struct Window {
    calls: u64,
    failures: u64,
    slow: u64,
}

#[derive(Serialize)]
#[serde(remote = "circuit_breaker::Probes")]
pub(super) struct Probes {
    in_flight: u64,
    successes: u64,
    failures: u64,
}

#[derive(Serialize)]
#[serde(remote = "circuit_breaker::Totals")]
pub(super) struct Totals {
    successes: u64,
    failures: u64,
    slow: u64,
    throttled: u64,
    throttled_failures: u64,
    ignored: u64,
    cancelled: u64,
    panicked: u64,
    rejected: u64,
    would_reject: u64,
    expired_leases: u64,
}
