//! Real threads and real atomics.

use super::liveness::Dice;
use super::*;
use std::sync::atomic::AtomicU64;

const THREADS: u64 = 8;
const CALLS: u64 = 50_000;

/// Now and then, an operator's hand.
fn operate(breaker: &CircuitBreaker, dice: &mut Dice, now: Tick) {
    match dice.roll(1_000) {
        0 => _ = breaker.force_open(now),
        1 => _ = breaker.force_closed(now),
        2..=9 => _ = breaker.reset(now),
        10..=12 => breaker.set_shadow(true),
        13..=30 => breaker.set_shadow(false),
        _ => {}
    }
}

#[test]
fn b7_f7_every_admission_ends_exactly_once_while_states_change() {
    let config = Config::builder().count_throttling(true).open_for(millis(1)).probe_lease(millis(1)).build();
    let breaker = CircuitBreaker::new(config.expect("valid"), 1, Tick::ZERO);
    let clock = ManualClock::new(Tick::from_nanos(1));
    let [admitted, refused, released, left_out] = std::array::from_fn(|_| AtomicU64::new(0));
    std::thread::scope(|scope| {
        let callers: Vec<_> = (1..=THREADS)
            .map(|seed| {
                let (breaker, clock) = (&breaker, &clock);
                let (admitted, refused, released, left_out) = (&admitted, &refused, &released, &left_out);
                scope.spawn(move || {
                    let dice = &mut Dice::new(seed);
                    for _ in 0..CALLS {
                        let now = clock.advance(Duration::from_micros(dice.roll(100)));
                        operate(breaker, dice, now);
                        let Ok(permit) = Permit::acquire(breaker, now) else {
                            refused.fetch_add(1, Ordering::Relaxed);
                            continue;
                        };
                        admitted.fetch_add(1, Ordering::Relaxed);
                        match dice.roll(12) {
                            0..=2 => _ = permit.record(FAILURE, now),
                            3 => _ = permit.record(Outcome::Throttled, now),
                            4 => _ = permit.record(Outcome::Ignored, now),
                            5 => drop(permit),
                            6 => {
                                released.fetch_add(1, Ordering::Relaxed);
                                permit.release();
                            }
                            7 => {
                                left_out.fetch_add(1, Ordering::Relaxed);
                                std::mem::forget(permit);
                            }
                            _ => _ = permit.record(Outcome::Success, now),
                        }
                    }
                })
            })
            .collect();
        callers.into_iter().for_each(|caller| caller.join().expect("no caller panics"));
    });
    let [admitted, refused, released, left_out] =
        [admitted, refused, released, left_out].map(AtomicU64::into_inner);
    let snapshot = breaker.snapshot(clock.now());
    let totals = snapshot.totals;
    // Throttled calls count as failures here.
    let ended = totals.successes + totals.failures + totals.ignored + totals.cancelled;
    assert_eq!(ended + released + left_out, admitted);
    assert_eq!((admitted + refused, totals.rejected), (THREADS * CALLS, refused));
    assert!(totals.would_reject <= admitted && snapshot.opened > 0 && refused > 0, "{snapshot:?}");
    breaker.reset(clock.now());
    assert_eq!(breaker.snapshot(clock.now()).window, WindowCounts::default());
}

#[test]
fn d2_no_more_probes_are_out_than_are_allowed() {
    let config = Config::builder().half_open_probes(4).half_open_successes(200).half_open_failures(255);
    let rig = Rig::new(config.build().expect("valid")).due();
    let (out, most, probes) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for call in 0..CALLS {
                    if let Ok(permit) = Permit::acquire(&rig.breaker, rig.now()) {
                        probes.fetch_add(1, Ordering::Relaxed);
                        most.fetch_max(out.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        if call % 16 == 0 {
                            std::thread::yield_now();
                        }
                        out.fetch_sub(1, Ordering::SeqCst);
                        permit.record(Outcome::Ignored, rig.now());
                    }
                }
            });
        }
    });
    let most = most.into_inner();
    assert!((1..=4).contains(&most), "{most} probes at once");
    assert_eq!(probes.into_inner(), rig.snapshot().totals.ignored);
    assert_eq!((rig.state(), rig.snapshot().probes), (State::HalfOpen, Probes::default()));
}

#[test]
fn d3_threads_that_cross_a_threshold_together_make_one_change() {
    for round in 0..200 {
        let rig = Rig::with(|b| b.no_rules().failures_in_window(4));
        let tickets: Vec<_> = (0..8).map(|_| rig.ticket()).collect();
        let barrier = std::sync::Barrier::new(tickets.len());
        let changes: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = tickets
                .into_iter()
                .map(|ticket| {
                    let (rig, barrier) = (&rig, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        rig.end(ticket, FAILURE)
                    })
                })
                .collect();
            threads.into_iter().filter_map(|thread| thread.join().expect("no panic")).count()
        });
        let snapshot = rig.snapshot();
        assert_eq!((changes, snapshot.transitions, snapshot.totals.failures), (1, 1, 8), "round {round}");
    }
}

#[test]
fn s2_123_neither_admission_nor_a_success_nor_a_plain_failure_takes_a_lock() {
    let breaker = CircuitBreaker::new(Config::default(), 1, Tick::ZERO);
    let changing = breaker.journal();
    std::thread::scope(|scope| {
        let (done, finished) = std::sync::mpsc::channel();
        let breaker = &breaker;
        scope.spawn(move || {
            for outcome in [Outcome::Success, Outcome::Failure(FailureKind::Error), Outcome::Success] {
                let ticket = breaker.try_acquire(Tick::ZERO).expect("it is closed");
                assert_eq!(breaker.record(ticket, outcome, None, Tick::ZERO), None);
            }
            done.send(()).expect("somebody waits");
        });
        let free = finished.recv_timeout(Duration::from_secs(10));
        drop(changing);
        assert!(free.is_ok(), "a call waits for whoever changes the state");
    });
}
