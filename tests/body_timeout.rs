//! Limits for bodies.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::timeout::{BodyLimits, BodyTimeoutLayer, LimitedBody};
use buttress::{BoxError, CircuitBreakerLayer, Config, Rejected, circuit_breaker, clock};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use support::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{advance, sleep};
use tower::{ServiceBuilder, ServiceExt, service_fn};

const IDLE: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(12);
const MS: Duration = Duration::from_millis(1);

fn limits() -> BodyLimits {
    BodyLimits::new().idle(IDLE).total(TOTAL).named("orders")
}

/// A body with a byte after each of these waits; the last one never comes.
struct Dripping(Vec<Duration>, Pin<Box<tokio::time::Sleep>>);

fn dripping(waits: &[Duration]) -> Dripping {
    let mut waits = waits.to_vec();
    waits.reverse();
    let first = waits.pop().unwrap();
    Dripping(waits, Box::pin(sleep(first)))
}

impl Body for Dripping {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::ready!(self.1.as_mut().poll(cx));
        match self.0.pop() {
            Some(wait) => {
                self.1 = Box::pin(sleep(wait));
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b".")))))
            }
            None => Poll::Ready(None),
        }
    }
}

/// How many bytes came, and how it ended.
async fn read<B: Body<Data = Bytes, Error = BoxError>>(body: B) -> (usize, Option<BoxError>) {
    let mut body = pin!(body);
    let mut bytes = 0;
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        match frame {
            Ok(frame) => bytes += frame.into_data().unwrap().len(),
            Err(error) => {
                let after = poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
                assert!(after.is_none() && body.is_end_stream(), "nothing comes after the error");
                return (bytes, Some(error));
            }
        }
    }
    (bytes, None)
}

fn told(error: Option<BoxError>) -> String {
    let error = error.expect("an end that is not clean");
    assert!(Rejected::find(&*error).is_some_and(|rejected| rejected.was_sent()));
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn h9_a_body_that_pauses_too_long_ends_with_an_error() {
    let start = clock::now();
    let (bytes, error) = read(limits().watch(dripping(&[MS, IDLE - MS, IDLE * 2, MS]))).await;
    assert_eq!((bytes, told(error).as_str()), (2, "body_timeout \"orders\": no more of the body within 5s"));
    let late = clock::now().since(start).saturating_sub(IDLE * 2);
    assert!(late <= MS, "{late:?} late");
}

#[tokio::test(start_paused = true)]
async fn h9_a_body_that_drips_for_too_long_ends_with_an_error() {
    let start = clock::now();
    let (bytes, error) = read(limits().watch(dripping(&[MS * 1_000; 60]))).await;
    assert_eq!(
        (bytes, told(error).as_str()),
        (11, "body_timeout \"orders\": the body lasted longer than 12s")
    );
    let late = clock::now().since(start).saturating_sub(TOTAL);
    assert!(late <= MS, "{late:?} late");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_always_has_something_ends_as_well() {
    struct Endless;
    impl Body for Endless {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b".")))))
        }
    }
    let mut body = pin!(limits().watch(Endless));
    let mut next = async || poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
    assert!(next().await.unwrap().is_ok());
    advance(TOTAL).await;
    assert!(next().await.unwrap().is_err());
    assert!(next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_the_reader_is_none_of_the_body() {
    let mut body = BodyLimits::new().idle(IDLE).watch(dripping(&[MS, MS, MS]));
    let mut frames = 0;
    while let Some(frame) = body.frame().await {
        frames += usize::from(frame.is_ok());
        sleep(IDLE * 3).await;
    }
    assert_eq!(frames, 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_in_time_is_what_it_was() {
    let (bytes, error) = read(limits().watch(dripping(&[IDLE - MS, IDLE - MS, MS]))).await;
    assert!((bytes, error.is_none()) == (2, true));
    let body = limits().watch(Full::new(Bytes::from_static(b"whole")));
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(5), false));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "whole");
    assert!(LimitedBody::<Full<Bytes>>::default().is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn h9_what_is_given_up_is_a_failure_for_the_breaker_above() {
    let breaker = circuit_breaker::Handle::new("orders", Config::default());
    let mut stack = ServiceBuilder::new()
        .layer(
            CircuitBreakerLayer::from_handle(breaker.clone())
                .classify(buttress::classify::Http)
                .at_body_end(),
        )
        .layer(BodyTimeoutLayer::new(limits()))
        .service(service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Response::new(dripping(&[MS, IDLE * 2])))
        }));
    let response = stack.ready().await.unwrap();
    let response = tower::Service::call(response, Request::new(())).await.unwrap();
    told(read(response.into_body()).await.1);
    assert_eq!(breaker.snapshot().totals.failures, 1);
}

#[tokio::test]
async fn a_slow_upload_over_a_real_socket_is_cut() {
    let limit = Duration::from_millis(50);
    let uploads = BodyLimits::new().idle(limit);
    let sum = axum::routing::post(|body: axum::body::Body| async move {
        match body.collect().await {
            Ok(body) => Ok(body.to_bytes().len().to_string()),
            Err(error) if Rejected::find(&error).is_some() => Err(http::StatusCode::REQUEST_TIMEOUT),
            Err(_) => Err(http::StatusCode::BAD_REQUEST),
        }
    });
    let router = axum::Router::new().route("/", sum).layer(tower::util::MapRequestLayer::new(
        move |request: Request<axum::body::Body>| {
            request.map(|body| axum::body::Body::new(uploads.watch(body)))
        },
    ));
    let addr = serve::http(router).await;
    let mut peer = tokio::net::TcpStream::connect(addr).await.unwrap();
    peer.write_all(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 5\r\n\r\nhel").await.unwrap();
    let mut answer = vec![0; 12];
    peer.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 408");
}
