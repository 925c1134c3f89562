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
    /// One that is not on the list, and has its place until then. Whether it is the first for all that those know who wait.
    pub(super) fn add(&self, slot: Weak<dyn Lent>, until: Tick) -> bool {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        // Before it would grow, so that it is never twice as long as there are services.
        if lent.len() == lent.capacity() {
            lent.retain(|slot| slot.strong_count() > 0);
        }
        lent.push(slot);
        self.earliest.fetch_min(until.as_nanos(), Ordering::Relaxed) == Tick::MAX.as_nanos()
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

    /// When the next place can be taken back, at the earliest. Who waits and is told that there is none is woken when there is.
    pub(super) fn next_reclaim(&self, now: Tick) -> Option<Duration> {
        let earliest = self.reservations.get()?.earliest();
        (earliest < Tick::MAX).then(|| earliest.since(now))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// Has a place for so long, and counts who asks.
    #[derive(Default)]
    struct Lends {
        until: AtomicU64,
        asked: AtomicU64,
    }

    impl Lent for Lends {
        fn stays_until(&self) -> Option<Tick> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Some(Tick::from_nanos(self.until.load(Ordering::Relaxed))).filter(|until| *until > Tick::ZERO)
        }

        fn take_back(&self, _: Tick) -> bool {
            self.until.swap(0, Ordering::Relaxed) > 0
        }
    }

    #[test]
    fn a10_nobody_is_asked_before_a_place_can_come_due_and_who_has_none_is_not_asked_again() {
        let reservations = Reservations::default();
        let at = Tick::from_nanos;
        let services: Vec<_> = (0..100).map(|_| Arc::new(Lends::default())).collect();
        let add = |service: usize, until: u64| {
            services[service].until.store(until, Ordering::Relaxed);
            let weak: Weak<Lends> = Arc::downgrade(&services[service]);
            reservations.add(weak, at(until))
        };
        let first = (0..100).filter(|service| add(*service, 1_000 + *service as u64)).count();
        assert_eq!(first, 1);
        let asked = || services.iter().map(|service| service.asked.load(Ordering::Relaxed)).sum::<u64>();
        assert!(reservations.overdue(at(999)).is_none());
        assert_eq!(asked(), 0);
        // All but the last one use their places meanwhile.
        services[..99].iter().for_each(|service| service.until.store(0, Ordering::Relaxed));
        assert!(reservations.overdue(at(1_000)).is_none());
        assert_eq!((asked(), reservations.earliest()), (100, at(1_099)));
        assert!(reservations.overdue(at(1_098)).is_none());
        assert_eq!(asked(), 100);
        let overdue = reservations.overdue(at(1_099)).unwrap();
        assert_eq!(asked(), 101, "only who may have a place");
        assert!(overdue.take_back(at(1_099)));
        assert!(reservations.overdue(at(1_099)).is_none());
        assert_eq!((asked(), reservations.earliest()), (102, Tick::MAX));
        assert!(add(7, 2_000));
        assert_eq!(reservations.earliest(), at(2_000));
    }

    #[test]
    fn f4_services_that_come_and_go_leave_nothing_behind() {
        let reservations = Reservations::default();
        for _ in 0..10_000 {
            let service: Arc<dyn Lent> = Arc::new(Lends::default());
            reservations.add(Arc::downgrade(&service), Tick::from_nanos(1));
        }
        assert!(reservations.lent.lock().unwrap().capacity() <= 8);
    }
}
