//! How everything stands, as one plain value.

use super::bandwidths::BandwidthStatus;
use super::bulkheads::{BulkheadStatus, KeyedBulkheadStatus};
use super::error_budgets::ErrorBudgetStatus;
use super::failure_logs::FailureLogStatus;
use super::fallbacks::FallbackStatus;
use super::health::{Health, Verdict};
use super::health_checks::MonitorStatus;
use super::operations::OperationStatus;
use super::peers::PeersStatus;
use super::rate_limits::{KeyedRateLimitStatus, RateLimitStatus};
use super::retries::RetryStatus;
#[cfg(feature = "serde")]
use super::serialize;
use super::time_limits::TimeLimitStatus;
use crate::circuit_breaker::{
    Cause, Explanation, Probes, Snapshot, State, Totals, Transition, TransitionCount, WindowCounts,
};
use crate::{Durations, FailureKind, Ratio, clock};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// How everything in a registry stood when it was asked: what JSON, metrics and the verdict on its health are made of.
///
/// It is read from the very state that admits calls, so it cannot say anything else than they are told. With feature
/// `serde` it can be serialised: names in `snake_case`, durations in seconds, points in time as RFC 3339, shares as
/// numbers in `0.0..=1.0`, and `success_rate` in percent.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// The verdict on all of it, with the reasons.
    pub health: Health,
    /// Calls that ended as a success or a failure, of all circuit breakers together.
    pub total_operations: u64,
    /// The share of them that succeeded, in percent; `None` without calls.
    pub success_rate: Option<f64>,
    /// The circuit breakers by name.
    pub circuit_breakers: BTreeMap<String, BreakerStatus>,
    /// The circuit breakers that keep a state per key, by name.
    pub keyed_circuit_breakers: BTreeMap<String, KeyedStatus>,
    /// The health monitors by name.
    pub health_monitors: BTreeMap<String, MonitorStatus>,
    /// The error budgets by name.
    pub error_budgets: BTreeMap<String, ErrorBudgetStatus>,
    /// The operations by component and name, as `payments.charge`.
    pub operations: BTreeMap<String, OperationStatus>,
    /// The retries by name.
    pub retries: BTreeMap<String, RetryStatus>,
    /// The bulkheads by name.
    pub bulkheads: BTreeMap<String, BulkheadStatus>,
    /// The bulkheads that keep a state per key, by name.
    pub keyed_bulkheads: BTreeMap<String, KeyedBulkheadStatus>,
    /// The failure logs by name.
    pub failure_logs: BTreeMap<String, FailureLogStatus>,
    /// The fallbacks by name.
    pub fallbacks: BTreeMap<String, FallbackStatus>,
    /// The limits on bytes by name.
    pub bandwidths: BTreeMap<String, BandwidthStatus>,
    /// The ledgers of peers by name.
    pub peers: BTreeMap<String, PeersStatus>,
    /// The deadlines by name.
    pub deadlines: BTreeMap<String, TimeLimitStatus>,
    /// The timeouts by name.
    pub timeouts: BTreeMap<String, TimeLimitStatus>,
    /// The rate limits by name.
    pub rate_limits: BTreeMap<String, RateLimitStatus>,
    /// The rate limits that keep a state per key, by name.
    pub keyed_rate_limits: BTreeMap<String, KeyedRateLimitStatus>,
}

/// How one circuit breaker stands.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BreakerStatus {
    /// The state. It serialises as [`State::as_str`] says; [`State::as_number`] is the number of the gauge.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub state: State,
    /// Whether it is neither open nor forced open.
    pub healthy: bool,
    /// How well it is, by what it would answer a call now.
    pub verdict: Verdict,
    /// Whether it decides without refusing.
    pub shadow: bool,
    /// How long it has been in this state.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds"))]
    pub in_state_for: Duration,
    /// How long until it admits a probe; `None` unless it is open.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub retry_after: Option<Duration>,
    /// The share of the calls in the window that failed; `None` without calls.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::ratio"))]
    pub failure_rate: Option<Ratio>,
    /// The share of the calls in the window that were slow; `None` without calls.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::ratio"))]
    pub slow_call_rate: Option<Ratio>,
    /// The run of failures.
    pub consecutive_failures: u64,
    /// What the window holds; nothing unless it is closed.
    #[cfg_attr(feature = "serde", serde(with = "serialize::Window"))]
    pub window: WindowCounts,
    /// What its probes found; nothing unless it is half-open.
    #[cfg_attr(feature = "serde", serde(with = "serialize::Probes"))]
    pub probes: Probes,
    /// All calls since it was made. They never become fewer.
    #[cfg_attr(feature = "serde", serde(with = "serialize::Totals"))]
    pub totals: Totals,
    /// How often it opened.
    pub opened: u64,
    /// How often it changed its state.
    pub transitions: u64,
    /// The same by the states before and after; those that never happened are left out.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::transition_counts"))]
    pub transition_counts: Vec<TransitionCount>,
    /// How long calls took; `None` unless that is recorded.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::durations"))]
    pub durations: Option<Durations>,
    /// The last failure.
    pub last_failure: Option<LastFailure>,
    /// The latest changes, oldest first, at most 32.
    pub history: Vec<Change>,
    /// Why it stands where it stands, and how far each rule is from opening it: for people.
    pub explain: String,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

