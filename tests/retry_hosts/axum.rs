//! axum: a retry inside a router, around a handler that fails.

use crate::faults::Frames;
use crate::settings::config;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use buttress::retry::{Attempt, RetryLayer};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use support::serve;

/// Fails twice, the first time before it has read the body.
async fn handler(State(calls): State<Arc<AtomicUsize>>, request: Request<axum::body::Body>) -> Response {
    let number = calls.fetch_add(1, SeqCst);
    assert_eq!(Attempt::of(&request).map(|attempt| attempt.number().get() as usize), Some(number + 1));
    if number == 0 {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let body: Bytes = request.into_body().collect().await.unwrap().to_bytes();
    if number == 1 { StatusCode::BAD_GATEWAY.into_response() } else { body.into_response() }
}

#[tokio::test]
async fn e7_a_handler_gets_the_whole_body_in_every_attempt() {
    let calls = Arc::new(AtomicUsize::new(0));
    let router = Router::new()
        .route("/", any(handler))
        .layer(RetryLayer::http(config(3)).respond())
        .with_state(calls.clone());
    let addr = serve::http(router).await;
    let content: Vec<u8> = (0..30_000_u32).map(|at| (at % 247) as u8).collect();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let body = Frames::new(&content, None);
    let response = client.request(Request::put(format!("http://{addr}/")).body(body).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.into_body().collect().await.unwrap().to_bytes() == content);
    assert_eq!(calls.load(SeqCst), 3);

    // An attempt of somebody else's is passed on as it is.
    calls.store(0, SeqCst);
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = Request::put(format!("http://{addr}/")).header(Attempt::HEADER, "1");
    let response = client.request(request.body(Full::default()).unwrap()).await.unwrap();
    assert_eq!((response.status(), calls.load(SeqCst)), (StatusCode::SERVICE_UNAVAILABLE, 1));
}
