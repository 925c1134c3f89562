//! Counters that every call adds to, without threads in each other's way.
//!
//! A locked addition costs a call about as much as all else that a limit decides by, and several times that where another
//! thread adds to the same line. So a thread has a place of its own, in which nobody else writes, for as long as it lives; what
//! is read is the sum.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many threads at a time have a place of their own: as many as call on most machines, in 1 KiB for each set of counters.
/// Those beyond share one more.
const PLACES: usize = 15;

/// The place that is shared, by threads beyond the first and by those that end.
const SHARED: usize = PLACES;

/// No place yet.
const NONE: usize = usize::MAX;

static FREE: Free = Free::new();

thread_local! {
    static PLACE: Cell<usize> = const { Cell::new(NONE) };
    static LEASE: Lease = Lease(FREE.take().unwrap_or(SHARED));
}

/// A set of counters for each of the places.
#[derive(Debug, Default)]
pub struct PerThread<T>([Line<T>; PLACES + 1]);

/// Nothing else is in the same cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line<T>(T);

impl<T> PerThread<T> {
    /// Adds one to `counter` of this thread.
    #[inline]
    pub fn count(&self, counter: impl Fn(&T) -> &AtomicU64) {
        if !self.count_at_once(&counter) {
            self.count_without_place(counter);
        }
    }

    /// The same, if this thread has a place of its own by now: whether it has.
    #[inline(always)]
    pub(crate) fn count_at_once(&self, counter: impl Fn(&T) -> &AtomicU64) -> bool {
        let place = PLACE.get();
        if place >= PLACES {
            return false;
        }
        let own = counter(&self.0[place].0);
        // Nobody else writes it, so nothing is lost between the two.
        own.store(own.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        true
    }

    /// The same for a thread that has no place of its own, or none yet.
    #[inline(never)]
    fn count_without_place(&self, counter: impl Fn(&T) -> &AtomicU64) {
        if PLACE.get() == NONE && taken() != SHARED {
            return self.count(counter);
        }
        counter(&self.0[SHARED].0).fetch_add(1, Ordering::Relaxed);
    }

    /// What all threads have counted.
    #[must_use]
    pub fn sum(&self, counter: impl Fn(&T) -> &AtomicU64) -> u64 {
        self.each().map(|one| counter(one).load(Ordering::Relaxed)).sum()
    }

    /// The one of this thread; threads that have no place of their own share one.
    #[inline]
    pub fn here(&self) -> &T {
        let place = match PLACE.get() {
            NONE => taken(),
            place => place,
        };
        &self.0[place].0
    }

    /// The one that is this thread's alone; `None` of a thread that shares one.
    #[inline]
    pub fn own(&self) -> Option<&T> {
        let place = match PLACE.get() {
            NONE => taken(),
            place => place,
        };
        if place < PLACES { Some(&self.0[place].0) } else { None }
    }

    /// All of them.
    pub fn each(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|line| &line.0)
    }
}

/// The place that this thread takes, as it has none yet.
#[cold]
fn taken() -> usize {
    PLACE.set(LEASE.try_with(|lease| lease.0).unwrap_or(SHARED));
    PLACE.get()
}

/// A place, for the time that the thread lives.
struct Lease(usize);

impl Drop for Lease {
    fn drop(&mut self) {
        // What else ends with the thread may still count.
        PLACE.set(SHARED);
        FREE.give_back(self.0);
    }
}

/// Which places nobody has: a bit for each.
struct Free(AtomicU64);

impl Free {
    const fn new() -> Self {
        Self(AtomicU64::new((1 << PLACES) - 1))
    }

    /// The first of them. Acquired, so that who takes a place goes on where the thread before stopped.
    fn take(&self) -> Option<usize> {
        let without_first = |free: u64| (free != 0).then(|| free & (free - 1));
        let free = self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, without_first).ok()?;
        Some(free.trailing_zeros() as usize)
    }

    fn give_back(&self, place: usize) {
        if place != SHARED {
            self.0.fetch_or(1 << place, Ordering::Release);
        }
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::thread;

    #[test]
    fn s2_71_a_place_has_one_thread_at_a_time_and_is_handed_on() {
        let free = Free::new();
        let taken: Vec<_> = std::iter::from_fn(|| free.take()).collect();
        assert_eq!(taken, (0..PLACES).collect::<Vec<_>>());
        free.give_back(SHARED);
        assert_eq!(free.take(), None);
        free.give_back(7);
        assert_eq!((free.take(), free.take()), (Some(7), None));
    }

    #[test]
    fn s2_71_every_count_is_in_the_sum_with_more_threads_than_places_that_come_and_go() {
        const THREADS: usize = 2 * PLACES;
        const CALLS: u64 = 200_000;
        let counters = PerThread::<AtomicU64>::default();
        for round in 1..=2 {
            let start = Barrier::new(THREADS);
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        start.wait();
                        (0..CALLS).for_each(|_| counters.count(|counter| counter));
                    });
                }
            });
            assert_eq!(counters.sum(|counter| counter), round * THREADS as u64 * CALLS);
        }
    }

    #[test]
    fn s2_71_what_a_thread_counts_while_it_ends_is_in_the_sum() {
        struct Late(&'static PerThread<AtomicU64>);
        impl Drop for Late {
            fn drop(&mut self) {
                self.0.count(|counter| counter);
            }
        }
        thread_local! {
            static LATE: Cell<Option<Late>> = const { Cell::new(None) };
        }
        let counters: &'static PerThread<AtomicU64> = Box::leak(Box::default());
        let ended = thread::spawn(move || {
            // Before the first count, so that it ends after the place is given back.
            LATE.set(Some(Late(counters)));
            counters.count(|counter| counter);
        });
        ended.join().expect("it only counts");
        assert_eq!(counters.sum(|counter| counter), 2);
        assert_eq!(counters.0[SHARED].0.load(Ordering::Relaxed), 1, "the place was another's by then");
    }
}
