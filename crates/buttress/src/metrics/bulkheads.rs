//! Families and series of bulkheads.

use super::collect::{Page, owned};
use super::families::family;
use super::family::{Family, Kind, Labels, Value};
use crate::registry::{BulkheadStatus, KeyedBulkheadStatus};

const BULKHEAD: &[&str] = &["bulkhead"];

pub(super) static CONCURRENT: Family = family(
    Kind::Gauge,
    "bulkhead_concurrent",
    BULKHEAD,
    "calls",
    "Calls under way, by weight; of one for many keys, those of all keys.",
);
pub(super) static LIMIT: Family = family(
    Kind::Gauge,
    "bulkhead_limit",
    BULKHEAD,
    "calls",
    "How many may be under way; moves where it follows what the peer bears. Of one for many keys, the limit of each.",
);
pub(super) static LIMIT_CHANGES: Family = family(
    Kind::Counter,
    "bulkhead_limit_changes_total",
    BULKHEAD,
    "changes",
    "How often the limit changed, by itself or by an operator's hand; absent of one for many keys.",
);
pub(super) static QUEUED: Family = family(
    Kind::Gauge,
    "bulkhead_queued",
    BULKHEAD,
    "calls",
    "Calls that wait for their turn; of one for many keys, those of all keys.",
);
pub(super) static QUEUE_LIMIT: Family = family(
    Kind::Gauge,
    "bulkhead_queue_limit",
    BULKHEAD,
    "calls",
    "How many may wait; of one for many keys, at each.",
);
pub(super) static REJECTED: Family = family(
    Kind::Counter,
    "bulkhead_rejected_total",
    &["bulkhead", "reason"],
    "calls",
    "Calls that were not sent, each once, by why: full (no room and none in the queue), too_large (they weigh more than the limit), timed_out (they waited as long as they may), expired (their deadline passed while they waited). Of one for many keys, all of them as any.",
);
pub(super) static TIMED_OUT: Family = family(
    Kind::Counter,
    "bulkhead_timed_out_total",
    BULKHEAD,
    "calls",
    "Those of them that waited as long as they may; absent of one for many keys.",
);
pub(super) static LEFT: Family = family(
    Kind::Counter,
    "bulkhead_left_total",
    BULKHEAD,
    "calls",
    "Calls that were dropped while they waited; absent of one for many keys.",
);
pub(super) static COMPLETED: Family = family(
    Kind::Counter,
    "bulkhead_completed_total",
    BULKHEAD,
    "calls",
    "Calls that ended, however they did; absent of one for many keys.",
);
pub(super) static CANCELLED: Family = family(
    Kind::Counter,
    "bulkhead_cancelled_total",
    BULKHEAD,
    "calls",
    "Those of them that were dropped before they had a result; absent of one for many keys.",
);
pub(super) static PANICS: Family = family(
    Kind::Counter,
    "bulkhead_panics_total",
    BULKHEAD,
    "calls",
    "Cancelled calls that were dropped by a panic; absent of one for many keys.",
);
pub(super) static WAIT: Family = family(
    Kind::Histogram,
    "bulkhead_wait_duration_seconds",
    BULKHEAD,
    "seconds",
    "How long calls waited that had to wait and got their turn.",
);
pub(super) static DURATION: Family = family(
    Kind::Histogram,
    "bulkhead_duration_seconds",
    BULKHEAD,
    "seconds",
    "How long calls with a result took; only where durations are recorded or the limit follows them.",
);
pub(super) static KEYS: Family =
    family(Kind::Gauge, "bulkhead_keys", BULKHEAD, "keys", "Keys that have a bulkhead.");
pub(super) static KEYS_CAPACITY: Family =
    family(Kind::Gauge, "bulkhead_keys_capacity", BULKHEAD, "keys", "Keys that can have a bulkhead.");
pub(super) static KEYS_EVICTED: Family = family(
    Kind::Counter,
    "bulkhead_keys_evicted_total",
    BULKHEAD,
    "keys",
    "Bulkheads that went so that another key could have one.",
);
pub(super) static KEYS_OVERFLOWED: Family = family(
    Kind::Counter,
    "bulkhead_keys_overflowed_total",
    BULKHEAD,
    "calls",
    "Calls that went to the bulkhead which keys share while there is no room for their own.",
);

impl Page {
    pub(super) fn bulkhead(&mut self, name: &str, bulkhead: &BulkheadStatus) {
        let labels = || -> Labels { vec![("bulkhead", owned(name))] };
        self.level(&CONCURRENT, labels(), bulkhead.in_flight);
        self.level(&LIMIT, labels(), bulkhead.limit);
        self.count(&LIMIT_CHANGES, labels(), bulkhead.limit_changes);
        self.level(&QUEUED, labels(), bulkhead.queued);
        self.level(&QUEUE_LIMIT, labels(), bulkhead.queue);
        for (reason, calls) in [
            ("full", bulkhead.rejected),
            ("too_large", bulkhead.too_large),
            ("timed_out", bulkhead.timed_out),
            ("expired", bulkhead.expired),
        ] {
            let mut labels = labels();
            labels.push(("reason", reason.into()));
            self.count(&REJECTED, labels, calls);
        }
        self.count(&TIMED_OUT, labels(), bulkhead.timed_out);
        self.count(&LEFT, labels(), bulkhead.left);
        self.count(&COMPLETED, labels(), bulkhead.completed);
        self.count(&CANCELLED, labels(), bulkhead.cancelled);
        self.count(&PANICS, labels(), bulkhead.panicked);
        self.put(&WAIT, labels(), Value::Durations(bulkhead.waits.clone()));
        if let Some(durations) = &bulkhead.durations {
            self.put(&DURATION, labels(), Value::Durations(durations.clone()));
        }
    }

    pub(super) fn keyed_bulkhead(&mut self, name: &str, keyed: &KeyedBulkheadStatus) {
        let labels = || -> Labels { vec![("bulkhead", owned(name))] };
        self.level(&CONCURRENT, labels(), keyed.in_flight as f64);
        self.level(&QUEUED, labels(), keyed.queued as f64);
        // Made with it and never replaced, so it stands for all.
        self.level(&LIMIT, labels(), keyed.overflow.limit);
        self.level(&QUEUE_LIMIT, labels(), keyed.overflow.queue);
        self.count(&REJECTED, vec![("bulkhead", owned(name)), ("reason", "any".into())], keyed.refused);
        self.put(&WAIT, labels(), Value::Durations(keyed.waits.clone()));
        self.level(&KEYS, labels(), keyed.entries as f64);
        self.level(&KEYS_CAPACITY, labels(), keyed.capacity as f64);
        self.count(&KEYS_EVICTED, labels(), keyed.evicted);
        self.count(&KEYS_OVERFLOWED, labels(), keyed.overflowed);
    }
}
