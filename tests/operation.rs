//! Operations: what they count, time and remember, and the names they put on what happens within.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::operation::{Handle, OperationLayer, Totals};
use buttress::{
    BoxError, CircuitBreakerLayer, Durations, FailureKind, Outcome, Ratio, Settle, TimeoutLayer, clock,
};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use support::{PanicAt, Plan, Probe, ProbeError, Task, breaker, ready};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

const FAILED: Outcome = Outcome::Failure(FailureKind::Error);

fn charge() -> Handle {
    Handle::new("charge", "payments")
}

/// So many calls that ended like this.
fn end(handle: &Handle, outcome: Outcome, times: usize) {
    (0..times).for_each(|_| handle.begin().record(outcome));
}

/// Successes, failures, throttled, ignored, cancelled, panicked.
fn counts(handle: &Handle) -> [u64; 6] {
    let Totals { successes, failures, throttled, ignored, cancelled, panicked, .. } = handle.totals();
    [successes, failures, throttled, ignored, cancelled, panicked]
}

#[tokio::test]
async fn s4_42_s4_43_s4_14_calls_are_counted_by_how_they_ended() {
    let handle = charge();
    let mut service = OperationLayer::from_handle(handle.clone()).layer(Probe::default());
    for plan in [Plan::OK, Plan::FAIL, Plan::after(3), Plan::OK] {
        ready(&mut service);
        let _ = Task::new(service.call(plan)).finish();
    }
    assert_eq!((counts(&handle), handle.totals().calls(), handle.in_flight()), ([3, 1, 0, 0, 0, 0], 4, 0));
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.operation, snapshot.component), ("charge", "payments"));
    assert_eq!((snapshot.totals, snapshot.history.len()), (handle.totals(), 4));
}

#[test]
fn s4_44_c26_the_success_rate_is_a_ratio_and_shows_as_percent() {
    let handle = charge();
    assert_eq!(handle.success_rate(), None);
    // None of these says whether the operation works.
    end(&handle, Outcome::Ignored, 5);
    end(&handle, Outcome::Cancelled, 5);
    assert_eq!(handle.success_rate(), None);
    end(&handle, Outcome::Success, 6);
    end(&handle, FAILED, 1);
    end(&handle, Outcome::Throttled, 1);
    assert_eq!(handle.success_rate(), Ratio::new(0.75));
    assert_eq!(handle.success_rate().unwrap().to_string(), "75.0 %");
    assert_eq!(counts(&handle), [6, 1, 1, 5, 5, 0]);
}

#[tokio::test(start_paused = true)]
async fn s4_17_calls_that_have_a_result_are_timed() {
    let handle = charge();
    let mut service = OperationLayer::from_handle(handle.clone()).layer(service_fn(|millis| async move {
        sleep(Duration::from_millis(millis)).await;
        if millis == 40 { Err("late") } else { Ok(()) }
    }));
    for millis in [10, 40, 100] {
        let _ = service.ready().await.unwrap().call(millis).await;
    }
    // Readied long before it is called: that time is not the call's.
    service.ready().await.unwrap();
    advance(Duration::from_secs(3)).await;
    drop(service.call(10));
    let Durations { sum, .. } = handle.durations();
    assert_eq!((handle.durations().count(), sum), (3, Duration::from_millis(150)));
    assert_eq!(handle.durations().mean(), Some(Duration::from_millis(50)));
}

#[tokio::test(start_paused = true)]
async fn s4_46_w64_the_last_calls_are_remembered_and_no_more() {
    let handle = charge();
    for millis in 0..25 {
        let running = handle.begin();
        advance(Duration::from_millis(millis)).await;
        running.record(if millis == 24 { Outcome::Throttled } else { FAILED });
    }
    let history = handle.history();
    let durations: Vec<_> = history.iter().map(|entry| entry.duration.as_millis()).collect();
    assert_eq!(durations, (15..25).collect::<Vec<_>>());
    let last = history.last().unwrap();
    assert_eq!((last.at, last.outcome), (clock::now(), Outcome::Throttled));
    assert!(history.is_sorted_by_key(|entry| entry.at));
    let forgetful = Handle::remembering("charge", "payments", 2);
    end(&forgetful, Outcome::Success, 3);
    assert_eq!((forgetful.history().len(), forgetful.totals().successes), (2, 3));
}

#[test]
fn b1_b2_a_call_dropped_at_any_point_is_cancelled_once() {
    const POLLS: usize = 5;
    let (probe, handle) = (Probe::default(), charge());
    let mut service = OperationLayer::from_handle(handle.clone()).layer(probe.clone());
    for k in 0..=POLLS {
        ready(&mut service);
        let mut task = Task::new(service.call(Plan::after(POLLS)));
        for _ in 0..k {
            assert!(task.poll().is_pending());
        }
        assert_eq!((handle.in_flight(), probe.live()), (1, 1));
        drop(task);
        assert_eq!((handle.in_flight(), probe.live()), (0, 0), "after poll {k}");
        assert_eq!(counts(&handle), [0, 0, 0, 0, k as u64 + 1, 0]);
    }
    assert_eq!(handle.durations().count(), 0);
}

