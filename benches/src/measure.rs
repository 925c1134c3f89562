//! Allocations, bytes, nanoseconds.

use crate::worker::Worker;
use allocation_counter::AllocationInfo;
use buttress::clock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Allocations of so many calls on a warm state.
#[must_use]
pub fn allocations(worker: &mut dyn Worker, calls: u64) -> u64 {
    allocation_counter::measure(|| worker.run(calls)).count_total
}

/// Bytes that what `make` makes holds on the heap, also where it is made behind references.
pub fn bytes_held<T>(make: impl FnOnce() -> T) -> i64 {
    let mut made = None;
    let AllocationInfo { bytes_current, .. } = allocation_counter::measure(|| made = Some(make()));
    drop(made);
    bytes_current
}

/// Nanoseconds per call on each of so many threads at once, on average over the threads.
///
/// # Panics
/// When a worker's calls do not end as they should.
#[must_use]
pub fn nanos_per_call(worker: &mut dyn Worker, threads: usize, calls: u64) -> f64 {
    worker.check();
    let mut workers: Vec<_> = (0..threads).map(|_| worker.twin()).collect();
    let (start, running) = (Barrier::new(threads), AtomicUsize::new(threads));
    let on_a_thread = |worker: &mut dyn Worker| {
        worker.run(calls / 16);
        start.wait();
        let began = clock::precise();
        worker.run(calls);
        let took = clock::precise().since(began);
        running.fetch_sub(1, Ordering::Relaxed);
        // Who is done goes on, or the last calls of the others would be undisturbed.
        while running.load(Ordering::Relaxed) > 0 {
            worker.run(calls / 64);
        }
        took.as_secs_f64() * 1e9 / calls as f64
    };
    // The counting of allocations would be timed along with those who allocate.
    let uncounted = |worker: &mut dyn Worker| {
        let mut nanos = 0.0;
        allocation_counter::opt_out(|| nanos = on_a_thread(worker));
        nanos
    };
    // Who panics says so and takes the program along: the others would wait for it.
    let unbroken = |worker: &mut dyn Worker| {
        catch_unwind(AssertUnwindSafe(|| uncounted(worker))).unwrap_or_else(|_| process::abort())
    };
    let total: f64 = std::thread::scope(|scope| {
        let threads: Vec<_> =
            workers.iter_mut().map(|worker| scope.spawn(|| unbroken(&mut **worker))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a panic ends the program")).sum()
    });
    worker.check();
    total / threads as f64
}

/// The value in the middle; of an even number, the lower one of the two.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.0));
    }

    #[test]
    fn bytes_are_those_of_what_is_held_and_not_of_what_was_used_to_make_it() {
        let held = bytes_held(|| {
            drop(Vec::<u8>::with_capacity(1_000));
            Vec::<u8>::with_capacity(100)
        });
        assert_eq!(held, 100);
    }

    #[test]
    fn f6_every_path_measures_what_it_is_called_after_and_only_a_boxed_refusal_allocates() {
        for path in paths::ALL {
            let mut worker = (path.make)();
            worker.check();
            let allowed = if path.name == paths::BREAKER_OPEN_BOXED.name { 500 } else { 0 };
            assert_eq!(allocations(&mut *worker, 500), allowed, "{}", path.name);
            worker.twin().check();
        }
    }
}
