//! Whose verdict it is, and when.

use crate::script::{Script, Step, chunk};
use crate::{
    FAILURE, IGNORED, Layered, NOTHING_YET, SUCCESS, answered, handle, last_failure, layer, outcomes, poll,
};
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle, State};
use buttress::classify::End;
use buttress::{
    BoxError, Classify, FailureKind, JudgedBody, Outcome, Reason, Rejected, TimeoutLayer, classify,
};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use std::convert::Infallible;
use std::io;
use std::task::Poll;
use std::time::Duration;
use support::{assert_send_sync, breaker};
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt, service_fn};

#[tokio::test]
async fn h9_the_verdict_waits_for_the_end_of_the_body() {
    let handle = handle();
    let body = Script::new([chunk("a"), chunk("b")]);
    let mut body = answered(&layer(&handle), Response::new(body)).into_body();
    for _ in 0..2 {
        assert!(matches!(poll(&mut body), Poll::Ready(Some(Ok(_)))));
        assert_eq!(outcomes(&handle), NOTHING_YET);
    }
    assert!(matches!(poll(&mut body), Poll::Ready(None)));
    assert_eq!(outcomes(&handle), SUCCESS);
    assert!(matches!(poll(&mut body), Poll::Ready(None)));
    drop(body);
    assert_eq!(outcomes(&handle), SUCCESS);
}

#[tokio::test]
async fn h9_a_body_cut_midway_counts_once() {
    let handle = handle();
    let body = Script::new([chunk("a"), Step::Broken(io::ErrorKind::ConnectionReset.into())]);
    let mut body = answered(&layer(&handle), Response::new(body)).into_body();
    assert!(matches!(poll(&mut body), Poll::Ready(Some(Ok(_)))));
    let Poll::Ready(Some(Err(error))) = poll(&mut body) else { panic!("it is cut") };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(last_failure(&handle), Some(FailureKind::Body));
    assert!(matches!(poll(&mut body), Poll::Ready(None)));
    drop(body);
    assert_eq!(outcomes(&handle), FAILURE);
}

#[tokio::test]
async fn h9_a_body_shorter_than_announced_is_a_failure() {
    for end in [None, Some(Step::Trailers(HeaderMap::new()))] {
        let handle = handle();
        let body = Script::new([chunk("abc")].into_iter().chain(end)).announcing(4);
        let body = answered(&layer(&handle), Response::new(body)).into_body();
        body.collect().await.unwrap();
        assert_eq!((outcomes(&handle), last_failure(&handle)), (FAILURE, Some(FailureKind::Body)));
    }
}

#[tokio::test]
async fn h9_a_rejection_within_the_body_is_judged_as_that_rejection() {
    let refused = breaker::open().acquire().unwrap_err();
    let mut silent =
        TimeoutLayer::new(Duration::ZERO).layer(service_fn(|()| std::future::pending::<io::Result<()>>()));
    let timed_out = silent.ready().await.unwrap().call(()).await.unwrap_err();
    let timed_out = breaker::rejected(&timed_out);
    for (rejected, expected) in [(refused, IGNORED), (timed_out, FAILURE)] {
        let handle = handle();
        let body = Script::new([chunk("a"), Step::Broken(io::Error::other(rejected))]);
        let body = answered(&layer(&handle), Response::new(body)).into_body();
        assert!(body.collect().await.is_err());
        assert_eq!(outcomes(&handle), expected);
        assert!(matches!(last_failure(&handle), None | Some(FailureKind::Timeout)));
    }
}

#[tokio::test]
async fn h9_the_last_byte_of_a_known_length_is_the_end() {
    // By the announced length, and by the body's own word.
    for body in [Script::new([chunk("ab"), chunk("cd")]).announcing(4), Script::new([chunk("ab")]).telling()]
    {
        let handle = handle();
        let mut body = answered(&layer(&handle), Response::new(body)).into_body();
        while outcomes(&handle) == NOTHING_YET {
            assert!(matches!(poll(&mut body), Poll::Ready(Some(Ok(_)))));
        }
        assert_eq!(outcomes(&handle), SUCCESS);
        drop(body);
        assert_eq!(outcomes(&handle), SUCCESS);
    }
}

#[tokio::test]
async fn h9_a_body_nobody_polls_is_judged_by_its_head() {
    let handle = handle();
    let response = answered(&layer(&handle), Response::new(Script::new([chunk("a")])));
    assert_eq!(outcomes(&handle), NOTHING_YET);
    drop(response);
    assert_eq!(outcomes(&handle), SUCCESS);
}

