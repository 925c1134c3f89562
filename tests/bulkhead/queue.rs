//! Waiting for a turn.

use crate::{WAIT, begin, bulkhead, reason, rejected};
use buttress::bulkhead::{BulkheadLayer, Claim, Handle, Priority};
use buttress::{BoxError, DeadlineLayer, EventKind, Reason, clock};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Plan, Task, WakeCount, settle};
use tokio::sync::oneshot;
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn c7_s2_74_the_queue_holds_as_many_as_it_says_and_the_next_is_refused_at_once() {
    let (handle, probe, service) = bulkhead(2, 3);
    let under_way: Vec<_> = (0..2).map(|_| begin(&service, Plan::HANG)).collect();
    let waiting: Vec<_> = (0..3).map(|_| begin(&service, Plan::HANG)).collect();
    let began = clock::now();
    for refused in 1..=100 {
        let result = service.clone().oneshot(Plan::OK).await;
        assert_eq!(reason(&result), Reason::Full);
        assert!(!rejected(&result).was_sent());
        let snapshot = handle.snapshot();
        assert_eq!((snapshot.in_flight, snapshot.queued, snapshot.rejected), (2, 3, refused));
    }
    assert_eq!(clock::now(), began, "it was refused without a wait");
    assert_eq!(probe.calls(), 2);
    drop(waiting);
    drop(under_way);
    assert_eq!((handle.in_flight(), handle.queued()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn s2_72_s2_74_a_wait_that_is_over_is_told_from_a_queue_that_is_full() {
    let (handle, probe, service) = bulkhead(1, 1);
    let under_way = begin(&service, Plan::HANG);
    let began = clock::now();
    let result = service.clone().oneshot(Plan::OK).await;
    let waited = clock::now().since(began);
    assert!(waited >= WAIT && waited <= WAIT + Duration::from_millis(1), "{waited:?}");
    let rejected = rejected(&result);
    assert_eq!((rejected.reason(), rejected.time_limit()), (Reason::QueueTimedOut, Some(WAIT)));
    assert_eq!(rejected.to_string(), "bulkhead \"orders\": no turn within 5s");
    assert_eq!((probe.calls(), handle.snapshot().timed_out), (1, 1));
    drop(under_way);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_that_is_kept_holds_neither_request_nor_service() {
    let handle = Handle::new("orders", crate::config(1, 1));
    let service = BulkheadLayer::from_handle(handle.clone())
        .layer(service_fn(async |_: Arc<()>| std::future::pending::<Result<(), BoxError>>().await));
    let _under_way = handle.try_acquire().unwrap();
    let request = Arc::new(());
    let mut service = service.clone();
    let mut waits = Box::pin(service.ready().await.unwrap().call(Arc::clone(&request)));
    assert_eq!(Arc::strong_count(&request), 2);
    assert!((&mut waits).await.is_err());
    assert_eq!(Arc::strong_count(&request), 1, "its future is still there");
}

#[tokio::test(start_paused = true)]
async fn c6_calls_have_their_turn_in_the_order_in_which_they_came() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let handle = Handle::new("orders", crate::config(1, 50));
    let seen = Arc::clone(&order);
    let service = BulkheadLayer::from_handle(handle.clone()).layer(service_fn(move |number: usize| {
        seen.lock().unwrap().push(number);
        async { Ok::<_, BoxError>(()) }
    }));
    let first = handle.try_acquire().unwrap();
    let tasks: Vec<_> = (0..50).map(|number| tokio::spawn(service.clone().oneshot(number))).collect();
    settle().await;
    // Every third one leaves; the others keep their places.
    for task in tasks.iter().skip(1).step_by(3) {
        task.abort();
    }
    settle().await;
    drop(first);
    settle().await;
    let expected: Vec<_> = (0..50).filter(|number| number % 3 != 1).collect();
    assert_eq!(*order.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a7_b1_a_call_that_is_dropped_after_it_was_woken_passes_its_turn_on() {
    let (handle, probe, service) = bulkhead(1, 8);
    let under_way = handle.try_acquire().unwrap();
    let mut waiting: Vec<_> = (0..4).map(|_| begin(&service, Plan::HANG)).collect();
    let wakes: Vec<_> = waiting
        .iter_mut()
        .map(|task| {
            let (count, waker) = WakeCount::new();
            assert!(task.poll_with(&waker).is_pending());
            count
        })
        .collect();
    drop(under_way);
    let woken = || wakes.iter().map(|count| count.get()).collect::<Vec<_>>();
    assert_eq!(woken(), [1, 0, 0, 0]);
    drop(waiting.remove(0));
    assert_eq!(woken(), [1, 1, 0, 0], "the turn went to the next");
    drop(waiting.remove(1));
    assert_eq!(woken(), [1, 1, 0, 0], "who leaves before has no turn to pass on");
    drop(waiting.remove(0));
    assert_eq!(woken(), [1, 1, 0, 1]);
    assert_eq!(probe.calls(), 0);
    assert!(waiting[0].poll().is_pending());
    assert_eq!((probe.calls(), handle.in_flight(), handle.queued()), (1, 1, 0));
    assert_eq!(handle.snapshot().cancelled, 3);
}

#[tokio::test(start_paused = true)]
async fn c8_a_call_whose_deadline_passes_in_the_queue_never_reaches_the_service() {
    let (handle, probe, service) = bulkhead(1, 8);
    let under_way = begin(&service, Plan::HANG);
    let hurried = DeadlineLayer::new(Duration::from_millis(50)).layer(service.clone());
    let began = clock::now();
    let result = hurried.oneshot(Plan::OK).await;
    assert_eq!(reason(&result), Reason::Expired);
    assert!(!rejected(&result).was_sent());
    let waited = clock::now().since(began);
    assert!(waited <= Duration::from_millis(51), "{waited:?}");
    assert_eq!((probe.calls(), handle.snapshot().expired, handle.queued()), (1, 1, 0));
    drop(under_way);
}

#[tokio::test(start_paused = true)]
async fn c8_a_turn_that_comes_after_the_deadline_goes_to_the_next() {
    let (handle, probe, service) = bulkhead(1, 8);
    let under_way = handle.try_acquire().unwrap();
    let mut hurried = DeadlineLayer::new(Duration::from_millis(50)).layer(service.clone());
    let mut late = Task::new(hurried.ready().await.unwrap().call(Plan::OK));
    assert!(late.poll().is_pending());
    let mut next = begin(&service, Plan::HANG);
    advance(Duration::from_millis(60)).await;
    // It has its turn before it could say that it is too late.
    drop(under_way);
    assert_eq!((handle.in_flight(), handle.queued()), (1, 1));
    assert_eq!(reason(&late.finish()), Reason::Expired);
    assert_eq!((probe.calls(), handle.queued()), (0, 0));
    assert!(next.poll().is_pending());
    assert_eq!((probe.calls(), handle.in_flight()), (1, 1), "the next one has it");
}

#[tokio::test(start_paused = true)]
async fn s2_80_only_who_had_to_wait_is_in_the_histogram_of_waits() {
    let (handle, _, service) = bulkhead(1, 8);
    service.clone().oneshot(Plan::OK).await.unwrap();
    assert_eq!(handle.waits().count(), 0);
    let under_way = handle.try_acquire().unwrap();
    let waits = tokio::spawn(service.oneshot(Plan::OK));
    sleep(Duration::from_millis(70)).await;
    drop(under_way);
    waits.await.unwrap().unwrap();
    assert_eq!((handle.waits().count(), handle.waits().sum), (1, Duration::from_millis(70)));
}

#[test]
fn b6_those_that_wait_in_a_runtime_that_ends_leave_their_places() {
    let (handle, probe, service) = bulkhead(1, 8);
    let under_way = handle.try_acquire().unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (first, second) = (runtime(), runtime());
    for _ in 0..3 {
        first.spawn(service.clone().oneshot(Plan::OK));
    }
    first.block_on(settle());
    let (told, tells) = oneshot::channel();
    let other = service.clone();
    second.spawn(async move { told.send(other.oneshot(Plan::OK).await).unwrap() });
    second.block_on(settle());
    assert_eq!(handle.queued(), 4);
    drop(under_way);
    // One of them has its turn, and never gets to it.
    drop(first);
    assert_eq!(second.block_on(tells).unwrap().unwrap(), "ok");
    assert_eq!((probe.calls(), handle.in_flight(), handle.queued()), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn c7_c8_a_call_that_gave_way_before_its_deadline_is_told_and_counted_as_that() {
    let (handle, _, service) = bulkhead(1, 1);
    let told = Arc::new(Mutex::new(Vec::new()));
    let tells = Arc::clone(&told);
    handle.on_event(move |event| {
        if let EventKind::Rejected(refusal) = event.kind {
            tells.lock().unwrap().push(refusal.reason());
        }
    });
    let _under_way = handle.try_acquire().unwrap();
    let mut hurried = DeadlineLayer::new(Duration::from_millis(50)).layer(service);
    let mut gives_way = Task::new(hurried.ready().await.unwrap().call(Plan::OK));
    assert!(gives_way.poll().is_pending());
    let mut urgent = Task::new(handle.acquire_as(Claim { priority: Priority::High, ..Claim::ONE }));
    assert!(urgent.poll().is_pending());
    advance(Duration::from_millis(60)).await;
    assert_eq!(reason(&gives_way.finish()), Reason::Full);
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.rejected, snapshot.expired), (1, 0));
    assert_eq!(*told.lock().unwrap(), [Reason::Full]);
}
