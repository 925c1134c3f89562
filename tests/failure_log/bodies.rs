//! What a layer writes down of HTTP and of gRPC, and of bodies that break off.

use crate::{log, only, records};
use buttress::failure_log::{Category, Counts, FailureLogLayer, Handle, Severity};
use buttress::retry::{self, ReplayBody, RetryLayer};
use buttress::{CircuitBreakerLayer, FailureKind, Stack, classify};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Empty};
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use support::breaker;
use tokio::time::timeout;
use tower::{Layer, Service, ServiceExt, service_fn};

/// A body of these frames, which announces a length or none; after the last one it is silent if it is to be.
struct Script {
    frames: std::vec::IntoIter<Result<Frame<Bytes>, io::Error>>,
    announced: Option<u64>,
    silent: bool,
}

impl Script {
    fn new(frames: Vec<Result<Frame<Bytes>, io::Error>>) -> Self {
        Self { frames: frames.into_iter(), announced: None, silent: false }
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.frames.next() {
            None if self.silent => Poll::Pending,
            frame => Poll::Ready(frame),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn page() -> Result<Frame<Bytes>, io::Error> {
    Ok(Frame::data(Bytes::from_static(b"page")))
}

fn trailers(code: &'static str, message: &'static str) -> Result<Frame<Bytes>, io::Error> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(code));
    trailers.insert("grpc-message", HeaderValue::from_static(message));
    Ok(Frame::trailers(trailers))
}

fn counts(log: &Handle) -> Counts {
    log.operation("get", "shop").counts()
}

/// Has `script` come through a layer for HTTP that looks at the end of bodies, and is read to that.
async fn read(log: &Handle, script: Script) {
    let layer = FailureLogLayer::http(log, "get", "shop").at_body_end().stalled_after(Duration::from_secs(5));
    let mut script = Some(script);
    let mut service = layer.layer(service_fn(move |_: Request<()>| {
        let response = Response::new(script.take().unwrap());
        async move { Ok::<_, Infallible>(response) }
    }));
    let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    let _ = timeout(Duration::from_secs(60), response.into_body().collect()).await;
}

/// The same by gRPC.
async fn read_grpc(log: &Handle, frames: Vec<Result<Frame<Bytes>, io::Error>>) {
    let mut script = Some(Script::new(frames));
    let mut service = FailureLogLayer::grpc(log, "get", "shop").layer(service_fn(move |_: Request<()>| {
        let response = Response::new(script.take().unwrap());
        async move { Ok::<_, Infallible>(response) }
    }));
    let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    let _ = response.into_body().collect().await;
}

async fn answer(status: Request<u16>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::from_u16(status.into_body()).unwrap();
    Ok(response)
}

#[tokio::test]
async fn a_response_that_is_a_failure_is_told_by_its_status() {
    let log = log();
    let mut service = FailureLogLayer::http(&log, "get", "shop").layer(service_fn(answer));
    for status in [200, 503, 404, 429] {
        service.ready().await.unwrap().call(Request::new(status)).await.unwrap();
    }
    let [unavailable, throttled] = &records(&log)[..] else { panic!("{:#?}", records(&log)) };
    assert_eq!(
        (&*unavailable.error_type, &*unavailable.message),
        ("http::Status", "503 Service Unavailable")
    );
    assert_eq!((unavailable.kind, unavailable.severity), (Some(FailureKind::Response), Severity::Error));
    assert_eq!((&*throttled.message, throttled.severity), ("429 Too Many Requests", Severity::Warning));
    assert_eq!((counts(&log).successes, counts(&log).failures), (2, 2));
}

#[tokio::test]
async fn h9_a_body_that_breaks_off_is_written_down_once_with_its_error() {
    let log = log();
    let cut = io::Error::new(io::ErrorKind::ConnectionReset, "the peer hung up");
    read(&log, Script::new(vec![page(), Err(cut)])).await;
    let record = only(&log);
    assert_eq!((&*record.message, record.kind), ("the peer hung up", Some(FailureKind::Body)));
    assert_eq!(record.category, Category::Network);
    read(&log, Script::new(vec![page(), page()])).await;
    assert_eq!((counts(&log).successes, counts(&log).failures), (1, 1));
}

#[tokio::test]
async fn h9_a_body_that_ends_early_is_written_down_with_what_is_missing() {
    let log = log();
    read(&log, Script { announced: Some(10), ..Script::new(vec![page()]) }).await;
    let record = only(&log);
    assert_eq!((&*record.message, &*record.error_type), ("the body ended 6 bytes early", "body::Short"));
}

#[tokio::test(start_paused = true)]
async fn h9_a_body_that_falls_silent_is_written_down() {
    let log = log();
    read(&log, Script { silent: true, ..Script::new(vec![page()]) }).await;
    let record = only(&log);
    assert_eq!((&*record.message, record.kind), ("no more of the body in time", Some(FailureKind::Timeout)));
    assert_eq!(record.duration, Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn a_grpc_status_is_told_by_its_name_and_message_wherever_it_stands() {
    let log = log();
    read_grpc(&log, vec![page(), trailers("14", "try%20another")]).await;
    read_grpc(&log, vec![page(), trailers("0", "")]).await;
    read_grpc(&log, vec![page()]).await;
    let mut head = FailureLogLayer::grpc(&log, "get", "shop").layer(service_fn(async |_: Request<()>| {
        let response = Response::builder().header("grpc-status", "13").body(Empty::<Bytes>::new());
        Ok::<_, Infallible>(response.unwrap())
    }));
    head.ready().await.unwrap().call(Request::new(())).await.unwrap();
    let messages: Vec<_> = records(&log).iter().map(|record| record.message.to_string()).collect();
    assert_eq!(messages, ["UNAVAILABLE: try another", "the body ended without a status", "INTERNAL"]);
    assert!(records(&log).iter().all(|record| record.kind == Some(FailureKind::Response)));
    assert_eq!((counts(&log).successes, counts(&log).failures), (1, 3));
}

#[tokio::test]
async fn a_refusal_that_is_a_response_is_a_refusal() {
    let log = log();
    let refuses = CircuitBreakerLayer::from_handle(breaker::open()).classify(classify::Http).respond();
    let layer = FailureLogLayer::http(&log, "get", "shop");
    let mut service = layer.layer(refuses.layer(service_fn(answer)));
    let response = service.ready().await.unwrap().call(Request::new(200)).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let record = only(&log);
    assert_eq!((&*record.error_type, record.severity), ("Rejected", Severity::Info));
    assert_eq!((counts(&log).failures, counts(&log).refused), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_number_of_an_attempt_comes_from_the_retry_above() {
    let log = log();
    let config = retry::Config::builder().attempts(3).build().unwrap();
    let attempts = FailureLogLayer::http(&log, "get", "shop").attempts();
    let service = RetryLayer::http(config).layer(attempts.layer(service_fn(
        async |_: Request<ReplayBody<Empty<Bytes>>>| {
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            Ok::<_, Infallible>(response)
        },
    )));
    let response = service.oneshot(Request::new(Empty::<Bytes>::new())).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    let attempts: Vec<_> = records(&log).iter().map(|record| record.attempt).collect();
    assert_eq!(attempts, [Some(1), Some(2), Some(3)]);
}

#[tokio::test]
async fn a_stack_for_http_tells_failures_by_their_status() {
    let log = log();
    let stack = Stack::http("shop").failure_log(log.operation("get", "shop")).at_body_end();
    let service = stack.layer(service_fn(async |_: Request<ReplayBody<Empty<Bytes>>>| {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Ok::<_, Infallible>(response)
    }));
    service.oneshot(Request::new(Empty::<Bytes>::new())).await.unwrap();
    assert_eq!(&*only(&log).message, "500 Internal Server Error");
}
