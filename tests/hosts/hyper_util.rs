//! hyper-util's client, whose bodies nobody but hyper can make.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle};
use buttress::{Reason, Rejected, TimeoutLayer};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::time::Duration;
use support::breaker::{config, open, rejected};
use support::serve::{self, nobody};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

fn client() -> Client<HttpConnector, Empty<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

fn request(addr: SocketAddr) -> Request<Empty<Bytes>> {
    Request::get(format!("http://{addr}/")).body(Empty::new()).unwrap()
}

#[tokio::test]
async fn the_client_is_a_service_and_its_bodies_come_through() {
    let addr = serve::http(Router::new().route("/", get(|| async { "ok" }))).await;
    let handle = Handle::new("orders", config());
    let mut stack = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(handle.clone()))
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .service(client());
    let response = stack.ready().await.unwrap().call(request(addr)).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok");
    for _ in 0..2 {
        stack.ready().await.unwrap().call(request(nobody())).await.unwrap_err();
    }
    let error = stack.ready().await.unwrap().call(request(addr)).await.unwrap_err();
    assert_eq!(rejected(&error).reason(), Reason::Open);
    let totals = handle.snapshot().totals;
    assert_eq!((totals.successes, totals.failures, totals.rejected), (1, 2, 1));
}

#[tokio::test]
async fn a_refusal_is_a_response_where_the_body_is_one_that_can_be_made() {
    let breaker = CircuitBreakerLayer::from_handle(open());
    let boxed = breaker.clone().respond().layer(client().map_response(|response| response.map(Body::new)));
    let response = boxed.oneshot(request(nobody())).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);

    let says_why = |rejected: Rejected| Response::new(Either::Left(rejected.to_string()));
    let either = client().map_response(|response: Response<Incoming>| response.map(Either::Right));
    let response = breaker.respond_with(says_why).layer(either).oneshot(request(nobody())).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"circuit_breaker \"orders\": open"), "{body:?}");
}
