//! Every family there is.

use super::bandwidths as bandwidth;
use super::bulkheads as bulkhead;
use super::error_budgets as budget;
use super::failure_logs as failures;
use super::family::{Family, Kind};
use super::health_checks as health;
use super::peers as peer;
use super::rate_limits as rate;
use super::retries as retry;

/// All families, in the order of the reference.
pub static FAMILIES: &[&Family] = &[
    &STATE,
    &REQUESTS,
    &FAILURES,
    &STATE_CHANGES,
    &TRIPS,
    &DURATION,
    &CONSECUTIVE_FAILURES,
    &FAILURE_RATIO,
    &SLOW_CALL_RATIO,
    &SLOW_CALLS,
    &PROBES_IN_FLIGHT,
    &EXPIRED_LEASES,
    &WOULD_REJECT,
    &PANICS,
    &KEYS,
    &KEYS_CAPACITY,
    &KEYS_EVICTED,
    &KEYS_OVERFLOWED,
    &PEER_STATE,
    &PEER_TRIPS,
    &budget::REMAINING,
    &budget::CONSUMED,
    &budget::EXHAUSTED,
    &budget::BURN_RATE,
    &budget::BURNING,
    &budget::REQUESTS,
    &budget::SHED,
    &budget::SAVES,
    &budget::P50,
    &budget::P95,
    &budget::P99,
    &budget::VIOLATIONS,
    &OPERATION_REQUESTS,
    &OPERATION_PANICS,
    &OPERATION_IN_FLIGHT,
    &OPERATION_DURATION,
    &failures::FAILURES,
    &failures::CALLS,
    &failures::PANICS,
    &failures::CLASSES,
    &failures::RECORDS,
    &failures::DROPPED,
    &failures::WRITTEN,
    &failures::SUPPRESSED,
    &FALLBACKS,
    &FALLBACK_PANICS,
    &retry::RETRY_ATTEMPTS,
    &retry::RETRY_DELAY,
    &retry::RETRY_SUCCESSES,
    &retry::RETRY_FAILURES,
    &retry::RETRY_CANCELLED,
    &retry::RETRY_PANICS,
    &retry::RETRY_BALANCE,
    &rate::RATE_LIMIT_ALLOWED,
    &rate::RATE_LIMIT_REJECTED,
    &rate::RATE_LIMIT_RATE,
    &rate::RATE_LIMIT_REMAINING,
    &rate::RATE_LIMIT_WAITING,
    &rate::RATE_LIMIT_KEYS,
    &rate::RATE_LIMIT_KEYS_EVICTED,
    &rate::RATE_LIMIT_KEYS_OVERFLOWED,
    &bulkhead::CONCURRENT,
    &bulkhead::LIMIT,
    &bulkhead::LIMIT_CHANGES,
    &bulkhead::QUEUED,
    &bulkhead::QUEUE_LIMIT,
    &bulkhead::REJECTED,
    &bulkhead::TIMED_OUT,
    &bulkhead::LEFT,
    &bulkhead::COMPLETED,
    &bulkhead::CANCELLED,
    &bulkhead::PANICS,
    &bulkhead::WAIT,
    &bulkhead::DURATION,
    &bulkhead::KEYS,
    &bulkhead::KEYS_CAPACITY,
    &bulkhead::KEYS_EVICTED,
    &bulkhead::KEYS_OVERFLOWED,
    &TIMEOUTS,
    &TIMEOUT_LIMIT,
    &DEADLINE_EXCEEDED,
    &DEADLINE_EXPIRED,
    &bandwidth::BANDWIDTH_BYTES,
    &bandwidth::BANDWIDTH_THROTTLED,
    &bandwidth::BANDWIDTH_LIMIT,
    &bandwidth::BANDWIDTH_AVAILABLE,
    &bandwidth::BANDWIDTH_PEERS,
    &bandwidth::BANDWIDTH_PEERS_EVICTED,
    &bandwidth::BANDWIDTH_PEERS_OVERFLOWED,
    &peer::PEERS,
    &peer::PEERS_CAPACITY,
    &peer::PEERS_EVICTED,
    &peer::PEERS_OVERFLOWED,
    &peer::PEERS_BANNED,
    &peer::PEER_BANS,
    &peer::PEERS_TRIPS,
    &peer::PEER_SCORE,
    &peer::PEERS_SAVES,
    &health::HEALTH_CHECK_STATUS,
    &health::HEALTH_CHECK_DURATION,
    &health::HEALTH_CHECKS,
    &health::HEALTH_CHECK_FAILURES,
];

