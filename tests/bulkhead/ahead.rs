//! Services that take a place ahead: what they wait for, and what their calls are refused for.

use crate::{WAIT, config, reason, rejected};
use buttress::bulkhead::{BulkheadLayer, BulkheadService, Claim, Config, Handle, Priority, RESERVED_FOR};
use buttress::{Outcome, Reason, clock};
use std::time::Duration;
use support::{Plan, Probe, Readiness, Task, WakeCount, become_ready, poll_ready};
use tokio::time::{sleep, timeout};
use tower::{Layer, Service, ServiceExt};

fn ahead(config: Config) -> (Handle, Probe, BulkheadService<Probe>) {
    let (handle, probe) = (Handle::new("orders", config), Probe::default());
    let service = BulkheadLayer::from_handle(handle.clone()).backpressure().layer(probe.clone());
    (handle, probe, service)
}

#[tokio::test(start_paused = true)]
async fn a1_c7_a_service_that_was_refused_asks_anew_and_only_its_calls_count() {
    let (handle, _, service) = ahead(config(1, 1));
    let one = handle.try_acquire().unwrap();
    let mut waits = Task::new(handle.acquire());
    assert!(waits.poll().is_pending());
    let (mut ours, mut calls) = (service.clone(), service.clone());
    become_ready(&mut ours).await;
    become_ready(&mut ours).await;
    become_ready(&mut calls).await;
    assert_eq!(handle.snapshot().rejected, 0, "no call was refused yet");
    assert_eq!(reason(&calls.call(Plan::OK).await), Reason::Full);
    assert_eq!(handle.snapshot().rejected, 1);
    drop(one);
    waits.finish().unwrap().record(Outcome::Success);
    sleep(Duration::from_secs(3_600)).await;
    become_ready(&mut ours).await;
    assert_eq!(ours.call(Plan::OK).await.unwrap(), "ok");
    assert_eq!((handle.snapshot().rejected, handle.in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a1_who_is_ready_to_refuse_stays_ready_though_the_service_beneath_is_not() {
    let (handle, probe, mut service) = ahead(config(1, 0));
    let one = handle.try_acquire().unwrap();
    become_ready(&mut service).await;
    probe.set_readiness(Readiness::Pending);
    drop(one);
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(handle.in_flight(), 0, "it has no use for a place");
    assert_eq!(reason(&service.call(Plan::OK).await), Reason::Full);
    assert_eq!(probe.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn c8_s2_72_a_service_waits_for_readiness_as_long_as_a_call_may() {
    let (handle, probe, service) = ahead(config(1, 1));
    let one = handle.try_acquire().unwrap();
    let mut ours = service.clone();
    let began = clock::now();
    timeout(2 * WAIT, become_ready(&mut ours)).await.unwrap();
    let waited = clock::now().since(began);
    assert!(waited >= WAIT && waited <= WAIT + Duration::from_millis(2), "{waited:?}");
    assert_eq!((handle.queued(), probe.ready_polls()), (0, 0));
    let result = ours.call(Plan::OK).await;
    assert_eq!((reason(&result), rejected(&result).time_limit()), (Reason::QueueTimedOut, Some(WAIT)));
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.timed_out, snapshot.rejected), (1, 0));
    // Its next wait is as long again, whatever is left of what it waited for before.
    let mut waits = Task::new(become_ready(&mut ours));
    assert!(waits.poll().is_pending());
    sleep(WAIT / 2).await;
    assert!(waits.poll().is_pending());
    drop(one);
    assert!(waits.poll().is_ready());
    drop(waits);
    assert_eq!(ours.call(Plan::OK).await.unwrap(), "ok");
}

#[tokio::test(start_paused = true)]
async fn a7_a8_a10_all_who_wait_are_woken_when_the_first_place_is_lent_and_not_before() {
    let (handle, _, service) = ahead(config(1, 8));
    let one = handle.try_acquire().unwrap();
    // It gets the turn, and nobody polls it any more.
    let mut forgotten = service.clone();
    assert!(poll_ready(&mut forgotten).is_pending());
    let mut services: Vec<_> = (0..3).map(|_| service.clone()).collect();
    let mut waiting: Vec<_> =
        services.iter_mut().map(|service| (WakeCount::new(), Task::new(become_ready(service)))).collect();
    for ((_, waker), waits) in &mut waiting {
        assert!(waits.poll_with(waker).is_pending());
    }
    sleep(2 * RESERVED_FOR).await;
    assert!(waiting.iter().all(|((wakes, _), _)| wakes.get() == 0), "nothing was lent");
    drop(one);
    for ((wakes, waker), waits) in &mut waiting {
        assert_eq!(wakes.get(), 1);
        assert!(waits.poll_with(waker).is_pending());
    }
    // Each of them by itself: it need not be the first that is polled again.
    sleep(RESERVED_FOR + Duration::from_millis(2)).await;
    let ((wakes, waker), waits) = &mut waiting[2];
    assert!(wakes.get() > 1);
    assert!(waits.poll_with(waker).is_pending(), "it takes the place back for the first");
    assert_eq!(handle.snapshot().given_back, 1);
    let ((_, waker), waits) = &mut waiting[0];
    assert!(waits.poll_with(waker).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a7_a10_calls_that_wait_without_end_learn_of_places_that_are_lent_later() {
    let endless = Config::builder().max_concurrent(1).queue(8).max_wait(None).build().unwrap();
    let (handle, _, service) = ahead(endless);
    let one = handle.try_acquire().unwrap();
    let patient = tokio::spawn({
        let handle = handle.clone();
        let claim = Claim { priority: Priority::Low, ..Claim::ONE };
        async move { handle.acquire_as(claim).await.unwrap().record(Outcome::Success) }
    });
    support::settle().await;
    // It gets the turn, and nobody polls it any more.
    let mut forgotten = service.clone();
    assert!(poll_ready(&mut forgotten).is_pending());
    drop(one);
    assert_eq!((handle.in_flight(), handle.queued()), (1, 1));
    timeout(3 * RESERVED_FOR, patient).await.unwrap().unwrap();
    assert_eq!((handle.in_flight(), handle.queued()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a10_all_that_is_lent_and_not_used_comes_back_and_what_is_used_stays() {
    let (handle, _, service) = ahead(config(6, 0));
    let mut services: Vec<_> = (0..6).map(|_| service.clone()).collect();
    for service in &mut services {
        become_ready(service).await;
    }
    let calls: Vec<_> = services.drain(..2).map(|mut service| service.call(Plan::HANG)).collect();
    sleep(RESERVED_FOR / 2).await;
    become_ready(&mut services[0]).await;
    assert!(handle.try_acquire().is_err());
    sleep(RESERVED_FOR / 2).await;
    let taken: Vec<_> = std::iter::from_fn(|| handle.try_acquire().ok()).collect();
    assert_eq!((taken.len(), handle.in_flight()), (3, 6));
    assert_eq!(handle.snapshot().given_back, 3);
    sleep(RESERVED_FOR).await;
    assert!(handle.try_acquire().is_ok(), "the last one is overdue too");
    drop((taken, calls));
    for mut service in services {
        become_ready(&mut service).await;
        assert_eq!(service.call(Plan::OK).await.unwrap(), "ok");
    }
    assert_eq!(handle.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn s2_76_a_closed_one_refuses_also_who_took_a_place_ahead() {
    let (handle, probe, mut service) = ahead(config(2, 2));
    become_ready(&mut service).await;
    handle.close();
    assert_eq!(reason(&service.call(Plan::OK).await), Reason::Full);
    let snapshot = handle.snapshot();
    assert_eq!((probe.calls(), snapshot.in_flight, snapshot.given_back, snapshot.rejected), (0, 0, 1, 1));
    handle.reopen();
    become_ready(&mut service).await;
    assert_eq!(service.call(Plan::OK).await.unwrap(), "ok");
}

#[tokio::test(start_paused = true)]
async fn c7_a_service_that_gave_way_is_refused_once() {
    let (handle, _, mut service) = ahead(config(1, 1));
    let one = handle.try_acquire().unwrap();
    assert!(poll_ready(&mut service).is_pending());
    let mut urgent = Task::new(handle.acquire_as(Claim { priority: Priority::High, ..Claim::ONE }));
    assert!(urgent.poll().is_pending());
    become_ready(&mut service).await;
    assert_eq!(reason(&service.call(Plan::OK).await), Reason::Full);
    assert_eq!(handle.snapshot().rejected, 1);
    drop(one);
    drop(urgent.finish().unwrap());
    assert_eq!(service.ready().await.unwrap().call(Plan::OK).await.unwrap(), "ok");
}
