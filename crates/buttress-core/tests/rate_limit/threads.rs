//! W57: threads that ask at the same time.

use super::*;
use buttress_core::clock;
use buttress_core::rate_limit::{Buckets, Limiter, try_acquire_all};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;

const THREADS: usize = 4;
const ASKED: u64 = 200_000;

/// Lets several threads ask, each with a clock that runs on; answers how many were admitted by when.
fn admitted(ask: impl Fn(Tick) -> bool + Sync) -> (u64, u64) {
    let (clock, admitted) = (AtomicU64::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ASKED {
                    let now = clock.fetch_add(7, Relaxed);
                    admitted.fetch_add(usize::from(ask(at(now))), Relaxed);
                }
            });
        }
    });
    (admitted.into_inner() as u64, clock.into_inner())
}

#[test]
fn c2_w57_threads_together_get_burst_and_rate_and_no_less() {
    let bucket = bucket("3000000/s", 50);
    let (admitted, now) = admitted(|now| bucket.try_acquire(1, now).is_ok());
    let came = now * 3 / 1_000;
    // What a full bucket cannot take in while a thread was held up is the only thing that may be missing.
    assert!(admitted <= 50 + came, "{admitted} of {came}");
    assert!(admitted * 100 >= came * 99, "{admitted} of {came}");
}

#[test]
fn c2_w57_threads_with_one_key_get_burst_and_rate() {
    let config = config("10000000/s", 50);
    let buckets = Buckets::new(config, NonZeroUsize::MIN, Tick::ZERO);
    let (admitted, now) = admitted(|now| buckets.try_acquire("key", 1, now).is_ok());
    assert!(admitted <= 50 + now / 100 && admitted * 100 >= now / 100 * 99, "{admitted} in {now}");
}

#[test]
fn c2_changes_beside_calls_make_no_token() {
    let bucket = bucket("1000000/s", 10);
    let configs = [config("1000000/s", 10), config("999983/s", 10), config("700001/s", 10)];
    let round = AtomicUsize::new(0);
    let (admitted, now) = admitted(|now| {
        let round = round.fetch_add(1, Relaxed);
        if round.is_multiple_of(50) {
            bucket.set(configs[round / 50 % 3], now);
        }
        bucket.try_acquire(1, now).is_ok()
    });
    assert!(admitted <= 10 + now / 1_000, "{admitted} in {now}");
    assert!(admitted >= now / 1_000 / 2, "{admitted} in {now}");
}

#[test]
fn w56_limits_that_threads_share_lose_nothing_to_refusals() {
    // A rate that brings nothing while this runs: what is taken adds up.
    let all = Limiter::new(config("1/d", 100), Tick::ZERO);
    let own = [(); THREADS].map(|()| Limiter::new(config("1/d", 40), Tick::ZERO));
    let granted: u32 = thread::scope(|scope| {
        let asking = own.each_ref().map(|own| {
            let all = &all;
            scope.spawn(move || {
                (0..1_000).filter(|_| try_acquire_all([own, all], 1, Tick::ZERO).is_ok()).count()
            })
        });
        asking.into_iter().map(|asking| asking.join().unwrap() as u32).sum()
    });
    let left = |limit: &Limiter| limit.snapshot(Tick::ZERO).remaining;
    assert_eq!(granted, 100);
    assert_eq!((left(&all), own.iter().map(left).sum::<u32>()), (0, 4 * 40 - 100));
}

#[test]
fn f1_the_fine_clock_runs_with_the_precise_one_and_does_not_go_back() {
    let (fine, precise) = (clock::fine(), clock::precise());
    let mut last = fine;
    while clock::precise().since(precise) < Duration::from_millis(50) {
        let now = clock::fine();
        assert!(now >= last, "{now} after {last}");
        last = now;
    }
    // Read one after the other, so the precise one is later by what was waited for the processor, and a thousandth.
    let (fine, precise) = (clock::fine().since(fine), clock::precise().since(precise));
    assert!(fine <= precise + Duration::from_micros(50) + precise / 1_000, "{fine:?} {precise:?}");
}