pub(super) const fn family(
    kind: Kind,
    name: &'static str,
    labels: &'static [&'static str],
    unit: &'static str,
    meaning: &'static str,
) -> Family {
    Family { name, prefixed: true, kind, labels, unit, meaning }
}

const NAME: &[&str] = &["name"];
const NAME_KEY: &[&str] = &["name", "[key]"];

pub(super) static STATE: Family = family(
    Kind::Gauge,
    "circuit_breaker_state",
    NAME_KEY,
    "state",
    "Where it stands: 0 closed or forced closed, 1 half-open, 2 open or forced open.",
);
pub(super) static REQUESTS: Family = family(
    Kind::Counter,
    "circuit_breaker_requests_total",
    &["name", "[key]", "result"],
    "calls",
    "Calls by how they ended, each once: success, failure, rejected, throttled, ignored (says nothing about the peer), cancelled (dropped before there was a result).",
);
pub(super) static FAILURES: Family = family(
    Kind::Counter,
    "circuit_breaker_failures_total",
    NAME_KEY,
    "calls",
    "Calls that count as failures, throttled ones among them where those do.",
);
pub(super) static STATE_CHANGES: Family = family(
    Kind::Counter,
    "circuit_breaker_state_changes_total",
    &["name", "from_state", "to_state"],
    "changes",
    "Changes of state by the states before and after.",
);
pub(super) static TRIPS: Family = family(
    Kind::Counter,
    "circuit_breaker_trips_total",
    NAME,
    "openings",
    "How often it opened; opening again after a failed probe counts, being forced open does not.",
);
pub(super) static DURATION: Family = family(
    Kind::Histogram,
    "circuit_breaker_request_duration_seconds",
    NAME,
    "seconds",
    "How long calls with a result took; only where durations are recorded.",
);
pub(super) static CONSECUTIVE_FAILURES: Family = family(
    Kind::Gauge,
    "circuit_breaker_consecutive_failures",
    NAME,
    "calls",
    "The run of failures; 0 unless it is closed.",
);
pub(super) static FAILURE_RATIO: Family = family(
    Kind::Gauge,
    "circuit_breaker_failure_ratio",
    NAME,
    "0 to 1",
    "The share of the calls in the window that failed; absent without calls.",
);
pub(super) static SLOW_CALL_RATIO: Family = family(
    Kind::Gauge,
    "circuit_breaker_slow_call_ratio",
    NAME,
    "0 to 1",
    "The share of the calls in the window that were slow; absent without calls.",
);
pub(super) static SLOW_CALLS: Family = family(
    Kind::Counter,
    "circuit_breaker_slow_calls_total",
    NAME,
    "calls",
    "Calls that were slow, failed or not.",
);
pub(super) static PROBES_IN_FLIGHT: Family = family(
    Kind::Gauge,
    "circuit_breaker_probes_in_flight",
    NAME,
    "calls",
    "Probes of a half-open breaker that have not ended.",
);
pub(super) static EXPIRED_LEASES: Family = family(
    Kind::Counter,
    "circuit_breaker_expired_leases_total",
    NAME,
    "leases",
    "Leases of probes that were given up because their call never ended.",
);
pub(super) static WOULD_REJECT: Family = family(
    Kind::Counter,
    "circuit_breaker_would_reject_total",
    NAME,
    "calls",
    "Calls that were admitted in shadow and would have been rejected otherwise.",
);
pub(super) static PANICS: Family = family(
    Kind::Counter,
    "circuit_breaker_panics_total",
    NAME,
    "calls",
    "Cancelled calls that were dropped by a panic.",
);
pub(super) static KEYS: Family = family(
    Kind::Gauge,
    "circuit_breaker_keys",
    &["name", "state"],
    "keys",
    "Keys that have a breaker, by its state.",
);
pub(super) static KEYS_CAPACITY: Family =
    family(Kind::Gauge, "circuit_breaker_keys_capacity", NAME, "keys", "Keys that can have a breaker.");
