//! From how everything stands to series.

use super::counts::{Counts, RESULTS};
use super::families::{self as is, FAMILIES};
use super::family::{Family, Labels, Series, Value};
use super::members::Owner;
use super::memory::{Memory, Shared};
use crate::Durations;
use crate::circuit_breaker::State;
use crate::registry::{BreakerStatus, KeyedStatus, Status};
use std::borrow::Cow;
use std::cmp::Reverse;

/// What to export of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Whether there is also one series for each state.
    pub(super) per_state: bool,
    /// How many keys of a keyed breaker have series of their own.
    pub(super) top_keys: usize,
}

/// The label of all keys that have no series of their own.
pub(super) const OTHER: &str = "other";

/// The changes that no operator makes. They are exported from the start, as a counter that begins at one hides its first
/// change from Prometheus.
const OWN_CHANGES: [(State, State); 4] = [
    (State::Closed, State::Open),
    (State::Open, State::HalfOpen),
    (State::HalfOpen, State::Closed),
    (State::HalfOpen, State::Open),
];

/// All series, those of one family together, in the order of the reference.
pub(super) fn collect(status: &Status, scope: Scope, memory: &mut Memory) -> Vec<Series> {
    let mut page = Page { scope, owner: Owner::All, series: Vec::new() };
    memory.begin();
    for (name, breaker) in &status.circuit_breakers {
        page.owner = Owner::Breaker(breaker.seed);
        let counts = memory.named(page.owner, Counts::new(&breaker.totals, breaker.opened));
        page.breaker(name, breaker, &counts);
    }
    for (name, keyed) in &status.keyed_circuit_breakers {
        // Made with it and never replaced, so its seed stands for all.
        page.owner = Owner::Breaker(keyed.overflow.seed);
        let top = top(keyed, scope.top_keys);
        let keys = top.iter().map(|(key, breaker)| (*key, Counts::new(&breaker.totals, breaker.opened)));
        let shared = memory.keyed(page.owner, Counts::new(&keyed.totals, keyed.opened), keys);
        page.keyed(name, keyed, &top, &shared);
    }
    for (name, peers) in &status.peers {
        page.owner = Owner::Peers(peers.seed);
        // Their breakers are among all that ever opened.
        memory.named(page.owner, Counts { opened: peers.trips.unwrap_or(0), ..Counts::default() });
        page.peers(name, peers);
    }
    memory.end();
    for (name, budget) in &status.error_budgets {
        page.owner = Owner::ErrorBudget(budget.seed);
        page.error_budget(name, budget);
    }
    for operation in status.operations.values() {
        page.owner = Owner::Operation(operation.seed);
        page.operation(operation);
    }
    for (name, log) in &status.failure_logs {
        page.owner = Owner::FailureLog(log.seed);
        page.failure_log(name, log);
    }
    for (name, fallback) in &status.fallbacks {
        page.owner = Owner::Fallback(fallback.seed);
        page.fallback(name, fallback);
    }
    for (name, retry) in &status.retries {
        page.owner = Owner::Retry(retry.seed);
        page.retry(name, retry);
    }
    for (name, limit) in &status.rate_limits {
        page.owner = Owner::RateLimit(limit.seed);
        page.rate_limit(name, limit);
    }
    for (name, limit) in &status.keyed_rate_limits {
        page.owner = Owner::RateLimit(limit.seed);
        page.keyed_rate_limit(name, limit);
    }
    for (name, bulkhead) in &status.bulkheads {
        page.owner = Owner::Bulkhead(bulkhead.seed);
        page.bulkhead(name, bulkhead);
    }
    for (name, keyed) in &status.keyed_bulkheads {
        page.owner = Owner::Bulkhead(keyed.overflow.seed);
        page.keyed_bulkhead(name, keyed);
    }
    for (name, deadline) in &status.deadlines {
        page.owner = Owner::TimeLimit(deadline.seed);
        page.deadline(name, deadline);
    }
    for (name, timeout) in &status.timeouts {
        page.owner = Owner::TimeLimit(timeout.seed);
        page.timeout(name, timeout);
    }
    for (name, bandwidth) in &status.bandwidths {
        page.owner = Owner::Bandwidth(bandwidth.seed);
        page.bandwidth(name, bandwidth);
    }
    for (name, monitor) in &status.health_monitors {
        for (check, watched) in &monitor.checks {
            page.owner = Owner::HealthCheck(watched.seed);
            page.health_check(name, check, watched);
        }
    }
    if scope.per_state {
        page.owner = Owner::All;
        page.count(&is::PEER_TRIPS, Labels::new(), memory.trips());
    }
    let place = |series: &Series| FAMILIES.iter().position(|family| std::ptr::eq(*family, series.family));
    page.series.sort_by_cached_key(place);
    page.series
}

/// The keys with the most failures. One that is called as the others together, or nothing, counts among them.
fn top(keyed: &KeyedStatus, most: usize) -> Vec<(&str, &BreakerStatus)> {
    let named = keyed.keys.iter().map(|(key, breaker)| (key.as_str(), breaker));
    let mut keys: Vec<_> = named.filter(|(key, _)| !key.is_empty() && *key != OTHER).collect();
    keys.sort_by_key(|(_, breaker)| Reverse(breaker.totals.failures));
    keys.truncate(most);
    keys
}

/// Series as they come.
pub(super) struct Page {
    scope: Scope,
    /// Whose series come next.
    owner: Owner,
    series: Vec<Series>,
}

