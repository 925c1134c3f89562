//! Somebody who does not listen holds up nobody.

use crate::log;
use buttress::failure_log::FailureLogLayer;
use buttress::registry::Registry;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;
use support::{Plan, Probe, breaker};
use tower::Layer;

#[tokio::test(start_paused = true)]
async fn f5_a_reader_that_never_reads_costs_the_writers_nothing_and_is_told_how_much_it_missed() {
    const SECONDS: u64 = 500;
    let log = log();
    let registry = Registry::new();
    registry.add(log.clone()).unwrap();
    let mut stuck = registry.subscribe();
    let charge = log.operation("charge", "payments");
    let mut told = 0;
    for second in 0..SECONDS {
        for number in 0..20_u64 {
            let word: String =
                (second * 20 + number).to_string().bytes().map(|digit| char::from(digit + 49)).collect();
            told += u64::from(charge.record(&charge.failure().message(&word)).turned.is_some());
        }
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let heard = std::iter::from_fn(|| stuck.try_next()).count() as u64;
    assert!(told > heard && heard <= 1_024, "{heard} of {told}");
    assert_eq!(stuck.missed() + heard, 10 * SECONDS, "ten a second are told");
}

#[test]
fn f5_b3_a_listener_that_never_returns_holds_up_its_own_call_alone() {
    let log = log();
    let (release, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let entered = Arc::new(Barrier::new(2));
    log.on_event({
        let entered = Arc::clone(&entered);
        let first = AtomicU64::new(0);
        move |_| {
            if first.fetch_add(1, SeqCst) == 0 {
                entered.wait();
                let _ = held.lock().unwrap().recv();
            }
        }
    });
    let charge = log.operation("charge", "payments");
    let stuck = std::thread::spawn({
        let charge = charge.clone();
        move || charge.record(&charge.failure().message(&"the first of its class"))
    });
    entered.wait();
    // All others go on, layers too.
    let mut service = FailureLogLayer::from_operation(charge.clone()).layer(Probe::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for _ in 0..10_000 {
            breaker::call(&mut service, Plan::FAIL).await.unwrap_err();
        }
    });
    assert_eq!((charge.counts().failures, stuck.is_finished()), (10_001, false));
    drop(release);
    stuck.join().unwrap();
}