#[tokio::test]
async fn b1_b2_a_body_dropped_after_every_frame_is_cancelled_once() {
    const FRAMES: usize = 5;
    let (handle, steps) = (handle(), || (0..FRAMES).flat_map(|_| [Step::Pending, chunk("x")]));
    for k in 1..=2 * FRAMES {
        let mut body = answered(&layer(&handle), Response::new(Script::new(steps()))).into_body();
        for _ in 0..k {
            assert!(!matches!(poll(&mut body), Poll::Ready(None)));
        }
        drop(body);
        assert_eq!(outcomes(&handle), [0, 0, 0, k as u64]);
        assert_eq!(handle.snapshot().window.calls, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn b2_a_probe_holds_its_lease_until_its_body_ends_or_is_dropped() {
    let handle = breaker::open();
    for (polls, state) in [(1, State::HalfOpen), (2, State::Closed)] {
        advance(breaker::OPEN_FOR).await;
        let body = Script::new([chunk("a")]);
        let mut body = answered(&layer(&handle), Response::new(body)).into_body();
        assert_eq!(handle.snapshot().probes.in_flight, 1);
        for _ in 0..polls {
            assert!(poll(&mut body).is_ready());
        }
        drop(body);
        assert_eq!((handle.state(), handle.snapshot().probes.in_flight), (state, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn d5_a_probe_whose_body_has_been_coming_for_a_lease_has_found_out_enough() {
    let handle = breaker::open();
    advance(breaker::OPEN_FOR).await;
    let second = Duration::from_secs(1);
    let steps = (0..60).flat_map(|_| [Step::Sleep(second), chunk("x")]);
    let body = answered(&layer(&handle), Response::new(Script::new(steps))).into_body();
    let (mut body, start) = (Box::pin(body), buttress::clock::now());
    while handle.state() == State::HalfOpen {
        assert!(handle.acquire().is_err(), "the only lease is out");
        body.frame().await.unwrap().unwrap();
    }
    assert_eq!(buttress::clock::now().since(start), second * 10);
    assert_eq!((handle.state(), handle.snapshot().totals.expired_leases), (State::Closed, 0));
    drop(body);
    assert_eq!(outcomes(&handle), [1, 2, 0, 0], "the two failures that opened it, and one success");
}

#[tokio::test]
async fn h9_a_grpc_body_nobody_polls_says_nothing() {
    let handle = handle();
    let layer =
        CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Grpc).at_body_end().respond();
    drop(answered(&layer, Response::new(Script::new([chunk("a")]))));
    assert_eq!(outcomes(&handle), [0, 0, 0, 1]);
}

#[tokio::test]
async fn empty_bodies_end_with_their_head() {
    for (status, length) in [(200, Some("5")), (204, None), (304, Some("5"))] {
        let handle = handle();
        let mut response = Response::new(Full::new(Bytes::new()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some(length) = length {
            response.headers_mut().insert(header::CONTENT_LENGTH, length.parse().unwrap());
        }
        let response = answered(&layer(&handle), response);
        assert_eq!(outcomes(&handle), SUCCESS, "{status}");
        drop(response);
        assert_eq!(outcomes(&handle), SUCCESS, "{status}");
    }
}

#[tokio::test]
async fn h9_a_head_that_is_no_success_is_judged_at_once_and_once() {
    let ours = breaker::open().acquire().unwrap_err();
    for (status, rejected, expected) in [(500, None, FAILURE), (503, Some(ours), IGNORED)] {
        let handle = handle();
        let body = Script::new([chunk("oh"), Step::Broken(io::ErrorKind::ConnectionReset.into())]);
        let mut response = Response::builder().status(status).body(body).unwrap();
        if let Some(rejected) = rejected {
            response.extensions_mut().insert(rejected);
        }
        let body = answered(&layer(&handle), response).into_body();
        assert_eq!(outcomes(&handle), expected);
        assert!(body.collect().await.is_err());
        assert_eq!(outcomes(&handle), expected);
    }
}

#[tokio::test]
async fn an_event_stream_is_judged_by_its_head() {
    for kind in ["text/event-stream", "Text/Event-Stream ; charset=utf-8"] {
        let handle = handle();
        let body = Script::new([chunk("data: 1\n\n"), Step::Pending]);
        let response = Response::builder().header(header::CONTENT_TYPE, kind).body(body).unwrap();
        let response = answered(&layer(&handle), response);
        assert_eq!(outcomes(&handle), SUCCESS);
        drop(response);
    }
}

#[tokio::test]
async fn any_classifier_works_at_the_end_of_a_body_too() {
    let handle = handle();
    let closure = |result: Result<&Response<Script>, &Infallible>| match result {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => Outcome::Ignored,
        _ => Outcome::Success,
    };
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(closure).at_body_end().respond();
    let body = Script::new([Step::Broken(io::ErrorKind::ConnectionReset.into())]);
    assert!(answered(&layer, Response::new(body)).into_body().collect().await.is_err());
    assert_eq!(outcomes(&handle), FAILURE);
}

#[tokio::test(start_paused = true)]
async fn a_classifier_of_the_users_own_reads_the_end() {
    /// A protocol whose verdict is in its trailers.
    #[derive(Clone)]
    struct Verdict;
    impl<B, E> Classify<Response<B>, E> for Verdict {
        fn classify(&self, _: Result<&Response<B>, &E>) -> Outcome {
            Outcome::Success
        }
        fn classify_end(&self, end: End<'_>) -> Outcome {
            match end {
                End::Trailers(trailers) if trailers.contains_key("x-busy") => Outcome::Throttled,
                End::Broken(error) if error.is::<io::Error>() => Outcome::Ignored,
                end => end.outcome(),
            }
        }
        fn retry_after_end(&self, _: End<'_>) -> Option<Duration> {
            Some(Duration::from_secs(45))
        }
    }
    let config =
        breaker::config().to_builder().count_throttling(true).minimum_calls(1).failure_rate_threshold(0.5);
    let handle = Handle::new("verdict", config.hint_max(Duration::from_secs(60)).build().unwrap());
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(Verdict).at_body_end().respond();
    let broken = Script::new([Step::Broken(io::ErrorKind::ConnectionReset.into())]);
    let _ = answered(&layer, Response::new(broken)).into_body().collect().await;
    assert_eq!(outcomes(&handle), IGNORED);
    let mut trailers = HeaderMap::new();
    trailers.insert("x-busy", "1".parse().unwrap());
    let busy = Script::new([chunk("a"), Step::Trailers(trailers.clone())]);
    let collected = answered(&layer, Response::new(busy)).into_body().collect().await.unwrap();
    assert_eq!(collected.trailers(), Some(&trailers));
    assert_eq!((handle.snapshot().totals.throttled, handle.state()), (1, State::Open));
    assert_eq!(handle.snapshot().retry_after, Some(Duration::from_secs(45)));
}

#[tokio::test]
async fn the_switch_leaves_the_types_alone() {
    for (wait, expected) in [(true, FAILURE), (false, SUCCESS)] {
        let handle = handle();
        let layer: Layered = CircuitBreakerLayer::from_handle(handle.clone())
            .classify(classify::Http)
            .at_body_end_if(wait)
            .stalled_after(Duration::from_secs(1))
            .respond();
        let body = Script::new([Step::Broken(io::ErrorKind::ConnectionReset.into())]);
        let mut body = answered(&layer, Response::new(body)).into_body();
        assert_eq!(outcomes(&handle)[0], u64::from(!wait));
        assert!(matches!(poll(&mut body), Poll::Ready(Some(Err(_)))));
        assert_eq!(outcomes(&handle), expected);
    }
}

#[tokio::test]
async fn a_judged_body_looks_like_the_one_beneath_and_answers_for_a_rejection() {
    let handle = handle();
    let body = Script::new([chunk("abcd")]).announcing(4).telling();
    let mut body = answered(&layer(&handle), Response::new(body)).into_body();
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(4), false));
    assert!(poll(&mut body).is_ready());
    assert!(body.is_end_stream());
    assert_send_sync(&body);
    const fn is_unpin<T: Unpin>(_: &T) {}
    is_unpin(&body);

    let refused = layer(&breaker::open());
    let response = answered(&refused, Response::new(Script::new([chunk("a")])));
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.extensions().get::<Rejected>().is_some_and(|it| it.reason() == Reason::Open));
    assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn a_layer_that_is_off_and_layers_on_layers_judge_alike() {
    let off =
        CircuitBreakerLayer::from_handle(None::<Handle>).classify(classify::Http).at_body_end().respond();
    let body = answered(&off, Response::new(Script::new([chunk("a")]))).into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "a");

    let (one, other) = (handle(), handle());
    let service = service_fn(|_: Request<()>| async {
        Ok::<_, io::Error>(Response::new(Script::new([Step::Broken(io::ErrorKind::ConnectionReset.into())])))
    });
    let inner =
        CircuitBreakerLayer::from_handle(other.clone()).classify(classify::Http).at_body_end().typed();
    let outer = CircuitBreakerLayer::from_handle(one.clone()).classify(classify::Http).at_body_end();
    let mut service = outer.layer(inner.layer(service));
    let response: Result<Response<JudgedBody<_, _, _>>, BoxError> =
        service.ready().await.unwrap().call(Request::new(())).await;
    assert!(response.unwrap().into_body().collect().await.is_err());
    assert_eq!((outcomes(&one), outcomes(&other)), (FAILURE, FAILURE));
}