impl Page {
    fn breaker(&mut self, name: &str, breaker: &BreakerStatus, counts: &Counts) {
        let labels = || vec![name_label(name)];
        self.level(&is::STATE, labels(), breaker.state.as_number());
        self.results(labels, counts);
        self.rare(name, counts);
        self.changes(name, breaker);
        self.levels(name, breaker);
        self.durations(name, breaker.durations.as_ref());
        if self.scope.per_state {
            self.per_state(breaker.state, vec![("peer", owned(name))], None);
        }
    }

    fn keyed(
        &mut self,
        name: &str,
        keyed: &KeyedStatus,
        top: &[(&str, &BreakerStatus)],
        shared: &Shared<'_>,
    ) {
        let labels = |key: &str| vec![name_label(name), ("key", owned(key))];
        for (key, breaker) in top {
            self.level(&is::STATE, labels(key), breaker.state.as_number());
            if self.scope.per_state {
                self.per_state(breaker.state, vec![("peer", owned(key))], Some(name));
            }
        }
        for (key, counts) in &shared.keys {
            self.results(|| labels(key), counts);
        }
        self.results(|| labels(OTHER), &shared.other);
        self.rare(name, &shared.all);
        self.durations(name, keyed.durations.as_ref());
        let states = &keyed.states;
        for (state, keys) in [
            (State::Closed, states.closed),
            (State::HalfOpen, states.half_open),
            (State::Open, states.open),
            (State::ForcedOpen, states.forced_open),
            (State::ForcedClosed, states.forced_closed),
        ] {
            let labels = vec![name_label(name), ("state", Cow::Borrowed(state.as_str()))];
            self.level(&is::KEYS, labels, keys as f64);
        }
        let name = || vec![name_label(name)];
        self.level(&is::KEYS_CAPACITY, name(), keyed.capacity as f64);
        self.count(&is::KEYS_EVICTED, name(), keyed.evicted);
        self.count(&is::KEYS_OVERFLOWED, name(), keyed.overflowed);
    }

    /// What is counted for a key as for a whole breaker.
    fn results(&mut self, labels: impl Fn() -> Labels, counts: &Counts) {
        for (result, calls) in RESULTS.into_iter().zip(counts.results) {
            let mut labels = labels();
            labels.push(("result", Cow::Borrowed(result)));
            self.count(&is::REQUESTS, labels, calls);
        }
        self.count(&is::FAILURES, labels(), counts.failures);
    }

    /// What is counted for a whole breaker alone.
    fn rare(&mut self, name: &str, counts: &Counts) {
        for (family, count) in [
            (&is::TRIPS, counts.opened),
            (&is::SLOW_CALLS, counts.slow),
            (&is::EXPIRED_LEASES, counts.expired_leases),
            (&is::WOULD_REJECT, counts.would_reject),
            (&is::PANICS, counts.panicked),
        ] {
            self.count(family, vec![name_label(name)], count);
        }
    }

    fn durations(&mut self, name: &str, durations: Option<&Durations>) {
        if let Some(durations) = durations {
            self.put(&is::DURATION, vec![name_label(name)], Value::Durations(durations.clone()));
        }
    }

    fn changes(&mut self, name: &str, breaker: &BreakerStatus) {
        let counted = &breaker.transition_counts;
        let happened = |pair| counted.iter().any(|change| (change.from, change.to) == pair);
        let never = OWN_CHANGES.into_iter().filter(|pair| !happened(*pair)).map(|(from, to)| (from, to, 0));
        let counted = counted.iter().map(|change| (change.from, change.to, change.count));
        for (from, to, count) in counted.chain(never) {
            let [from, to] = [from, to].map(|state| Cow::Borrowed(state.as_str()));
            let labels = vec![name_label(name), ("from_state", from), ("to_state", to)];
            self.count(&is::STATE_CHANGES, labels, count);
        }
    }

    fn levels(&mut self, name: &str, breaker: &BreakerStatus) {
        let labels = || vec![name_label(name)];
        self.level(&is::CONSECUTIVE_FAILURES, labels(), breaker.consecutive_failures as f64);
        self.level(&is::PROBES_IN_FLIGHT, labels(), breaker.probes.in_flight as f64);
        let shares =
            [(&is::FAILURE_RATIO, breaker.failure_rate), (&is::SLOW_CALL_RATIO, breaker.slow_call_rate)];
        for (family, share) in shares {
            if let Some(share) = share {
                self.level(family, labels(), share.get());
            }
        }
    }

    fn per_state(&mut self, now: State, peer: Labels, name: Option<&str>) {
        for state in State::ALL {
            let mut labels = peer.clone();
            labels.push(("state", Cow::Borrowed(state.as_str())));
            labels.extend(name.map(name_label));
            self.level(&is::PEER_STATE, labels, u8::from(state == now));
        }
    }

    /// How many keys have series of their own.
    pub(super) const fn top_keys(&self) -> usize {
        self.scope.top_keys
    }

    /// Whether there is also one series for each state.
    pub(super) const fn per_state_too(&self) -> bool {
        self.scope.per_state
    }

    pub(super) fn level(&mut self, family: &'static Family, labels: Labels, level: impl Into<f64>) {
        self.put(family, labels, Value::Level(level.into()));
    }

    pub(super) fn count(&mut self, family: &'static Family, labels: Labels, count: u64) {
        self.put(family, labels, Value::Count(count));
    }

    pub(super) fn put(&mut self, family: &'static Family, labels: Labels, value: Value) {
        self.series.push(Series { family, owner: self.owner, labels, value });
    }
}

pub(super) fn name_label(name: &str) -> (&'static str, Cow<'static, str>) {
    ("name", owned(name))
}

pub(super) fn owned(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_owned())
}
