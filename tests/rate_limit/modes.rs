//! The layer: what it admits, what it refuses, and what passes it by.

use crate::script::{Peer, limit, millis, per_second, refusal};
use buttress::rate_limit::{Config, Handle, Rate, RateLimitLayer};
use buttress::{BoxError, Bypass, Cost, EventKind, Reason, Rejected};
use http::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::advance;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn s2_04_s2_64_a_burst_passes_and_then_the_rate() {
    let (peer, handle) = (Peer::default(), limit(1_000, 100));
    let service = RateLimitLayer::from_handle(handle.clone()).layer(peer.clone());
    for request in 0..100 {
        service.clone().oneshot(request).await.unwrap();
    }
    let error = service.clone().oneshot(100).await.unwrap_err();
    assert_eq!(refusal(&*error), (Reason::RateLimited, Some(millis(1))));
    advance(millis(1)).await;
    service.clone().oneshot(101).await.unwrap();
    service.clone().oneshot(102).await.unwrap_err();
    assert_eq!(peer.calls().len(), 101, "what is refused does not reach the service");
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.admitted, snapshot.limited, snapshot.rejected()), (101, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn c3_the_told_wait_is_exact() {
    let service = RateLimitLayer::new(per_second(3, 1)).layer(Peer::default());
    service.clone().oneshot(0).await.unwrap();
    let error = service.clone().oneshot(1).await.unwrap_err();
    // A third of a second has no end in nanoseconds; a nanosecond before it is too early.
    let wait = Duration::from_nanos(333_333_334);
    assert_eq!(refusal(&*error), (Reason::RateLimited, Some(wait)));
    advance(wait - Duration::from_nanos(1)).await;
    let error = service.clone().oneshot(2).await.unwrap_err();
    assert_eq!(refusal(&*error), (Reason::RateLimited, Some(Duration::from_nanos(1))));
    advance(Duration::from_nanos(1)).await;
    service.oneshot(3).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn c4_c27_what_costs_more_than_the_burst_is_never_admitted() {
    let (peer, handle) = (Peer::default(), limit(10, 5));
    let service = RateLimitLayer::from_handle(handle.clone()).cost(|cost: &u32| *cost).layer(peer.clone());
    let error = service.clone().oneshot(6).await.unwrap_err();
    assert_eq!(refusal(&*error), (Reason::TooLarge, None), "there is nothing to wait for");
    // It has taken nothing: all five are there.
    service.clone().oneshot(5).await.unwrap();
    let error = service.clone().oneshot(2).await.unwrap_err();
    assert_eq!(refusal(&*error), (Reason::RateLimited, Some(millis(200))));
    service.clone().oneshot(0).await.unwrap();
    assert_eq!(peer.calls(), [5, 0]);
    assert_eq!(handle.snapshot().too_large, 1);
    let waiting =
        RateLimitLayer::from_handle(handle).cost(|cost: &u32| *cost).wait(Duration::MAX).layer(peer);
    let error = waiting.oneshot(6).await.unwrap_err();
    assert_eq!(refusal(&*error), (Reason::TooLarge, None), "nobody waits for what never comes");
}

#[test]
fn c27_w34_a_burst_is_at_least_one() {
    let slow = Rate::per_day(1).unwrap();
    assert!(Config::new(slow, 0).is_err());
    assert!(
        Handle::new("slow", Config::of(slow).unwrap()).allow(),
        "less than one a second, and not less than one"
    );
    assert!(limit(1, 1).set_burst(0).is_err());
}

#[tokio::test(start_paused = true)]
async fn w34_an_idle_adaptive_limit_at_its_slowest_still_admits() {
    use buttress::rate_limit::adaptive;
    let slow = Rate::per_minute(30).unwrap();
    let config = adaptive::Config::between(slow, slow, Rate::per_second(5_000).unwrap()).unwrap();
    let handle = Handle::adaptive("adaptive", config);
    for _ in 0..1_000 {
        handle.record_latency(Duration::from_secs(60));
    }
    assert!(handle.allow(), "half a token a second is a burst of one");
    assert!(!handle.allow());
    advance(Duration::from_secs(2)).await;
    assert!(handle.allow());
}

#[tokio::test(start_paused = true)]
async fn requests_stand_aside_by_extension_or_by_a_function() {
    let answer = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let layer = RateLimitLayer::http(per_second(1, 3)).respond();
    let asked = |service, bypass: bool, cost: Option<u32>| async move {
        let mut request = Request::new(());
        if bypass {
            request.extensions_mut().insert(Bypass);
        }
        if let Some(cost) = cost {
            request.extensions_mut().insert(Cost(cost));
        }
        let _: &_ = &service;
        tower::ServiceExt::oneshot(service, request).await.map(|response: Response<()>| response.status())
    };
    let service = layer.bypass().layer(answer);
    let (ok, refused) = (Ok(StatusCode::OK), Ok(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(asked(service.clone(), false, Some(2)).await, ok);
    assert_eq!(asked(service.clone(), false, Some(2)).await, refused);
    assert_eq!(asked(service.clone(), true, Some(2)).await, ok);
    assert_eq!(asked(service.clone(), false, None).await, ok, "without a cost it is one");
    assert_eq!(asked(service, false, None).await, refused);
    let even = RateLimitLayer::new(per_second(1, 1)).bypass_when(|request: &u32| request.is_multiple_of(2));
    let service = even.layer(Peer::default());
    for (request, admitted) in [(1, true), (2, true), (3, false), (4, true)] {
        assert_eq!(service.clone().oneshot(request).await.is_ok(), admitted, "{request}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_off_admits_everything() {
    let service = RateLimitLayer::from_handle(None::<Handle>).layer(Peer::default());
    for request in 0..10_000 {
        service.clone().oneshot(request).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn d10_grpc_callers_are_told_when_to_come_back() {
    let answer = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let service = RateLimitLayer::http(per_second(4, 1)).respond_grpc().layer(answer);
    service.clone().oneshot(Request::new(())).await.unwrap();
    let refused = service.oneshot(Request::new(())).await.unwrap();
    let header = |name: &str| refused.headers()[name].to_str().unwrap();
    assert_eq!((header("grpc-status"), header("grpc-retry-pushback-ms")), ("8", "250"));
    assert_eq!(refused.extensions().get::<Rejected>().unwrap().reason(), Reason::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_told_to_who_listens() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let handle = limit(1, 1);
    let ears = Arc::clone(&heard);
    handle.on_event(move |event| {
        let EventKind::Rejected(refusal) = event.kind else { return };
        ears.lock().unwrap().push((event.layer, event.name, refusal.reason()));
    });
    let service = RateLimitLayer::from_handle(handle.clone()).layer(Peer::default());
    service.clone().oneshot(1).await.unwrap();
    let error: BoxError = service.oneshot(2).await.unwrap_err();
    assert_eq!(error.to_string(), "rate_limit \"api\": over its rate for another 1.0s");
    assert!(handle.try_acquire(7).is_err());
    let expected = [Reason::RateLimited, Reason::TooLarge].map(|reason| ("rate_limit", "api", reason));
    assert_eq!(*heard.lock().unwrap(), expected);
}
