//! Ten stacks as people build them: none needs a turbofish, and each answers a call.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use buttress::circuit_breaker::{CircuitBreakerService, Handle};
use buttress::timeout::TimeoutService;
use buttress::{
    AsStatus, AtEnd, BoxError, Carry, CircuitBreakerLayer, Config, Rejected, ServiceBuilderExt as _,
    TimeoutLayer, classify,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::time::Duration;
use support::serve::{self, Desk, client, listen};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::HealthServer;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

const LIMIT: Duration = Duration::from_secs(10);

async fn http_server() -> SocketAddr {
    serve::http(Router::new().route("/", get(|| async { "ok" }))).await
}

async fn grpc_server() -> SocketAddr {
    let (listener, addr) = listen().await;
    let server = Server::builder().add_service(HealthServer::new(Desk::default()));
    tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
    addr
}

fn channel(addr: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy()
}

async fn status(router: Router, path: &str) -> StatusCode {
    router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap().status()
}

#[tokio::test]
async fn an_axum_router() {
    let protection = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::http(Config::default()).at_body_end().respond())
        .layer(TimeoutLayer::new(LIMIT).respond());
    let router = Router::new().route("/", get(|| async { "ok" })).layer(protection);
    assert_eq!(status(router, "/").await, StatusCode::OK);
}

#[tokio::test]
async fn an_axum_router_within_a_router() {
    let breaker = CircuitBreakerLayer::http(Config::default()).bypass().respond();
    let orders = Router::new().route("/{id}", get(|| async {})).route_layer(breaker.clone());
    let limit = TimeoutLayer::new(LIMIT).respond();
    let router =
        Router::new().nest("/orders", orders).route("/", get(|| async {}).layer(breaker)).layer(limit);
    assert_eq!(status(router.clone(), "/orders/7").await, StatusCode::OK);
    assert_eq!(status(router, "/").await, StatusCode::OK);
}

#[tokio::test]
async fn a_tonic_channel() {
    let stack = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::grpc(Config::default()).as_status())
        .layer(TimeoutLayer::new(LIMIT))
        .service(channel(grpc_server().await));
    let health = HealthClient::new(stack).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.get_ref().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_tonic_server() {
    let (listener, addr) = listen().await;
    let server = Server::builder()
        .layer(CircuitBreakerLayer::grpc(Config::default()).respond_grpc())
        .layer(TimeoutLayer::new(LIMIT).respond_grpc())
        .add_service(HealthServer::new(Desk::default()));
    tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
    let health = HealthClient::new(channel(addr)).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.get_ref().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_reqwest_client_as_a_service() {
    let mut stack = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::http(Config::default()).at_body_end_boxed())
        .time_limit(LIMIT)
        .service(client().build().unwrap());
    let request = reqwest::Request::new(
        reqwest::Method::GET,
        format!("http://{}/", http_server().await).parse().unwrap(),
    );
    let response = stack.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(response.text().await.unwrap(), "ok");
}

#[tokio::test]
async fn a_reqwest_client_with_layers_beneath_its_connections() {
    let client = client()
        .connector_layer(TimeoutLayer::new(LIMIT))
        .connector_layer(CircuitBreakerLayer::new(Config::default()))
        .build()
        .unwrap();
    let response = client.get(format!("http://{}/", http_server().await)).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "ok");
}

#[tokio::test]
async fn a_hyper_util_client() {
    let mut stack = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::http(Config::default()).at_body_end())
        .layer(TimeoutLayer::new(LIMIT))
        .service(Client::builder(TokioExecutor::new()).build_http());
    let request =
        Request::get(format!("http://{}/", http_server().await)).body(Empty::<Bytes>::new()).unwrap();
    let response = stack.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok");
}

#[tokio::test]
async fn tower_s_buffer_and_load_shed_around() {
    let stack = ServiceBuilder::new()
        .buffer(16)
        .load_shed()
        .circuit_breaker(Handle::new("numbers", Config::default()))
        .time_limit(LIMIT)
        .concurrency_limit(2)
        .service(service_fn(|number: u32| async move { Ok::<_, BoxError>(number + 1) }));
    assert_eq!(stack.oneshot(1).await.unwrap(), 2);
}

#[derive(Debug, PartialEq)]
enum OrderError {
    SoldOut,
    Rejected(Rejected),
}

impl Carry for OrderError {
    fn carry(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }

    fn rejected(&self) -> Option<Rejected> {
        match self {
            Self::Rejected(rejected) => Some(*rejected),
            Self::SoldOut => None,
        }
    }
}

#[tokio::test]
async fn a_function_with_an_error_of_its_own() {
    let handle = Handle::new("orders", Config::default());
    let mut stack = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(handle.clone()).typed())
        .layer(TimeoutLayer::new(LIMIT).typed())
        .service(service_fn(|_: ()| async { Err::<(), _>(OrderError::SoldOut) }));
    assert_eq!(stack.ready().await.unwrap().call(()).await, Err(OrderError::SoldOut));
    handle.force_open();
    let refused = stack.ready().await.unwrap().call(()).await;
    assert!(matches!(refused, Err(OrderError::Rejected(rejected)) if rejected.name() == "orders"));
}

/// What an application holds: a box, or the very type.
struct Peers {
    prices: BoxCloneSyncService<Request<Empty<Bytes>>, Response<Incoming>, BoxError>,
    health: HealthClient<Guarded<Channel>>,
}

type Guarded<S> = CircuitBreakerService<TimeoutService<S, AsStatus>, Handle, AsStatus, AtEnd<classify::Grpc>>;

#[tokio::test]
async fn stacks_in_the_fields_of_a_struct() {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let limited = TimeoutLayer::new(LIMIT).layer(client);
    let health = TimeoutLayer::new(LIMIT).as_status().layer(channel(grpc_server().await));
    let mut peers = Peers {
        prices: BoxCloneSyncService::new(CircuitBreakerLayer::http(Config::default()).layer(limited)),
        health: HealthClient::new(CircuitBreakerLayer::grpc(Config::default()).as_status().layer(health)),
    };
    let request = Request::get(format!("http://{}/", http_server().await)).body(Empty::new()).unwrap();
    let price = peers.prices.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(price.status(), StatusCode::OK);
    let health = peers.health.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.get_ref().status(), ServingStatus::Serving);
}
