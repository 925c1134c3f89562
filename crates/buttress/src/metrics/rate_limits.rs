//! Families and series of rate limits.

use super::collect::{Page, owned};
use super::families::family;
use super::family::{Family, Kind, Labels};
use crate::registry::{KeyedRateLimitStatus, RateLimitStatus};

const LIMITER: &[&str] = &["limiter"];

pub(super) static RATE_LIMIT_ALLOWED: Family = family(
    Kind::Counter,
    "rate_limiter_allowed_total",
    LIMITER,
    "calls",
    "Calls that were admitted; of a limit per key, those of all keys.",
);
pub(super) static RATE_LIMIT_REJECTED: Family = family(
    Kind::Counter,
    "rate_limiter_rejected_total",
    &["limiter", "reason"],
    "calls",
    "Calls that were not, by why: rate_limited (above the rate), too_large (cost more than there ever is), queue_timed_out (waited in vain), expired (their deadline was over while they waited).",
);
pub(super) static RATE_LIMIT_RATE: Family = family(
    Kind::Gauge,
    "rate_limiter_current_rate",
    LIMITER,
    "tokens per second",
    "How many tokens come a second; moves where the rate follows how long calls take. Of a limit per key, those of each key.",
);
pub(super) static RATE_LIMIT_REMAINING: Family = family(
    Kind::Gauge,
    "rate_limiter_remaining",
    LIMITER,
    "tokens",
    "How many tokens are there, of several limits in the one that has the fewest; not of a limit per key.",
);
pub(super) static RATE_LIMIT_WAITING: Family = family(
    Kind::Gauge,
    "rate_limiter_waiting",
    LIMITER,
    "calls",
    "Calls that wait for their turn; not of a limit per key.",
);
pub(super) static RATE_LIMIT_KEYS: Family =
    family(Kind::Gauge, "rate_limiter_keys", LIMITER, "keys", "Keys that have a limit of their own.");
pub(super) static RATE_LIMIT_KEYS_EVICTED: Family = family(
    Kind::Counter,
    "rate_limiter_keys_evicted_total",
    LIMITER,
    "keys",
    "Keys that went so that another could have a limit of its own.",
);
pub(super) static RATE_LIMIT_KEYS_OVERFLOWED: Family = family(
    Kind::Counter,
    "rate_limiter_keys_overflowed_total",
    LIMITER,
    "calls",
    "Calls of keys that found no room and share one limit, as all others were above their rate.",
);

impl Page {
    pub(super) fn rate_limit(&mut self, name: &str, limit: &RateLimitStatus) {
        self.count(&RATE_LIMIT_ALLOWED, labels(name), limit.admitted);
        self.rejected(name, "rate_limited", limit.limited);
        self.rejected(name, "too_large", limit.too_large);
        self.rejected(name, "queue_timed_out", limit.timed_out);
        self.rejected(name, "expired", limit.expired);
        self.level(&RATE_LIMIT_RATE, labels(name), limit.rate);
        if let Some(least) = limit.limits.iter().map(|limit| limit.remaining).min() {
            self.level(&RATE_LIMIT_REMAINING, labels(name), least as f64);
        }
        self.level(&RATE_LIMIT_WAITING, labels(name), limit.waiting as f64);
    }

    pub(super) fn keyed_rate_limit(&mut self, name: &str, limit: &KeyedRateLimitStatus) {
        self.count(&RATE_LIMIT_ALLOWED, labels(name), limit.admitted);
        self.rejected(name, "rate_limited", limit.limited);
        self.rejected(name, "too_large", limit.too_large);
        self.rejected(name, "queue_timed_out", limit.timed_out);
        self.rejected(name, "expired", limit.expired);
        self.level(&RATE_LIMIT_RATE, labels(name), limit.rate.per_second_f64());
        self.level(&RATE_LIMIT_KEYS, labels(name), limit.entries as f64);
        self.count(&RATE_LIMIT_KEYS_EVICTED, labels(name), limit.evicted);
        self.count(&RATE_LIMIT_KEYS_OVERFLOWED, labels(name), limit.overflowed);
    }

    fn rejected(&mut self, name: &str, reason: &'static str, calls: u64) {
        let mut labels = labels(name);
        labels.push(("reason", reason.into()));
        self.count(&RATE_LIMIT_REJECTED, labels, calls);
    }
}

fn labels(name: &str) -> Labels {
    vec![("limiter", owned(name))]
}
