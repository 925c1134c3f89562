//! What a circuit breaker makes of endings that are no answer. That they leave nothing held is the service contract's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, State};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use support::subjects::half_open;
use support::{Plan, Probe, Readiness, Task, poll_ready, ready};
use tower::{Layer, Service};

#[tokio::test(start_paused = true)]
async fn a5_an_inner_readiness_error_is_an_outcome_and_returns_the_lease() {
    let (probe, handle) = (Probe::default(), half_open());
    tokio::time::advance(Duration::from_millis(1)).await;
    let mut service = CircuitBreakerLayer::from_handle(handle.clone()).layer(probe.clone());
    probe.set_readiness(Readiness::Failed);
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Err(_))));
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.state, snapshot.probes.in_flight), (State::Open, 0));
    assert_eq!(snapshot.totals.failures, 2);
}

#[tokio::test]
async fn b3_s0_18_a_panicking_listener_is_contained_and_the_order_is_kept() {
    let handle = Handle::new("listened", Config::default());
    let seen = Arc::new(Mutex::new(Vec::new()));
    handle.on_event(|_| panic!("planned panic in a listener"));
    handle.on_event({
        let seen = Arc::clone(&seen);
        move |event| {
            let buttress::EventKind::Transition(change) = event.kind else { return };
            seen.lock().unwrap().push((change.number, change.to));
        }
    });
    handle.force_open();
    handle.force_closed();
    handle.reset();
    assert_eq!(*seen.lock().unwrap(), [(1, State::ForcedOpen), (2, State::ForcedClosed), (3, State::Closed)]);
    assert_eq!(handle.listener_panics(), 3);
    assert!(handle.acquire().is_ok());
}

#[tokio::test]
async fn b3_a_listener_may_steer_the_breaker_it_listens_to() {
    let handle = Handle::new("steered", Config::default());
    let events = Arc::new(AtomicUsize::new(0));
    handle.on_event({
        let (handle, events) = (handle.clone(), Arc::clone(&events));
        move |_| {
            if events.fetch_add(1, SeqCst) == 0 {
                handle.reset();
            }
        }
    });
    handle.force_open();
    assert_eq!((handle.state(), events.load(SeqCst)), (State::Closed, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b7_every_admitted_call_has_one_outcome() {
    const TASKS: u64 = 8;
    const CALLS: u64 = 5_000;
    let config = Config::builder().failure_rate_threshold(0.2).build().unwrap();
    let (probe, handle) = (Probe::default(), Handle::new("ledger", config));
    let layer = CircuitBreakerLayer::from_handle(handle.clone());
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let (mut service, handle) = (layer.layer(probe.clone()), handle.clone());
        tasks.push(tokio::spawn(async move {
            for call in 0..CALLS {
                ready(&mut service);
                let plan = match call % 4 {
                    0 => Plan::FAIL,
                    1 => Plan::after(2),
                    _ => Plan::OK,
                };
                let mut future = Task::new(service.call(plan));
                if call % 7 != 0 {
                    let _ = future.finish();
                }
                drop(future);
                if call % 500 == task {
                    handle.reset();
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let totals = handle.snapshot().totals;
    assert!(totals.rejected > 0 && totals.cancelled > 0);
    assert_eq!(totals.successes + totals.failures + totals.cancelled, probe.calls() as u64);
    // A refused call that is dropped unpolled was refused all the same.
    assert_eq!(probe.calls() as u64 + totals.rejected, TASKS * CALLS);
    assert_eq!((probe.live(), probe.breaches(), handle.snapshot().probes.in_flight), (0, 0, 0));
}