/// The last failure of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LastFailure {
    /// In what way the call failed.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub kind: FailureKind,
    /// When it ended.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::rfc3339"))]
    pub at: SystemTime,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// The number of this change since the breaker was made, from 1 without gaps.
    pub number: u64,
    /// When it happened.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::rfc3339"))]
    pub at: SystemTime,
    /// The state before.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub from: State,
    /// The state since.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub to: State,
    /// Why.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::text"))]
    pub cause: Cause,
    /// How long the breaker stays open, of a change to [`State::Open`].
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::seconds_if_any"))]
    pub open_for: Option<Duration>,
}

/// How the circuit breakers of many keys stand.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedStatus {
    /// How well they are together: degraded if any key is refused or probed, unhealthy if every one is refused.
    pub verdict: Verdict,
    /// How many keys have a breaker.
    pub entries: usize,
    /// How many can have one.
    pub capacity: usize,
    /// How many had to go so that another could have one.
    pub evicted: u64,
    /// How many calls went to the breaker that keys share while there is no room for their own.
    pub overflowed: u64,
    /// How many keys are in which state.
    pub states: StateCounts,
    /// The calls of all keys, those that are gone included. They never become fewer. A call that ends after its breaker went is
    /// among them once nobody holds that breaker any more.
    #[cfg_attr(feature = "serde", serde(with = "serialize::Totals"))]
    pub totals: Totals,
    /// How often breakers opened, of all keys, those that are gone included.
    pub opened: u64,
    /// How long the calls of all keys took; `None` unless that is recorded.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::durations"))]
    pub durations: Option<Durations>,
    /// The keys with the most failures.
    pub keys: BTreeMap<String, BreakerStatus>,
    /// The breaker that keys share while there is no room for their own.
    pub overflow: BreakerStatus,
}

/// How many breakers are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StateCounts {
    /// Those that are closed.
    pub closed: usize,
    /// Those that are half-open.
    pub half_open: usize,
    /// Those that are open.
    pub open: usize,
    /// Those that an operator opened.
    pub forced_open: usize,
    /// Those that an operator closed.
    pub forced_closed: usize,
}

impl Status {
    /// Adds up, once all have reported.
    pub(crate) fn sum_up(mut self) -> Self {
        let named = self.circuit_breakers.values().map(|breaker| breaker.totals);
        let keyed = self.keyed_circuit_breakers.values().map(|breakers| breakers.totals);
        let (mut successes, mut failures) = (0, 0);
        for totals in named.chain(keyed) {
            successes += totals.successes;
            failures += totals.failures;
        }
        self.total_operations = successes + failures;
        self.success_rate = Ratio::of(successes, self.total_operations).map(|ratio| ratio.get() * 100.0);
        self
    }

    /// Whether every objective of every error budget is met.
    #[must_use]
    pub fn objectives_met(&self) -> bool {
        self.error_budgets.values().all(|budget| budget.met)
    }

    /// How many of the circuit breakers that have a name are in which state.
    #[must_use]
    pub fn states(&self) -> StateCounts {
        self.circuit_breakers.values().map(|breaker| breaker.state).collect()
    }
}

impl BreakerStatus {
    pub(crate) fn new(explanation: &Explanation) -> Self {
        let Snapshot { state, shadow, in_state_for, retry_after, .. } = explanation.snapshot;
        let snapshot = &explanation.snapshot;
        Self {
            state,
            healthy: !matches!(state, State::Open | State::ForcedOpen),
            verdict: Verdict::of_snapshot(snapshot),
            shadow,
            in_state_for,
            retry_after,
            failure_rate: snapshot.window.failure_rate(),
            slow_call_rate: snapshot.window.slow_call_rate(),
            consecutive_failures: snapshot.consecutive_failures,
            window: snapshot.window,
            probes: snapshot.probes,
            totals: snapshot.totals,
            opened: snapshot.opened,
            transitions: snapshot.transitions,
            transition_counts: snapshot.transition_counts.clone(),
            durations: None,
            last_failure: snapshot
                .last_failure
                .map(|last| LastFailure { kind: last.kind, at: clock::system_time(last.at) }),
            history: snapshot.history.iter().map(Change::new).collect(),
            explain: explanation.to_string(),
            seed: snapshot.seed,
        }
    }

    /// The same with how long calls took.
    pub(crate) fn with_durations(self, durations: Option<Durations>) -> Self {
        Self { durations, ..self }
    }
}

impl Change {
    fn new(transition: &Transition) -> Self {
        let Transition { number, at, from, to, cause, open_for, .. } = *transition;
        Self { number, at: clock::system_time(at), from, to, cause, open_for }
    }
}

impl StateCounts {
    /// How many there are in all.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.closed + self.half_open + self.open + self.forced_open + self.forced_closed
    }

    pub(crate) fn add(&mut self, state: State) {
        *match state {
            State::Closed => &mut self.closed,
            State::HalfOpen => &mut self.half_open,
            State::Open => &mut self.open,
            State::ForcedOpen => &mut self.forced_open,
            State::ForcedClosed => &mut self.forced_closed,
        } += 1;
    }
}

impl FromIterator<State> for StateCounts {
    fn from_iter<I: IntoIterator<Item = State>>(states: I) -> Self {
        let mut counts = Self::default();
        states.into_iter().for_each(|state| counts.add(state));
        counts
    }
}
