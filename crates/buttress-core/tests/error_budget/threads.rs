//! Many threads at once.

use super::*;
use buttress_core::ErrorBudget;
use buttress_core::error_budget::{Change, Config};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

#[test]
fn w28_b7_a_million_calls_beside_snapshots_finish_and_balance() {
    let config = Config::builder().window(secs(60)).slower_than(secs(1)).build().unwrap();
    let budget = ErrorBudget::new(config, at(0));
    let (done, looks) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let look = at(looks.fetch_add(1, Ordering::Relaxed) % 60);
                    let snapshot = budget.snapshot(look);
                    assert!(snapshot.bad <= snapshot.total && snapshot.total <= 1_000_000);
                    let _ = budget.check(look);
                    let _ = (budget.burn_rate(secs(60), look), budget.export(look));
                }
            });
        }
        let calling = [0, 1, 2, 3].map(|thread| {
            let budget = &budget;
            scope.spawn(move || {
                for call in 0..250_000_u64 {
                    let took = secs(call % 3);
                    let _ = budget.record_lasting(thread != 3, took, Tick::from_nanos(call * 200_000));
                }
            })
        });
        for calling in calling {
            calling.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    let totals = budget.totals();
    let slow = 3 * 83_333;
    assert_eq!((totals.good, totals.bad, totals.slow), (750_000 - slow, 250_000 + slow, slow));
    let snapshot = budget.snapshot(at(50));
    assert_eq!((snapshot.total, snapshot.bad), (1_000_000, 250_000 + slow));
}

#[test]
fn s2_85_d3_every_crossing_is_told_once_whatever_threads_do() {
    // One call of two may fail, so the threads go to and fro over the thresholds. They share one time: where each had its own, what
    // is in the window would depend on which of them ran when.
    const CALLS: u64 = 400_000;
    const EACH: Duration = Duration::from_micros(750);
    let config = Config::builder().objective(share(0.5)).window(secs(60)).hysteresis(Ratio::ZERO);
    let budget = ErrorBudget::new(config.alerts(&[]).build().unwrap(), at(0));
    let told = [0; 3].map(|_: u64| AtomicU64::new(0));
    let calls = AtomicU64::new(0);
    let time = |call: u64| at(0) + EACH * u32::try_from(call).unwrap();
    thread::scope(|scope| {
        for seed in 0..4 {
            let (budget, told, calls, time) = (&budget, &told, &calls, &time);
            scope.spawn(move || {
                let mut dice = Dice(seed);
                loop {
                    let call = calls.fetch_add(1, Ordering::Relaxed);
                    if call >= CALLS {
                        return;
                    }
                    let now = time(call);
                    let bad = dice.below(100) < [40, 60][usize::from(call % 200_000 < 100_000)];
                    let changes = budget.record(!bad, now);
                    let changes = changes.into_iter().chain((call % 100 == 0).then(|| budget.check(now)));
                    for change in changes.flatten() {
                        let kind = match change {
                            Change::Low { .. } => 0,
                            Change::Exhausted { .. } => 1,
                            Change::Recovered { .. } => 2,
                            other => panic!("{other}"),
                        };
                        told[kind].fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let told = told.map(AtomicU64::into_inner);
    let totals = budget.totals();
    assert_eq!(told, [totals.low, totals.exhausted, totals.recovered]);
    assert!(told.iter().all(|times| *times > 0), "{told:?}");
    let snapshot = budget.snapshot(time(CALLS - 1));
    assert_eq!(snapshot.level, budget.level(), "nothing is left untold");
}
