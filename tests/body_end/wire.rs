//! Real connections: hyper on one side, and on the other what the test writes to the socket.

use crate::script::{Script, Step, chunk};
use crate::{FAILURE, NOTHING_YET, SUCCESS, handle, last_failure, layer, outcomes};
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle};
use buttress::{BoxError, FailureKind, classify};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{client, server};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, Service, ServiceExt, service_fn};

type NoBody = Empty<Bytes>;

/// How calls ended: see [`outcomes`].
type Outcomes = [u64; 4];

/// Both ends of a connection over loopback.
async fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connect = TcpStream::connect(listener.local_addr().unwrap());
    let (one, other) = tokio::join!(connect, listener.accept());
    (one.unwrap(), other.unwrap().0)
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A service whose origin answers with these bytes and closes.
fn answers(
    raw: &'static str,
) -> impl Service<Request<NoBody>, Response = Response<Incoming>, Error = BoxError> {
    service_fn(move |request: Request<NoBody>| async move {
        let (near, mut far) = connection().await;
        tokio::spawn(async move {
            read_head(&mut far).await;
            far.write_all(raw.as_bytes()).await.unwrap();
        });
        let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(near)).await?;
        tokio::spawn(connection);
        Ok(sender.send_request(request).await?)
    })
}

#[tokio::test]
async fn h9_what_an_origin_does_to_its_body_is_what_it_is_judged_by() {
    const CASES: [(&str, &str, Outcomes); 9] = [
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody", SUCCESS),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbody", FAILURE),
        ("GET", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", SUCCESS),
        (
            "GET",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx-end: 1\r\n\r\n",
            SUCCESS,
        ),
        ("GET", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n", FAILURE),
        ("GET", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\nxyz\r\n", FAILURE),
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", SUCCESS),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", SUCCESS),
        ("GET", "HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\n", SUCCESS),
    ];
    for (method, raw, expected) in CASES {
        let handle = handle();
        let breaker = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end();
        let mut service = breaker.layer(answers(raw));
        let request = Request::builder().method(method).body(NoBody::new()).unwrap();
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        let empty = response.body().is_end_stream();
        assert_eq!(outcomes(&handle), if empty { SUCCESS } else { NOTHING_YET }, "{raw}");
        let collected = response.into_body().collect().await;
        assert_eq!(collected.is_err(), expected == FAILURE, "{raw}");
        assert_eq!(outcomes(&handle), expected, "{raw}");
        assert_eq!(last_failure(&handle), (expected == FAILURE).then_some(FailureKind::Body), "{raw}");
        let has_trailers = collected.is_ok_and(|collected| collected.trailers().is_some());
        assert_eq!(has_trailers, raw.contains("x-end"), "{raw}");
    }
}

/// Serves one connection with this body behind a breaker, and lets `client` have the other end.
async fn served(handle: &Handle, body: fn() -> Script, client: impl AsyncFnOnce(TcpStream)) {
    let origin =
        service_fn(move |_: Request<Incoming>| async move { Ok::<_, Infallible>(Response::new(body())) });
    let service = TowerToHyperService::new(layer(handle).layer(origin));
    let (near, far) = connection().await;
    let serve = server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service);
    let (_, ()) = tokio::join!(serve, client(near));
}

#[tokio::test]
async fn h9_what_a_server_sends_to_its_end_is_a_success() {
    type Case = (&'static str, fn() -> Script);
    let cases: [Case; 4] = [
        // Of a known length: the body is dropped after its last byte, without being asked for more.
        ("GET", || Script::new([chunk("bo"), Step::Pending, chunk("dy")]).announcing(4)),
        ("GET", || Script::new([chunk("bo"), Step::Pending, chunk("dy")])),
        // Not read at all.
        ("HEAD", || Script::new([chunk("body")]).announcing(4)),
        ("GET", Script::default),
    ];
    for (method, body) in cases {
        let handle = handle();
        served(&handle, body, async |mut stream: TcpStream| {
            let request = format!("{method} / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.unwrap();
        })
        .await;
        assert_eq!(outcomes(&handle), SUCCESS, "{method}");
    }
}

#[tokio::test]
async fn b2_a_client_that_goes_away_midway_cancels_the_call() {
    let handle = handle();
    served(
        &handle,
        || Script::new([chunk("bo"), Step::Hang]),
        async |mut stream: TcpStream| {
            stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
            read_head(&mut stream).await;
        },
    )
    .await;
    assert_eq!(outcomes(&handle), [0, 0, 0, 1]);
}

/// A gRPC call over HTTP/2 to a server that answers so.
async fn called(handle: &Handle, answer: fn() -> Response<Script>) -> Result<(), BoxError> {
    let origin = service_fn(move |_: Request<NoBody>| async move {
        let (near, far) = connection().await;
        let service = hyper::service::service_fn(move |_| async move { Ok::<_, Infallible>(answer()) });
        let server = server::conn::http2::Builder::new(TokioExecutor::new());
        tokio::spawn(server.serve_connection(TokioIo::new(far), service));
        let (mut sender, connection) =
            client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(near)).await?;
        tokio::spawn(connection);
        Ok::<_, BoxError>(sender.send_request(Request::new(NoBody::new())).await?)
    });
    let breaker = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Grpc).at_body_end();
    let mut service = breaker.layer(origin);
    let response = service.ready().await?.call(Request::new(NoBody::new())).await?;
    response.into_body().collect().await?;
    Ok(())
}

fn with_status(code: &'static str, mut steps: Vec<Step>) -> Response<Script> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(code));
    steps.push(Step::Trailers(trailers));
    Response::new(Script::new(steps))
}

#[tokio::test]
async fn h9_a_grpc_call_is_judged_by_the_trailers_on_the_wire() {
    type Case = (fn() -> Response<Script>, Outcomes);
    let cases: [Case; 7] = [
        (|| with_status("0", vec![chunk("message")]), SUCCESS),
        (|| with_status("5", vec![]), SUCCESS),
        (|| with_status("14", vec![chunk("message"), Step::Pending, chunk("message")]), FAILURE),
        // The last byte of a known length is not the end of it.
        (|| with_status("0", vec![chunk("message")]).map(|body| body.announcing(7)), SUCCESS),
        (|| Response::new(Script::new([chunk("message")])), FAILURE),
        (
            || Response::builder().header("grpc-status", "13").body(Script::default().telling()).unwrap(),
            FAILURE,
        ),
        (
            || Response::builder().header("grpc-status", "0").body(Script::default().telling()).unwrap(),
            SUCCESS,
        ),
    ];
    for (number, (answer, expected)) in cases.into_iter().enumerate() {
        let handle = handle();
        called(&handle, answer).await.unwrap();
        assert_eq!(outcomes(&handle), expected, "case {number}");
    }
}

#[tokio::test]
async fn h9_a_stream_that_is_reset_midway_is_a_failure() {
    let handle = handle();
    let reset =
        || Response::new(Script::new([chunk("m"), Step::Pending, Step::Broken(io::Error::other("cut"))]));
    assert!(called(&handle, reset).await.is_err());
    assert_eq!((outcomes(&handle), last_failure(&handle)), (FAILURE, Some(FailureKind::Body)));
}