pub(super) static KEYS_EVICTED: Family = family(
    Kind::Counter,
    "circuit_breaker_keys_evicted_total",
    NAME,
    "keys",
    "Breakers that went so that another key could have one.",
);
pub(super) static KEYS_OVERFLOWED: Family = family(
    Kind::Counter,
    "circuit_breaker_keys_overflowed_total",
    NAME,
    "calls",
    "Calls that went to the breaker which keys share while there is no room for their own.",
);
pub(super) static PEER_STATE: Family = Family {
    prefixed: false,
    ..family(
        Kind::Gauge,
        "circuit_breaker_state",
        &["peer", "state", "[name]", "[layer]"],
        "0 or 1",
        "1 for the state it is in, 0 for the others; only with one series for each state. With layer=\"peers\" those of the peers of a ledger that have a score of their own.",
    )
};
pub(super) static PEER_TRIPS: Family = Family {
    prefixed: false,
    ..family(
        Kind::Counter,
        "circuit_breaker_trips_total",
        &[],
        "openings",
        "How often any breaker opened; only with one series for each state.",
    )
};

const OPERATION: &[&str] = &["operation", "component"];

pub(super) static OPERATION_REQUESTS: Family = family(
    Kind::Counter,
    "operation_requests_total",
    &["operation", "component", "result"],
    "calls",
    "Calls by how they ended, each once: success, failure, throttled, ignored (says nothing), cancelled (dropped before there was a result).",
);
pub(super) static OPERATION_PANICS: Family = family(
    Kind::Counter,
    "operation_panics_total",
    OPERATION,
    "calls",
    "Cancelled calls that were dropped by a panic.",
);
pub(super) static OPERATION_IN_FLIGHT: Family =
    family(Kind::Gauge, "operation_in_flight", OPERATION, "calls", "Calls that have begun and not ended.");
pub(super) static OPERATION_DURATION: Family = family(
    Kind::Histogram,
    "operation_duration_seconds",
    OPERATION,
    "seconds",
    "How long calls took that succeeded, failed or were throttled.",
);

pub(super) static TIMEOUTS: Family = family(
    Kind::Counter,
    "timeouts_total",
    &["name", "cause"],
    "calls",
    "Calls that were sent and given up, by whether they took longer than the limit or a deadline left less.",
);
pub(super) static TIMEOUT_LIMIT: Family = family(
    Kind::Gauge,
    "timeout_limit_seconds",
    NAME,
    "seconds",
    "How long a call may take; moves where it follows how long calls take.",
);
pub(super) static DEADLINE_EXCEEDED: Family = family(
    Kind::Counter,
    "deadline_exceeded_total",
    NAME,
    "calls",
    "Calls that were given up under way, with all that was done for them, when their deadline was over.",
);
pub(super) static DEADLINE_EXPIRED: Family = family(
    Kind::Counter,
    "deadline_expired_total",
    NAME,
    "calls",
    "Calls that were refused, as their deadline was over before they began.",
);
pub(super) static FALLBACKS: Family = family(
    Kind::Counter,
    "fallback_total",
    &["name", "trigger", "result"],
    "calls",
    "Calls that a fallback was asked for, each once, by why (rejected, opening, error, response) and how that ended: answered, failed, cancelled (dropped before it had an answer).",
);
pub(super) static FALLBACK_PANICS: Family = family(
    Kind::Counter,
    "fallback_panics_total",
    NAME,
    "calls",
    "Cancelled ones that were dropped by a panic.",
);
