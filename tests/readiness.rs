//! The readiness of a service with a circuit breaker: who waits, who is woken, and what is not held for ever.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::Reason;
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle, State};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use support::breaker::{OPEN_FOR, call, config, fail, open, rejected};
use support::{Plan, Probe, WakeCount, poll_ready, ready};
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt};

#[tokio::test(start_paused = true)]
async fn a8_a_waiting_service_is_polled_twice_in_a_minute_of_nothing_new() {
    let config = config().to_builder().open_for(Duration::from_secs(3600)).build().unwrap();
    let handle = Handle::new("waiting", config);
    fail(&handle, 2);
    let polls = Arc::new(AtomicUsize::new(0));
    let waiter = {
        let mut service =
            CircuitBreakerLayer::from_handle(handle.clone()).readiness().layer(Probe::default());
        let polls = Arc::clone(&polls);
        std::future::poll_fn(move |cx| {
            polls.fetch_add(1, SeqCst);
            service.poll_ready(cx)
        })
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), waiter).await.is_err());
    assert!(polls.load(SeqCst) <= 2, "{} polls", polls.load(SeqCst));
    assert_eq!(handle.snapshot().totals.rejected, 0);
}

#[tokio::test(start_paused = true)]
async fn a6_a_waiting_service_wakes_its_last_waker_when_a_probe_is_due_or_the_breaker_is_reset() {
    let (open_for, handle) = (OPEN_FOR, open());
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).readiness();
    let mut service = layer.layer(Probe::default());
    let ((first, first_waker), (second, second_waker)) = (WakeCount::new(), WakeCount::new());
    for waker in [&first_waker, &second_waker] {
        assert!(service.poll_ready(&mut std::task::Context::from_waker(waker)).is_pending());
    }
    // The timer wheel turns once more than the time needs.
    tokio::time::sleep(open_for + Duration::from_millis(1)).await;
    assert_eq!((first.get(), second.get()), (0, 1));
    ready(&mut service);
    assert_eq!(handle.snapshot().probes.in_flight, 1);

    // The one place is taken: another waits, until the breaker closes.
    let mut other = layer.layer(Probe::default());
    let (woken, waker) = WakeCount::new();
    assert!(other.poll_ready(&mut std::task::Context::from_waker(&waker)).is_pending());
    assert_eq!(service.call(Plan::OK).await.unwrap(), "ok");
    assert_eq!(woken.get(), 1);
    ready(&mut other);
}

#[tokio::test(start_paused = true)]
async fn a7_every_waiter_goes_on_when_the_breaker_closes() {
    let handle = open();
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).readiness();
    let mut waiters: Vec<_> = (0..100)
        .map(|_| {
            let mut service = layer.layer(Probe::default());
            tokio::spawn(async move { service.ready().await.unwrap().call(Plan::after(3)).await.is_ok() })
        })
        .collect();
    // One is cancelled while it waits, perhaps after it was woken: its turn goes to another.
    tokio::task::yield_now().await;
    waiters.remove(0).abort();
    for waiter in waiters {
        assert!(waiter.await.unwrap());
    }
    assert_eq!(handle.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a7_a_probe_that_is_dropped_readied_or_called_wakes_who_waits() {
    let layer = CircuitBreakerLayer::from_handle(open()).readiness();
    advance(OPEN_FOR).await;
    for called in [false, true] {
        let mut service = layer.layer(Probe::default());
        ready(&mut service);
        let call = called.then(|| service.call(Plan::HANG));
        let mut other = layer.layer(Probe::default());
        let (woken, waker) = WakeCount::new();
        assert!(other.poll_ready(&mut std::task::Context::from_waker(&waker)).is_pending());
        assert_eq!(woken.get(), 0);
        drop((service, call));
        assert_eq!(woken.get(), 1, "called: {called}");
        ready(&mut other);
    }
}

#[tokio::test(start_paused = true)]
async fn a10_a_readied_probe_that_is_never_called_loses_its_lease() {
    let handle = open();
    let layer = CircuitBreakerLayer::from_handle(handle.clone());
    advance(OPEN_FOR).await;
    let mut idle = layer.layer(Probe::default());
    ready(&mut idle);
    let mut other = layer.layer(Probe::default());
    assert_eq!(rejected(&call(&mut other, Plan::OK).await.unwrap_err()).reason(), Reason::HalfOpen);
    advance(Duration::from_secs(10)).await;
    assert_eq!(call(&mut other, Plan::OK).await.unwrap(), "ok");
    assert_eq!((handle.state(), handle.snapshot().totals.expired_leases), (State::Closed, 1));
    // The idle one comes too late to harm: its failure belongs to no generation.
    assert!(idle.call(Plan::FAIL).await.is_err());
    assert_eq!(handle.snapshot().consecutive_failures, 0);
}

#[tokio::test(start_paused = true)]
async fn forced_open_has_no_retry_after_and_a_waiting_service_waits_for_the_operator() {
    let handle = Handle::new("forced", config());
    handle.force_open();
    let error = handle.acquire().unwrap_err();
    assert_eq!((error.reason(), error.retry_after()), (Reason::ForcedOpen, None));
    let mut service = CircuitBreakerLayer::from_handle(handle.clone()).readiness().layer(Probe::default());
    assert!(poll_ready(&mut service).is_pending());
    advance(Duration::from_secs(1_000_000)).await;
    assert!(poll_ready(&mut service).is_pending());
    handle.reset();
    ready(&mut service);
}
