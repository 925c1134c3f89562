//! The circuit breaker as a layer: what its callers, its neighbours in a stack and its owner see.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{Cause, CircuitBreakerLayer, Config, Handle, State, Transition, presets};
use buttress::{Bypass, Carry, EventKind, FailureKind, Outcome, Reason, Rejected, TimeoutLayer, classify};
use http::{Request, Response, StatusCode, header};
use std::convert::Infallible;
use std::time::Duration;
use support::breaker::{OPEN_FOR, call, config, fail, open, rejected};
use support::{Plan, Probe, ProbeError, Readiness, ready};
use tokio::time::advance;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn a9_an_open_breaker_neither_polls_nor_reserves_the_inner_service() {
    let probe = Probe::default();
    probe.set_readiness(Readiness::Pending);
    let mut service = CircuitBreakerLayer::from_handle(open()).layer(probe.clone());
    for _ in 0..3 {
        let error = call(&mut service, Plan::OK).await.unwrap_err();
        assert_eq!(rejected(&error).reason(), Reason::Open);
    }
    assert_eq!((probe.ready_polls(), probe.reserved(), probe.calls()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a1_what_was_refused_in_poll_ready_stays_refused_in_call() {
    let probe = Probe::default();
    let mut service = CircuitBreakerLayer::from_handle(open()).layer(probe.clone());
    ready(&mut service);
    // Due meanwhile: a decision in `call` would now call an inner service that was never ready.
    advance(OPEN_FOR * 2).await;
    ready(&mut service);
    assert_eq!(probe.ready_polls(), 0);
    let error = service.call(Plan::OK).await.unwrap_err();
    assert_eq!(rejected(&error).retry_after(), Some(Duration::from_secs(1)));
    assert_eq!(probe.calls(), 0);
    assert_eq!(call(&mut service, Plan::OK).await.unwrap(), "ok");
    assert_eq!(probe.breaches(), 0);
}

#[tokio::test(start_paused = true)]
async fn d10_the_time_told_is_the_time_left_and_a_call_at_it_is_admitted() {
    let mut service = CircuitBreakerLayer::from_handle(open()).layer(Probe::default());
    for step in 0..30 {
        let error = call(&mut service, Plan::OK).await.unwrap_err();
        assert_eq!(rejected(&error).retry_after(), Some(Duration::from_secs(30 - step)));
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(call(&mut service, Plan::OK).await.unwrap(), "ok");
}

#[tokio::test(start_paused = true)]
async fn d10_a_refusal_kept_in_a_ready_service_ages() {
    let mut service = CircuitBreakerLayer::from_handle(open()).layer(Probe::default());
    ready(&mut service);
    advance(Duration::from_secs(10)).await;
    let error = service.call(Plan::OK).await.unwrap_err();
    assert_eq!(rejected(&error).retry_after(), Some(Duration::from_secs(20)));
}

#[tokio::test(start_paused = true)]
async fn s0_10_errors_come_through_unchanged_and_s0_16_a_refusal_is_its_own_type() {
    let handle = Handle::new("orders", config());
    let mut service = CircuitBreakerLayer::from_handle(handle.clone()).layer(Probe::default());
    for _ in 0..2 {
        let error = call(&mut service, Plan::FAIL).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ProbeError("call")));
    }
    let error = call(&mut service, Plan::OK).await.unwrap_err();
    let refusal = rejected(&error);
    assert_eq!((refusal.layer(), refusal.name(), refusal.was_sent()), ("circuit_breaker", "orders", false));
    assert_eq!(error.to_string(), "circuit_breaker \"orders\": open for another 30.0s");
    assert_eq!(handle.snapshot().totals.rejected, 1);
}

#[tokio::test]
async fn a_typed_refusal_travels_in_the_callers_own_error() {
    #[derive(Debug, PartialEq)]
    enum Mine {
        Rejected(Reason),
        Probe,
    }
    impl Carry for Mine {
        fn carry(rejected: Rejected) -> Self {
            Self::Rejected(rejected.reason())
        }
        fn rejected(&self) -> Option<Rejected> {
            None
        }
    }
    let handle = Handle::new("typed", config());
    let mut service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(handle).typed())
        .map_err(|_: ProbeError| Mine::Probe)
        .service(Probe::default());
    for expected in [Mine::Probe, Mine::Probe, Mine::Rejected(Reason::Open)] {
        assert_eq!(call(&mut service, Plan::FAIL).await, Err(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn s2_25_a_timeout_beneath_counts_and_s2_26_drops_the_call() {
    let (probe, handle) = (Probe::default(), Handle::new("slow", config()));
    let mut service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(handle.clone()))
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .service(probe.clone());
    for _ in 0..2 {
        let error = call(&mut service, Plan::HANG).await.unwrap_err();
        assert_eq!(rejected(&error).reason(), Reason::TimedOut);
    }
    assert_eq!((handle.state(), probe.live()), (State::Open, 0));
    assert_eq!(handle.snapshot().last_failure.map(|last| last.kind), Some(FailureKind::Timeout));
}

#[tokio::test]
async fn a_refusal_by_our_own_stack_says_nothing_about_the_peer() {
    let (outer, inner) = (Handle::new("outer", config()), open());
    let probe = Probe::default();
    let mut service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(outer.clone()))
        .layer(CircuitBreakerLayer::from_handle(inner))
        .service(probe.clone());
    for _ in 0..50 {
        let error = call(&mut service, Plan::OK).await.unwrap_err();
        assert_eq!(rejected(&error).name(), "orders");
    }
    let snapshot = outer.snapshot();
    assert_eq!((snapshot.state, snapshot.window.calls, snapshot.totals.ignored), (State::Closed, 0, 50));
}

#[tokio::test]
async fn a_refusal_that_became_a_response_says_nothing_about_the_peer_either() {
    let (outer, inner) = (Handle::new("outer", config()), open());
    let mut service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(outer.clone()).classify(classify::Http).respond())
        .layer(CircuitBreakerLayer::from_handle(inner).classify(classify::Http).respond())
        .service(service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) }));
    for _ in 0..50 {
        let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "30");
    }
    assert_eq!((outer.state(), outer.snapshot().totals.ignored), (State::Closed, 50));
}

