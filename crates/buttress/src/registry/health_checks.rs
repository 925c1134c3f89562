//! How health checks stand.

use super::health::Verdict;
#[cfg(feature = "serde")]
use super::serialize;
use crate::health::{Advice, Monitor, Status, Watched};
use crate::{Durations, Tick, clock};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// How one health monitor stands.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MonitorStatus {
    /// How well everything is that it looks at: the worst counts.
    pub verdict: Verdict,
    /// Whether it was started and not stopped.
    pub running: bool,
    /// The time from one look to the next, before it is spread.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub interval: Duration,
    /// How long a look may take.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub timeout: Duration,
    /// The longest latency of any of its checks; `None` before there was an answer.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub latency: Option<Duration>,
    /// How much to ask of what it looks at, where batches of 10, 3 at a time, with 3 retries are usual.
    #[cfg_attr(feature = "serde", serde(with = "serialize::Advice"))]
    pub advice: Advice,
    /// The checks by name.
    pub checks: BTreeMap<String, CheckStatus>,
}

/// How one health check stands.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CheckStatus {
    /// The status.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub status: Status,
    /// Whether it is anything but unhealthy.
    pub healthy: bool,
    /// Why the last look did not find it healthy; `None` if it did.
    pub reason: Option<String>,
    /// How long it has had this status; `None` before anything was found.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub in_status_for: Option<Duration>,
    /// When it was last looked at.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::rfc3339_if_any"))]
    pub last_check: Option<SystemTime>,
    /// When it was last found healthy or degraded.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::rfc3339_if_any"))]
    pub last_success: Option<SystemTime>,
    /// When it was last found unhealthy.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::rfc3339_if_any"))]
    pub last_failure: Option<SystemTime>,
    /// The run of looks that found it healthy or degraded.
    pub consecutive_successes: u32,
    /// The run of looks that found it unhealthy.
    pub consecutive_failures: u32,
    /// Looks that ended, since it was made. None of these numbers ever becomes less.
    pub checks: u64,
    /// Those that found it healthy.
    pub successes: u64,
    /// Those that found it degraded.
    pub degraded: u64,
    /// Those that found it unhealthy, with those that took too long and those that panicked.
    pub failures: u64,
    /// Those that took too long.
    pub timed_out: u64,
    /// Those that panicked.
    pub panicked: u64,
    /// Those that could not ask.
    pub unknown: u64,
    /// The share of successes and degraded ones in these and the failures, in percent; `None` without any.
    pub success_rate: Option<f64>,
    /// How long the last look took.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub duration: Option<Duration>,
    /// The mean of how long the last 10 looks took that had an answer.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub latency: Option<Duration>,
    /// How long looks took.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::buckets"))]
    pub durations: Durations,
    /// How many ended how, by the words that metrics have for it.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) results: [(&'static str, u64); 6],
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

impl MonitorStatus {
    pub(crate) fn new(monitor: &Monitor) -> Self {
        let config = monitor.config();
        let checks = monitor.statuses();
        let conditions = monitor.conditions();
        Self {
            verdict: checks.values().map(|check| Verdict::of_check(check.status)).max().unwrap_or_default(),
            running: monitor.is_running(),
            interval: config.interval(),
            timeout: config.timeout(),
            latency: conditions.latency,
            advice: Advice::default().under(conditions),
            checks,
        }
    }
}

impl CheckStatus {
    pub(crate) fn new(watched: &Watched) -> Self {
        let known = watched.known();
        let (snapshot, totals) = (known.snapshot, known.snapshot.totals);
        // By one reading of the clock on the wall, so that what was at the same time is shown as such.
        let last = snapshot.checked_at.map(|checked_at| (checked_at, clock::system_time(checked_at)));
        let shown = |at: Option<Tick>| {
            let ((checked_at, shown), at) = (last?, at?);
            shown.checked_sub(checked_at.since(at))
        };
        Self {
            status: snapshot.status,
            healthy: snapshot.status.is_usable(),
            reason: known.why.as_deref().map(str::to_owned),
            in_status_for: snapshot.in_status_for,
            last_check: shown(snapshot.checked_at),
            last_success: shown(snapshot.healthy_at),
            last_failure: shown(snapshot.unhealthy_at),
            consecutive_successes: snapshot.consecutive_successes,
            consecutive_failures: snapshot.consecutive_failures,
            checks: totals.checks(),
            successes: totals.healthy,
            degraded: totals.degraded,
            failures: totals.unhealthy,
            timed_out: known.timed_out,
            panicked: known.panicked,
            unknown: totals.unknown,
            success_rate: totals.success_rate().map(|rate| rate.get() * 100.0),
            duration: snapshot.took,
            latency: snapshot.latency,
            results: known.results(),
            durations: known.durations,
            seed: known.seed,
        }
    }
}
