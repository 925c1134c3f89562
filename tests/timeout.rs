//! The timeout as a layer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::timeout::{Config, Handle};
use buttress::{BoxError, DeadlineLayer, Reason, Rejected, TimeoutLayer, clock};
use http::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;
use support::{Plan, Probe, Task, ready};
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt, service_fn};

const LIMIT: Duration = Duration::from_secs(2);

#[tokio::test(start_paused = true)]
async fn b4_the_call_is_dropped_at_the_limit_and_not_before() {
    let probe = Probe::default();
    let mut service = TimeoutLayer::new(LIMIT).named("orders").layer(probe.clone());
    ready(&mut service);
    let start = clock::now();
    let mut task = Box::pin(service.call(Plan::HANG));
    assert!(tokio::time::timeout(LIMIT - Duration::from_millis(2), &mut task).await.is_err());
    assert_eq!(probe.live(), 1);
    let error = (&mut task).await.unwrap_err();
    let late = clock::now().since(start).saturating_sub(LIMIT);
    assert!(late <= Duration::from_millis(1), "{late:?} late");
    assert_eq!(error.to_string(), "timeout \"orders\": no answer within 2s");
    // The finished future is still there; what it called is not.
    assert_eq!(probe.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn b4_a_call_that_uses_up_its_tasks_budget_is_given_up_all_the_same() {
    // Time passes, although the runtime is never idle.
    let clock = tokio::spawn(async {
        loop {
            tokio::time::advance(Duration::from_millis(100)).await;
        }
    });
    // Always has something ready: it stops only where the runtime makes it, and leaves no budget to a timer.
    let mut service = TimeoutLayer::new(LIMIT).layer(service_fn(|()| async {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..1_000_000 {
            sender.send(()).expect("the receiver is here");
            receiver.recv().await;
        }
        Ok::<_, Infallible>(())
    }));
    let error = service.ready().await.unwrap().call(()).await.unwrap_err();
    assert_eq!(Rejected::find(&*error).map(|rejected| rejected.reason()), Some(Reason::TimedOut));
    clock.abort();
}

#[test]
fn w40_a_call_that_is_done_at_once_makes_no_timer() {
    // Outside a runtime, where making one panics.
    let mut service = TimeoutLayer::new(LIMIT).layer(Probe::default());
    ready(&mut service);
    assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "ok");
}

#[tokio::test(start_paused = true)]
async fn limits_of_zero_and_of_for_ever_mean_what_they_say() {
    let mut at_once = TimeoutLayer::new(Duration::ZERO).layer(Probe::default());
    assert!(at_once.ready().await.unwrap().call(Plan::OK).await.is_ok());
    let error = at_once.ready().await.unwrap().call(Plan::HANG).await.unwrap_err();
    assert_eq!(Rejected::find(&*error).map(|rejected| rejected.reason()), Some(Reason::TimedOut));
    let mut never = TimeoutLayer::new(Duration::MAX).layer(service_fn(|()| async {
        sleep(Duration::from_secs(86_400 * 365)).await;
        Ok::<_, BoxError>(())
    }));
    assert!(never.ready().await.unwrap().call(()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_typed_or_answered_where_asked_for() {
    let hang = || service_fn(|()| poll_fn(|_| Poll::Pending::<io::Result<()>>));
    let mut typed = TimeoutLayer::new(LIMIT).typed().layer(hang());
    let error = typed.ready().await.unwrap().call(()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);

    let silent =
        service_fn(|_: Request<()>| poll_fn(|_| Poll::Pending::<Result<Response<String>, Infallible>>));
    let mut answering = TimeoutLayer::new(LIMIT).respond().layer(silent);
    let response = answering.ready().await.unwrap().call(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert!(response.extensions().get::<Rejected>().is_some_and(Rejected::was_sent));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_is_off_limits_nothing() {
    let hour = service_fn(|()| async {
        sleep(Duration::from_secs(3600)).await;
        Ok::<_, BoxError>(())
    });
    assert!(TimeoutLayer::new(None).layer(hour).oneshot(()).await.is_ok());
    assert!(TimeoutLayer::from_handle(None::<Handle>).layer(hour).oneshot(()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn s2_92_the_limit_of_an_operation_follows_how_long_its_calls_take() {
    let handle = Handle::adaptive("orders", Config::default());
    let other = Handle::adaptive("reports", Config::default());
    let service = TimeoutLayer::from_handle(handle.clone()).layer(service_fn(|took: Duration| async move {
        sleep(took).await;
        if took == Duration::from_secs(1) { Err(BoxError::from("broken")) } else { Ok(()) }
    }));
    assert_eq!(handle.limit(), Duration::from_secs(30));
    for _ in 0..10 {
        service.clone().oneshot(Duration::from_millis(100)).await.unwrap();
    }
    assert_eq!(handle.limit(), Duration::from_millis(27_020));
    for _ in 0..400 {
        service.clone().oneshot(Duration::from_millis(100)).await.unwrap();
    }
    assert_eq!(handle.limit(), Duration::from_millis(200));
    assert_eq!(handle.snapshot().percentile, Some(Duration::from_millis(100)));
    // It is the limit, and what it gives up on is waited for longer when it comes again and again.
    let error = service.clone().oneshot(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(Rejected::find(&*error).unwrap().time_limit(), Some(Duration::from_millis(200)));
    for _ in 0..40 {
        let _ = service.clone().oneshot(Duration::from_secs(2)).await;
    }
    assert!(service.clone().oneshot(Duration::from_secs(2)).await.is_ok(), "a slow peer is no dead one");
    assert_eq!(other.limit(), Duration::from_secs(30), "another operation has its own");
    handle.reset();
    assert_eq!(handle.limit(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn s2_92_errors_and_what_a_deadline_cut_say_nothing_about_how_long_answers_take() {
    let handle = Handle::adaptive("orders", Config::default());
    let service = TimeoutLayer::from_handle(handle.clone());
    for _ in 0..20 {
        assert!(service.layer(Probe::default()).oneshot(Plan::FAIL).await.is_err());
        let within = DeadlineLayer::new(LIMIT).layer(service.layer(Probe::default()));
        assert!(within.oneshot(Plan::HANG).await.is_err());
    }
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.limit, snapshot.percentile), (Duration::from_secs(30), None));
    assert_eq!((snapshot.timed_out, snapshot.by_deadline), (20, 20));
}

#[tokio::test(start_paused = true)]
async fn s2_92_a_tenth_of_calls_that_hang_is_not_waited_for_ever_longer() {
    let handle = Handle::adaptive("orders", Config::default());
    let service = TimeoutLayer::from_handle(handle.clone()).layer(Probe::default());
    for call in 0..1_000 {
        let plan = if call % 10 == 0 { Plan::HANG } else { Plan::OK };
        assert_eq!(service.clone().oneshot(plan).await.is_ok(), call % 10 != 0);
        assert!(handle.limit() <= Duration::from_secs(30), "{:?} at call {call}", handle.limit());
    }
}