#[test]
fn b3_a_panic_costs_that_call_alone_and_is_counted() {
    let (probe, handle) = (Probe::default(), charge());
    let mut service = OperationLayer::from_handle(handle.clone()).layer(probe.clone());
    for plan in [
        Plan { panic: Some(PanicAt::Call), ..Plan::OK },
        Plan { panic: Some(PanicAt::Future), ..Plan::after(2) },
    ] {
        ready(&mut service);
        assert!(catch_unwind(AssertUnwindSafe(|| Task::new(service.call(plan)).finish())).is_err());
    }
    ready(&mut service);
    Task::new(service.call(Plan::OK)).finish().unwrap();
    assert_eq!((counts(&handle), handle.in_flight(), probe.live()), ([1, 0, 0, 0, 2, 2], 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b7_every_call_that_began_ended_or_is_under_way() {
    const TASKS: u64 = 8;
    const CALLS: u64 = 5_000;
    let handle = charge();
    let layer = OperationLayer::from_handle(handle.clone());
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let mut service = layer.layer(Probe::default());
            let watched = handle.clone();
            tokio::spawn(async move {
                for number in 0..CALLS {
                    let plan = if number % 3 == 0 { Plan::FAIL } else { Plan::after(number as usize % 2) };
                    let call = service.ready().await.unwrap().call(plan);
                    if number % 5 == 0 {
                        drop(call);
                    } else {
                        let _ = call.await;
                    }
                    assert!(watched.in_flight() <= TASKS);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let running = handle.begin();
    assert_eq!((handle.totals().calls(), handle.in_flight()), (TASKS * CALLS, 1));
    assert_eq!(handle.totals().cancelled, TASKS * CALLS / 5);
    drop(running);
    assert_eq!((handle.totals().calls(), handle.in_flight()), (TASKS * CALLS + 1, 0));
}

#[test]
fn a_reset_counts_from_zero_and_keeps_what_is_under_way() {
    let handle = charge();
    let running = handle.begin();
    end(&handle, FAILED, 3);
    handle.reset();
    assert_eq!((handle.totals(), handle.success_rate()), (Totals::default(), None));
    assert_eq!(
        (handle.durations().count(), handle.durations().sum, handle.history().len()),
        (0, Duration::ZERO, 0)
    );
    assert_eq!(handle.in_flight(), 1);
    running.record(Outcome::Success);
    assert_eq!((counts(&handle), handle.in_flight()), ([1, 0, 0, 0, 0, 0], 0));
    assert_eq!((handle.durations().count(), handle.history().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_the_own_stack_does_is_told_apart_from_what_the_peer_does() {
    let handle = charge();
    let mut refused = ServiceBuilder::new()
        .layer(OperationLayer::from_handle(handle.clone()))
        .layer(CircuitBreakerLayer::from_handle(breaker::open()))
        .service(Probe::default());
    breaker::call(&mut refused, Plan::OK).await.unwrap_err();
    assert_eq!(counts(&handle), [0, 0, 0, 1, 0, 0]);
    let mut late = ServiceBuilder::new()
        .layer(OperationLayer::from_handle(handle.clone()))
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .service(Probe::default());
    let error: BoxError = breaker::call(&mut late, Plan::HANG).await.unwrap_err();
    assert!(breaker::rejected(&error).was_sent());
    assert_eq!(counts(&handle), [0, 1, 0, 1, 0, 0]);
    assert_eq!(handle.history().last().unwrap().outcome, Outcome::Failure(FailureKind::Timeout));
}

#[tokio::test]
async fn errors_keep_their_type_and_a_layer_that_is_off_counts_nothing() {
    let layers = [OperationLayer::new("charge", "payments"), OperationLayer::from_handle(None)];
    assert!(layers[0].handle().is_some() && layers[1].handle().is_none());
    for layer in layers {
        let mut service = layer.layer(Probe::default());
        let error: ProbeError = breaker::call(&mut service, Plan::FAIL).await.unwrap_err();
        assert_eq!(error, ProbeError("call"));
    }
}

#[tokio::test]
async fn h9_an_operation_may_last_until_the_end_of_the_body() {
    let handle = charge();
    let layer = OperationLayer::from_handle(handle.clone()).classify(buttress::classify::Http).at_body_end();
    let mut service = layer.layer(service_fn(|status: Request<u16>| async move {
        let mut response = Response::new(Full::new(&b"body"[..]));
        *response.status_mut() = StatusCode::from_u16(status.into_body()).unwrap();
        Ok::<_, Infallible>(response)
    }));
    let response = service.ready().await.unwrap().call(Request::new(200)).await.unwrap();
    assert_eq!((handle.in_flight(), handle.totals().calls()), (1, 0));
    response.into_body().collect().await.unwrap();
    assert_eq!((handle.in_flight(), handle.totals().successes), (0, 1));
    service.ready().await.unwrap().call(Request::new(500)).await.unwrap();
    assert_eq!((handle.in_flight(), handle.totals().failures), (0, 1));
}

#[test]
fn only_the_first_outcome_of_a_call_counts() {
    let handle = charge();
    let mut running = handle.begin();
    let mut moved = running.take();
    running.settle(FAILED, None);
    assert_eq!(handle.totals().calls(), 0);
    moved.settle(Outcome::Success, None);
    moved.settle(FAILED, None);
    drop((running, moved));
    assert_eq!(counts(&handle), [1, 0, 0, 0, 0, 0]);
}
