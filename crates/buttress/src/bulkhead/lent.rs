//! Places that are lent to services, and how they come back.

use super::shared::Shared;
use crate::{Tick, clock};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// One that may have a place which it took ahead.
pub(super) trait Lent: Send + Sync {
    /// Until when its place is kept for it. Without one it is off the list, and comes back to it with its next place.
    fn stays_until(&self) -> Option<Tick>;

    /// Takes its place back, if it was kept long enough.
    fn take_back(&self, now: Tick) -> bool;
}

/// Those that have places which they took ahead.
#[derive(Debug)]
pub(super) struct Reservations {
    /// No place can be taken back before. Written under the lock; what is refused meanwhile looks at nothing else.
    earliest: AtomicU64,
    /// With those that had one when somebody looked last.
    lent: Mutex<Vec<Weak<dyn Lent>>>,
}

impl Default for Reservations {
    fn default() -> Self {
        Self { earliest: AtomicU64::new(Tick::MAX.as_nanos()), lent: Mutex::default() }
    }
}

impl Reservations {
    /// One that is not on the list, and has its place until then.
    pub(super) fn add(&self, slot: Weak<dyn Lent>, until: Tick) {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        // Before it would grow, so that it is never twice as long as there are services.
        if lent.len() == lent.capacity() {
            lent.retain(|slot| slot.strong_count() > 0);
        }
        lent.push(slot);
        self.earliest.fetch_min(until.as_nanos(), Ordering::Relaxed);
    }

    fn earliest(&self) -> Tick {
        Tick::from_nanos(self.earliest.load(Ordering::Relaxed))
    }

    /// One that has its place for too long. Its place is not taken here, under the lock, as who gets it is woken and may come
    /// back.
    fn overdue(&self, now: Tick) -> Option<Arc<dyn Lent>> {
        if self.earliest() > now {
            return None;
        }
        let (mut earliest, mut overdue) = (Tick::MAX, None);
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        lent.retain(|slot| {
            let Some(slot) = slot.upgrade() else { return false };
            let Some(until) = slot.stays_until() else { return false };
            earliest = earliest.min(until);
            if until <= now {
                overdue.get_or_insert(slot);
            }
            true
        });
        self.earliest.store(earliest.as_nanos(), Ordering::Relaxed);
        overdue
    }
}

// All for those alone who find no room.
impl Shared {
    /// Takes back a place that somebody took ahead and has not used in time.
    pub(super) fn reclaim(&self) -> bool {
        let Some(reservations) = self.reservations.get() else { return false };
        let now = clock::precise();
        while let Some(slot) = reservations.overdue(now) {
            if slot.take_back(now) {
                return true;
            }
        }
        false
    }

    /// When the next place can be taken back, at the earliest.
    pub(super) fn next_reclaim(&self, now: Tick) -> Option<Duration> {
        let earliest = self.reservations.get()?.earliest();
        (earliest < Tick::MAX).then(|| earliest.since(now))
    }
}
