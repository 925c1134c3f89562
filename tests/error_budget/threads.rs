//! Many threads at one budget.

use crate::calls;
use buttress::error_budget::{Config, ErrorBudgetLayer, Handle};
use buttress::{BoxError, FailureKind, Outcome};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;
use tower::{Layer, Service, service_fn};

#[test]
fn w28_b7_a_million_calls_beside_readers_end_and_every_one_counts_once() {
    const THREADS: u64 = 4;
    const CALLS: u64 = 250_000;
    let handle = Handle::new("orders", Config::default());
    let (start, done) = (Barrier::new(THREADS as usize + 1), AtomicBool::new(false));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    for number in 0..CALLS {
                        let failed = Outcome::Failure(FailureKind::Error);
                        let outcome = if number % 100 == 0 { failed } else { Outcome::Success };
                        handle.record(outcome, Duration::ZERO);
                    }
                })
            })
            .collect();
        let reader = scope.spawn(|| {
            start.wait();
            let mut last = 0;
            while !done.load(SeqCst) {
                let (total, bad) = calls(&handle);
                assert!(total >= last && bad <= total, "{bad} of {total} after {last}");
                last = total;
                let _ = (handle.burn_rate(Duration::from_secs(300)), handle.level(), handle.all_met());
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, SeqCst);
        reader.join().unwrap();
    });
    assert_eq!(calls(&handle), (THREADS * CALLS, THREADS * CALLS / 100));
}

#[test]
fn d4_all_services_of_a_layer_keep_one_budget() {
    let layer = ErrorBudgetLayer::new(Config::default());
    let handle = layer.handle().clone();
    thread::scope(|scope| {
        for _ in 0..4 {
            let mut service = layer.layer(service_fn(|(): ()| std::future::ready(Ok::<_, BoxError>(()))));
            scope.spawn(move || {
                for _ in 0..1_000 {
                    support::Task::new(service.call(())).finish().unwrap();
                }
            });
        }
    });
    assert_eq!(calls(&handle), (4_000, 0));
}