fn http_service(
    handle: &Handle,
    status: u16,
    retry_after: Option<&'static str>,
) -> impl Service<Request<()>, Response = Response<String>, Error = Infallible> {
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).bypass().respond();
    layer.layer(service_fn(move |_: Request<()>| async move {
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some(value) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(value));
        }
        Ok(response)
    }))
}

#[tokio::test]
async fn w08_http_statuses_of_500_open_and_w20_those_of_the_caller_do_not() {
    for (status, state) in [(500, State::Open), (404, State::Closed), (429, State::Closed)] {
        let handle = Handle::new("http", config());
        let mut service = http_service(&handle, status, None);
        for _ in 0..10 {
            let _ = service.ready().await.unwrap().call(Request::new(())).await;
        }
        assert_eq!(handle.state(), state, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_servers_hint_raises_the_open_time_up_to_a_limit() {
    for (hint, expected) in [("3", 30), ("31", 31), ("3600", 40), ("soon", 30)] {
        let config = config().to_builder().hint_max(Duration::from_secs(40)).build().unwrap();
        let handle = Handle::new("hinted", config);
        let mut service = http_service(&handle, 503, Some(hint));
        for _ in 0..2 {
            let _ = service.ready().await.unwrap().call(Request::new(())).await;
        }
        assert_eq!(handle.snapshot().retry_after, Some(Duration::from_secs(expected)), "{hint}");
    }
}

#[tokio::test]
async fn s0_20_a_request_with_bypass_passes_an_open_breaker_uncounted() {
    let handle = open();
    let mut service = http_service(&handle, 200, None);
    let mut request = Request::new(());
    request.extensions_mut().insert(Bypass);
    let response = service.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let totals = handle.snapshot().totals;
    assert_eq!((totals.successes, totals.failures, totals.rejected), (0, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_shadow_decides_and_refuses_nothing() {
    let handle = Handle::new("shadow", config().to_builder().shadow(true).build().unwrap());
    let mut service = CircuitBreakerLayer::from_handle(handle.clone()).layer(Probe::default());
    for _ in 0..5 {
        assert!(call(&mut service, Plan::FAIL).await.unwrap_err().is::<ProbeError>());
    }
    assert_eq!((handle.state(), handle.snapshot().totals.would_reject), (State::Open, 3));
    handle.set_shadow(false);
    assert!(Rejected::find(&*call(&mut service, Plan::OK).await.unwrap_err()).is_some());
}

#[tokio::test(start_paused = true)]
async fn slow_calls_open_and_are_measured_from_the_call() {
    let slow =
        Config::builder().no_rules().slow_call_rate_threshold(0.5, Duration::from_secs(2)).minimum_calls(4);
    let handle = Handle::new("slow", slow.build().unwrap());
    let mut service = CircuitBreakerLayer::from_handle(handle.clone()).layer(service_fn(|time| async move {
        tokio::time::sleep(time).await;
        Ok::<_, Infallible>(())
    }));
    for millis in [1, 1_999, 2_000] {
        service.ready().await.unwrap().call(Duration::from_millis(millis)).await.unwrap();
    }
    // Readied long before it is called: that time is not the peer's.
    service.ready().await.unwrap();
    advance(Duration::from_secs(3)).await;
    service.call(Duration::ZERO).await.unwrap();
    assert_eq!((handle.state(), handle.snapshot().window.slow), (State::Closed, 1));
    service.ready().await.unwrap().call(Duration::from_secs(2)).await.unwrap();
    service.ready().await.unwrap().call(Duration::from_secs(2)).await.unwrap();
    assert_eq!(handle.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn d3_a_subscriber_reads_every_change_in_order_with_its_cause() {
    let handle = Handle::new("watched", config());
    let mut events = handle.subscribe();
    fail(&handle, 2);
    advance(OPEN_FOR).await;
    handle.acquire().unwrap().record(Outcome::Success, None);
    handle.force_open();
    let mut read = Vec::new();
    while let Some(event) = events.try_next() {
        assert_eq!((event.layer, event.name), ("circuit_breaker", "watched"));
        let EventKind::Transition(Transition { number, from, to, cause, .. }) = event.kind else { continue };
        read.push((number, from, to, cause));
    }
    let expected = [
        (1, State::Closed, State::Open, Cause::ConsecutiveFailures { failures: 2, limit: 2 }),
        (2, State::Open, State::HalfOpen, Cause::OpenTimeOver),
        (3, State::HalfOpen, State::Closed, Cause::ProbesSucceeded(1)),
        (4, State::Closed, State::ForcedOpen, Cause::Forced),
    ];
    assert_eq!(read, expected);
    let waiting = tokio::spawn(async move { events.next().await });
    tokio::task::yield_now().await;
    handle.reset();
    assert_eq!(waiting.await.unwrap().to_string(), "circuit_breaker watched: forced_open -> closed (reset)");
}

#[tokio::test]
async fn f5_a_reader_that_never_reads_costs_nothing_and_is_told_what_it_missed() {
    const CHANGES: u64 = 10_000_000;
    let handle = Handle::new("ignored", config());
    let mut stuck = handle.subscribe();
    for _ in 0..CHANGES / 2 {
        handle.force_open();
        handle.reset();
    }
    let mut read = 0;
    while stuck.try_next().is_some() {
        read += 1;
    }
    assert_eq!((read, stuck.missed()), (32, CHANGES - 32));
    assert_eq!(handle.snapshot().history.len(), 32);
}

#[tokio::test(start_paused = true)]
async fn s4_37_a_breaker_has_its_name_and_s0_23_counts_its_time_from_when_it_was_made() {
    advance(Duration::from_secs(86_400)).await;
    let handle = Handle::new("external_apis", Config::default());
    advance(Duration::from_secs(7)).await;
    assert_eq!(handle.name(), "external_apis");
    assert_eq!(handle.snapshot().in_state_for, Duration::from_secs(7));
}

#[tokio::test]
async fn d4_layers_of_one_handle_share_a_breaker_and_two_handles_do_not() {
    let layer = CircuitBreakerLayer::new(config());
    let (mut one, mut other) = (layer.layer(Probe::default()), layer.clone().layer(Probe::default()));
    let mut stranger = CircuitBreakerLayer::new(config()).layer(Probe::default());
    for _ in 0..2 {
        let _ = call(&mut one, Plan::FAIL).await;
    }
    assert!(call(&mut other, Plan::OK).await.is_err());
    assert!(call(&mut stranger, Plan::OK).await.is_ok());
    assert_eq!(layer.handle().state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn explain_says_also_why_it_has_not_opened() {
    let handle = Handle::new("explained", presets::proxy());
    fail(&handle, 3);
    handle.acquire().unwrap().record(Outcome::Success, None);
    fail(&handle, 1);
    let text = handle.explain().to_string();
    for part in
        ["closed for", "consecutive failures: 1 of 5", "failure rate: counts from 10 calls on, so far 5"]
    {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    fail(&handle, 5 - 1);
    let text = handle.explain().to_string();
    assert!(text.contains("open for") && text.contains("5 failures in a row, limit 5"), "{text}");
}
