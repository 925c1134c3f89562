//! Ready services that nobody calls.

use crate::{begin, bulkhead, config, reason};
use buttress::bulkhead::{BulkheadLayer, BulkheadService, Handle, RESERVED_FOR};
use buttress::{Reason, clock};
use std::time::Duration;
use support::{Plan, Probe, Task, become_ready, poll_ready, settle};
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt};

fn backpressure(max_concurrent: u32, queue: u32) -> (Handle, Probe, BulkheadService<Probe>) {
    let (handle, probe) = (Handle::new("orders", config(max_concurrent, queue)), Probe::default());
    let service = BulkheadLayer::from_handle(handle.clone()).backpressure().layer(probe.clone());
    (handle, probe, service)
}

/// The harm of a limit that reserves in `poll_ready`: a pool of ready services that nobody calls stops all others.
#[tokio::test(start_paused = true)]
async fn a10_ready_services_that_nobody_calls_hold_nothing() {
    let (handle, probe, service) = bulkhead(2, 0);
    let mut idle: Vec<_> = (0..100).map(|_| service.clone()).collect();
    for service in &mut idle {
        become_ready(service).await;
    }
    assert_eq!(handle.in_flight(), 0);
    for _ in 0..10 {
        assert_eq!(service.clone().oneshot(Plan::OK).await.unwrap(), "ok");
    }
    for mut late in idle {
        assert_eq!(late.call(Plan::OK).await.unwrap(), "ok");
    }
    assert_eq!(probe.calls(), 110);
}

#[tokio::test(start_paused = true)]
async fn a10_a_place_that_was_taken_ahead_and_never_used_goes_to_who_waits() {
    let (handle, probe, service) = backpressure(1, 8);
    let mut idle = service.clone();
    become_ready(&mut idle).await;
    assert_eq!(handle.in_flight(), 1);
    let began = clock::now();
    let waiting: Vec<_> = (0..3).map(|_| tokio::spawn(service.clone().oneshot(Plan::OK))).collect();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().unwrap(), "ok");
    }
    let waited = clock::now().since(began);
    assert!(waited >= RESERVED_FOR && waited <= RESERVED_FOR + Duration::from_millis(2), "{waited:?}");
    // It decides anew, and finds room.
    assert_eq!(idle.call(Plan::OK).await.unwrap(), "ok");
    assert_eq!((probe.calls(), handle.in_flight(), handle.queued()), (4, 0, 0));
    assert_eq!(handle.snapshot().given_back, 1);
}

#[tokio::test(start_paused = true)]
async fn a10_a_turn_that_comes_to_a_service_nobody_polls_any_more_goes_on_too() {
    let (handle, probe, service) = backpressure(1, 8);
    let under_way = begin(&service, Plan::HANG);
    let mut forgotten = service.clone();
    assert!(poll_ready(&mut forgotten).is_pending());
    let waiting: Vec<_> = (0..2).map(|_| tokio::spawn(service.clone().oneshot(Plan::OK))).collect();
    settle().await;
    assert_eq!(handle.queued(), 3);
    drop(under_way);
    settle().await;
    assert_eq!((handle.in_flight(), probe.calls()), (1, 1), "its turn came");
    sleep(RESERVED_FOR + Duration::from_millis(2)).await;
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().unwrap(), "ok");
    }
    assert_eq!((handle.in_flight(), handle.queued()), (0, 0));
    drop(forgotten);
}

#[tokio::test(start_paused = true)]
async fn a10_calls_that_wait_take_back_what_ready_services_do_not_use() {
    let (handle, _, ahead) = backpressure(1, 8);
    let mut idle = ahead;
    become_ready(&mut idle).await;
    let in_call = BulkheadLayer::from_handle(handle.clone()).layer(Probe::default());
    let began = clock::now();
    assert_eq!(in_call.oneshot(Plan::OK).await.unwrap(), "ok");
    let waited = clock::now().since(began);
    assert!(waited >= RESERVED_FOR && waited <= RESERVED_FOR + Duration::from_millis(2), "{waited:?}");
    // A newcomer need not even wait.
    become_ready(&mut idle).await;
    sleep(RESERVED_FOR).await;
    assert!(handle.try_acquire().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a7_a10_calls_that_wait_find_a_turn_that_came_to_somebody_before_them_and_is_not_used() {
    let (handle, _, ahead) = backpressure(1, 8);
    let under_way = begin(&ahead, Plan::HANG);
    let mut forgotten = ahead.clone();
    assert!(poll_ready(&mut forgotten).is_pending());
    let in_call = BulkheadLayer::from_handle(handle.clone()).layer(Probe::default());
    // There is no place to take back yet when it begins to wait.
    let mut waits = tokio::spawn(in_call.oneshot(Plan::OK));
    settle().await;
    let began = clock::now();
    drop(under_way);
    assert_eq!((&mut waits).await.unwrap().unwrap(), "ok");
    let waited = clock::now().since(began);
    assert!(waited <= 2 * RESERVED_FOR, "{waited:?}");
    assert_eq!((handle.in_flight(), handle.queued()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_keeps_asking_keeps_its_place() {
    let (handle, _, service) = backpressure(1, 8);
    let mut ours = service.clone();
    let mut other = Task::new(service.oneshot(Plan::OK));
    become_ready(&mut ours).await;
    for _ in 0..10 {
        sleep(RESERVED_FOR / 2).await;
        become_ready(&mut ours).await;
        assert!(other.poll().is_pending());
    }
    assert_eq!(handle.queued(), 1);
    drop(ours);
    assert_eq!(other.finish().unwrap(), "ok");
}

#[tokio::test(start_paused = true)]
async fn with_the_queue_full_a_service_is_ready_and_refuses() {
    let (handle, probe, service) = backpressure(1, 1);
    let under_way = begin(&service, Plan::HANG);
    let mut waits = service.clone();
    assert!(poll_ready(&mut waits).is_pending());
    let before = probe.ready_polls();
    let mut refused = service.clone();
    become_ready(&mut refused).await;
    assert_eq!(probe.ready_polls(), before, "the service beneath was not asked");
    assert_eq!(reason(&refused.call(Plan::OK).await), Reason::Full);
    assert_eq!(handle.snapshot().rejected, 1);
    drop(under_way);
    become_ready(&mut waits).await;
    assert_eq!(waits.call(Plan::OK).await.unwrap(), "ok");
}

#[tokio::test(start_paused = true)]
async fn a_heavy_request_gives_the_one_place_back_and_asks_anew() {
    let (handle, probe) = (Handle::new("orders", config(2, 4)), Probe::default());
    let layer = BulkheadLayer::from_handle(handle.clone()).weigh(|_: &Plan| 2).backpressure();
    let mut service = layer.layer(probe.clone());
    // Two that have one place each: neither may wait for the other's.
    let mut other = service.clone();
    become_ready(&mut service).await;
    become_ready(&mut other).await;
    let mut one = Task::new(service.call(Plan::OK));
    let mut two = Task::new(other.call(Plan::OK));
    assert_eq!((one.finish().unwrap(), two.finish().unwrap()), ("ok", "ok"));
    assert_eq!((handle.in_flight(), handle.queued(), probe.calls()), (0, 0, 2));
}
