//! How a bulkhead stands.

use super::health::Verdict;
#[cfg(feature = "serde")]
use super::serialize;
use crate::Durations;
use crate::bulkhead::{Dropped, Handle};
use std::collections::BTreeMap;

/// How one bulkhead stands. What is not called now is counted since it was made, and never falls.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BulkheadStatus {
    /// How well it is: degraded when it is full, unhealthy when it was closed.
    pub verdict: Verdict,
    /// The limit now.
    pub limit: u32,
    /// How often the limit changed.
    pub limit_changes: u64,
    /// What is taken of it now.
    pub in_flight: u32,
    /// The share of the limit that is taken; above 1 while it has shrunk beneath what is under way.
    pub utilization: f64,
    /// How many wait now.
    pub queued: u32,
    /// How many may.
    pub queue: u32,
    /// The share of the queue that is taken.
    pub queue_utilization: f64,
    /// Calls that ended, however they did.
    pub completed: u64,
    /// Those of them that were dropped before they had a result.
    pub cancelled: u64,
    /// Those of them that were dropped by a panic.
    pub panicked: u64,
    /// Calls that were refused, as it was full and so was the queue.
    pub rejected: u64,
    /// Calls that were refused, as they weighed more than the limit.
    pub too_large: u64,
    /// Calls that waited as long as they may.
    pub timed_out: u64,
    /// Calls whose deadline passed while they waited.
    pub expired: u64,
    /// Calls that were dropped while they waited.
    pub left: u64,
    /// How long calls waited that had to wait and got their turn; of one of many keys, those of all keys together.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::buckets"))]
    pub waits: Durations,
    /// How long calls took; `None` unless that is recorded.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::durations"))]
    pub durations: Option<Durations>,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

/// How the bulkheads of many keys stand.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedBulkheadStatus {
    /// How well they are together: degraded if any is full, unhealthy if every one was closed.
    pub verdict: Verdict,
    /// How many keys have a bulkhead.
    pub entries: usize,
    /// How many can have one.
    pub capacity: usize,
    /// How many had to go so that another could have one.
    pub evicted: u64,
    /// How many calls went to the bulkhead that keys share while there is no room for their own.
    pub overflowed: u64,
    /// Calls under way now, of all keys, by weight.
    pub in_flight: u64,
    /// Calls that wait now, of all keys.
    pub queued: u64,
    /// Calls that were refused or waited in vain, of all keys, those that are gone included.
    pub refused: u64,
    /// How long calls waited that had to wait and got their turn, of all keys.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize::buckets"))]
    pub waits: Durations,
    /// The busiest keys.
    pub keys: BTreeMap<String, BulkheadStatus>,
    /// The bulkhead that keys share while there is no room for their own.
    pub overflow: BulkheadStatus,
}

impl BulkheadStatus {
    pub(crate) fn new(handle: &Handle) -> Self {
        let snapshot = handle.snapshot();
        let Dropped { cancelled, panicked, .. } = handle.dropped();
        Self {
            verdict: handle.verdict(),
            limit: snapshot.limit,
            limit_changes: handle.limit_changes(),
            in_flight: snapshot.in_flight,
            utilization: snapshot.utilization(),
            queued: snapshot.queued,
            queue: snapshot.queue,
            queue_utilization: snapshot.queue_utilization(),
            completed: snapshot.completed,
            cancelled,
            panicked,
            rejected: snapshot.rejected,
            too_large: snapshot.too_large,
            timed_out: snapshot.timed_out,
            expired: snapshot.expired,
            left: snapshot.cancelled,
            waits: handle.waits(),
            durations: handle.durations(),
            seed: handle.seed(),
        }
    }
}
