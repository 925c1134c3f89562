//! Bulkheads in a registry.

use super::handle::{Handle, LAYER};
use super::keyed::Keyed;
use crate::key::Key;
use crate::observe::Listen;
use crate::registry::{
    Answer, Asked, BulkheadStatus, Health, Held, KeyedBulkheadStatus, Member, Status, Verdict, Verdicts,
};
use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        let bulkhead = BulkheadStatus::new(self);
        status.health.judge(Self::KIND, self.name(), bulkhead.verdict, Standing(self));
        status.bulkheads.insert(self.name().to_owned(), bulkhead);
    }

    fn judge(&self, health: &mut Health) {
        health.judge(Self::KIND, self.name(), self.verdict(), Standing(self));
    }

    fn reset(&self, _: Asked) -> Answer {
        self.reopen();
        Answer::Reset
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}

impl Handle {
    /// One that is full lets some calls through all the time; one that was closed lets none.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.is_closed() {
            Verdict::Unhealthy
        } else if self.in_flight() >= self.limit() {
            Verdict::Degraded
        } else {
            Verdict::Healthy
        }
    }
}

/// How it stands, in words: `full with 3 waiting`.
struct Standing<'a>(&'a Handle);

impl fmt::Display for Standing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_closed() {
            return f.write_str("closed");
        }
        let (in_flight, limit) = (self.0.in_flight(), self.0.limit());
        match self.0.queued() {
            _ if in_flight < limit => write!(f, "at {in_flight} of {limit}"),
            0 => f.write_str("full"),
            queued => write!(f, "full with {queued} waiting"),
        }
    }
}

impl<K: Key + ?Sized> Member for Keyed<K> {
    const KIND: &'static str = "keyed_bulkhead";
}

impl<K: Key + ?Sized> Held for Keyed<K> {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, keys: usize) {
        let mut verdicts = Verdicts::default();
        let mut found: Vec<_> = Vec::with_capacity(self.len());
        self.for_each(|_, handle| found.push(handle.clone()));
        let (mut in_flight, mut queued) = (0, 0);
        for handle in found.iter().chain([self.overflow()]) {
            in_flight += u64::from(handle.in_flight());
            queued += u64::from(handle.queued());
        }
        found.iter().for_each(|handle| verdicts.add(handle.verdict()));
        if self.overflowed() > 0 {
            verdicts.add(self.overflow().verdict());
        }
        let busiest = |handle: &Handle| {
            (Reverse(handle.queued()), Reverse(handle.in_flight()), handle.key().map(String::from))
        };
        found.sort_by_cached_key(busiest);
        let top = found.iter().take(keys);
        let keys =
            top.map(|handle| (handle.key().unwrap_or_default().to_owned(), BulkheadStatus::new(handle)));
        let bulkheads = KeyedBulkheadStatus {
            verdict: verdicts.verdict(),
            entries: found.len(),
            capacity: self.capacity(),
            evicted: self.evicted(),
            overflowed: self.overflowed(),
            in_flight,
            queued,
            refused: self.refused(),
            waits: self.waits(),
            keys: keys.collect(),
            overflow: BulkheadStatus::new(self.overflow()),
        };
        status.health.judge(Self::KIND, self.name(), bulkheads.verdict, Standings(&verdicts));
        status.keyed_bulkheads.insert(self.name().to_owned(), bulkheads);
    }

    fn judge(&self, health: &mut Health) {
        let mut verdicts = Verdicts::default();
        self.for_each(|_, handle| verdicts.add(handle.verdict()));
        if self.overflowed() > 0 {
            verdicts.add(self.overflow().verdict());
        }
        health.judge(Self::KIND, self.name(), verdicts.verdict(), Standings(&verdicts));
    }

    fn reset(&self, _: Asked) -> Answer {
        self.for_each(|_, handle| handle.reopen());
        self.overflow().reopen();
        Answer::Reset
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}

/// The same of many keys.
struct Standings<'a>(&'a Verdicts);

impl fmt::Display for Standings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (closed, full, keys) = (self.0.unhealthy(), self.0.degraded(), self.0.keys());
        write!(f, "closed for {closed} and full for {full} of {keys} keys")
    }
}
