//! A dropped future is a normal ending, and a panic is nobody else's problem.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, State, Totals};
use buttress::{FailureKind, Outcome, TimeoutLayer};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Plan, Probe, Task, ready};
use tower::{Layer, Service, ServiceBuilder};

/// A breaker that is half-open at once, as its first failure opens it for a nanosecond.
fn half_open() -> Handle {
    let config = Config::builder()
        .consecutive_failures(1)
        .open_for(Duration::from_nanos(1))
        .jitter(0.0)
        .probe_lease(Duration::from_secs(3600));
    let handle = Handle::new("half-open", config.build().unwrap());
    handle.acquire().unwrap().record(Outcome::Failure(FailureKind::Error), None);
    assert_eq!(handle.state(), State::Open);
    handle
}

/// Drops a call after its k-th poll, for every k.
fn drop_after_every_poll<S: Service<Plan>>(mut service: S, probe: &Probe, mut check: impl FnMut(usize)) {
    const POLLS: usize = 5;
    for k in 0..=POLLS {
        ready(&mut service);
        let mut task = Task::new(service.call(Plan::after(POLLS)));
        for _ in 0..k {
            assert!(task.poll().is_pending());
        }
        drop(task);
        assert_eq!((probe.live(), probe.reserved(), probe.breaches()), (0, 0, 0), "after poll {k}");
        check(k);
    }
}

#[tokio::test]
async fn b1_b2_a_call_dropped_at_any_point_is_cancelled_once_and_leaves_nothing() {
    let (probe, handle) = (Probe::default(), Handle::new("closed", Config::default()));
    let service = CircuitBreakerLayer::from_handle(handle.clone()).layer(probe.clone());
    drop_after_every_poll(service, &probe, |k| {
        let snapshot = handle.snapshot();
        let mut expected = Totals::default();
        expected.cancelled = k as u64 + 1;
        assert_eq!(snapshot.totals, expected);
        assert_eq!(snapshot.window.calls, 0);
    });
}

#[tokio::test(start_paused = true)]
async fn b1_b2_a_probe_dropped_at_any_point_gives_its_lease_back() {
    let (probe, handle) = (Probe::default(), half_open());
    tokio::time::advance(Duration::from_millis(1)).await;
    let service = CircuitBreakerLayer::from_handle(handle.clone()).layer(probe.clone());
    drop_after_every_poll(service, &probe, |k| {
        let snapshot = handle.snapshot();
        assert_eq!((snapshot.state, snapshot.probes.in_flight), (State::HalfOpen, 0));
        assert_eq!(snapshot.totals.cancelled, k as u64 + 1);
    });
}

#[tokio::test(start_paused = true)]
async fn a2_a3_a4_a_readied_probe_holds_one_lease_and_a_drop_returns_it_uncounted() {
    let (probe, handle) = (Probe::default(), half_open());
    tokio::time::advance(Duration::from_millis(1)).await;
    let layer = CircuitBreakerLayer::from_handle(handle.clone());
    for _ in 0..10_000 {
        let mut service = layer.layer(probe.clone());
        ready(&mut service);
        ready(&mut service);
        assert_eq!(handle.snapshot().probes.in_flight, 1);
        let clone = service.clone();
        drop(service);
        assert_eq!(handle.snapshot().probes.in_flight, 0);
        drop(clone);
    }
    assert_eq!(handle.snapshot().totals.cancelled, 0);
}

#[tokio::test(start_paused = true)]
async fn a5_an_inner_readiness_error_is_an_outcome_and_returns_the_lease() {
    let (probe, handle) = (Probe::default(), half_open());
    tokio::time::advance(Duration::from_millis(1)).await;
    let mut service = CircuitBreakerLayer::from_handle(handle.clone()).layer(probe.clone());
    probe.set_readiness(support::Readiness::Failed);
    assert!(matches!(support::poll_ready(&mut service), std::task::Poll::Ready(Err(_))));
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.state, snapshot.probes.in_flight), (State::Open, 0));
    assert_eq!(snapshot.totals.failures, 2);
}

#[tokio::test]
async fn b1_a_timeout_dropped_at_any_point_leaves_nothing() {
    let probe = Probe::default();
    let service = TimeoutLayer::new(Duration::from_secs(5)).layer(probe.clone());
    drop_after_every_poll(service, &probe, |_| {});
}

#[tokio::test]
async fn b3_a_panic_in_the_inner_service_or_its_future_costs_that_call_alone() {
    for plan in [Plan { panic_in_call: true, ..Plan::OK }, Plan { panic_at_end: true, ..Plan::after(2) }] {
        let (probe, handle) = (Probe::default(), Handle::new("panics", Config::default()));
        let mut service = ServiceBuilder::new()
            .layer(CircuitBreakerLayer::from_handle(handle.clone()))
            .layer(TimeoutLayer::new(Duration::from_secs(5)))
            .service(probe.clone());
        ready(&mut service);
        let panicked = catch_unwind(AssertUnwindSafe(|| Task::new(service.call(plan)).finish()));
        assert!(panicked.is_err());
        assert_eq!(probe.live(), 0);
        let totals = handle.snapshot().totals;
        assert_eq!((totals.cancelled, totals.panicked), (1, 1));
        ready(&mut service);
        assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "ok");
        assert_eq!(handle.snapshot().totals.successes, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn b3_a_panic_in_the_classifier_returns_the_lease() {
    let handle = half_open();
    tokio::time::advance(Duration::from_millis(1)).await;
    let layer = CircuitBreakerLayer::from_handle(handle.clone())
        .classify(|_: Result<&&str, &support::ProbeError>| panic!("planned panic in the classifier"));
    let mut service = layer.layer(Probe::default());
    ready(&mut service);
    let panicked = catch_unwind(AssertUnwindSafe(|| Task::new(service.call(Plan::OK)).finish()));
    assert!(panicked.is_err());
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.probes.in_flight, snapshot.totals.panicked), (0, 1));
    ready(&mut service);
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
