//! How a bulkhead stands.

/// What a bulkhead holds and did, true for one instant. What is not called now are totals since it was made, which only
/// grow.
///
/// Every call that asked is counted once: it was `admitted`, is `queued`, or is in one of `rejected`, `too_large`,
/// `timed_out`, `expired` and `cancelled`. Only one that has got its turn and has not fetched it is in none for that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The limit now.
    pub limit: u32,
    /// What is taken of it now, by weight; with that of those who have got their turn and not fetched it. Above the limit
    /// for a while after the limit shrank.
    pub in_flight: u32,
    /// The most that may wait.
    pub queue: u32,
    /// How many wait now.
    pub queued: u32,
    /// Calls that got a ticket, at once or after a wait.
    pub admitted: u64,
    /// Calls that were done with it.
    pub completed: u64,
    /// Tickets that were given back unused.
    pub given_back: u64,
    /// Calls that joined the queue.
    pub waited: u64,
    /// Calls that found it full, or lost their place in the queue to a higher priority.
    pub rejected: u64,
    /// Calls that asked for more than the limit.
    pub too_large: u64,
    /// Calls that waited for as long as they may.
    pub timed_out: u64,
    /// Calls whose deadline passed while they waited.
    pub expired: u64,
    /// Calls that were given up while they waited.
    pub cancelled: u64,
}

impl Snapshot {
    /// The share of the limit that is taken: from 0 to 1, and above while it has shrunk beneath what is in flight.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        f64::from(self.in_flight) / f64::from(self.limit)
    }

    /// The share of the queue that is taken, from 0 to 1; 0 where there is no queue.
    #[must_use]
    pub fn queue_utilization(&self) -> f64 {
        f64::from(self.queued) / f64::from(self.queue.max(1))
    }
}
