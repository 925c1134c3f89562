//! axum: one breaker over routes, nested routers and connections.

use axum::Router;
use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle, State};
use buttress::{BoxError, Rejected, TimeoutLayer, classify};
use http::{Request, StatusCode, header};
use std::net::SocketAddr;
use std::time::Duration;
use support::breaker::{config, open};
use support::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::{ServiceBuilder, ServiceExt};

async fn get_from(router: &Router, path: &str) -> Response {
    router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

/// The same breaker in each of the places where axum takes a layer, and one route without.
fn router(handle: &Handle) -> Router {
    let breaker = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).respond();
    let ok = || get(|| async { "ok" });
    let nested = Router::new()
        .route("/layer", ok())
        .layer(breaker.clone())
        .nest("/deeper", Router::new().route("/route", ok()).route_layer(breaker.clone()));
    Router::new()
        .route("/layer", ok())
        .layer(breaker.clone())
        .route("/method", ok().layer(breaker))
        .nest("/nested", nested)
        .route("/free", ok())
}

const GUARDED: [&str; 4] = ["/layer", "/method", "/nested/layer", "/nested/deeper/route"];

#[tokio::test]
async fn one_layer_on_routes_methods_and_nested_routers_is_one_breaker() {
    let handle = Handle::new("orders", config());
    let router = router(&handle);
    for path in GUARDED {
        assert_eq!(get_from(&router, path).await.status(), StatusCode::OK, "{path}");
    }
    assert_eq!(get_from(&router, "/free").await.status(), StatusCode::OK);
    assert_eq!(handle.snapshot().totals.successes, 4);

    handle.force_open();
    for path in GUARDED {
        let response = get_from(&router, path).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(response.extensions().get::<Rejected>().unwrap().name(), "orders");
    }
    assert_eq!(get_from(&router, "/free").await.status(), StatusCode::OK);
    assert_eq!(handle.snapshot().totals.rejected, 4);
}

/// A connection that stays open, and the status line of the answer to one request on it.
async fn ask(addr: SocketAddr, path: &str) -> (TcpStream, String) {
    let mut connection = TcpStream::connect(addr).await.unwrap();
    connection.write_all(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n").as_bytes()).await.unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(connection.read_u8().await.unwrap());
    }
    (connection, String::from_utf8(line).unwrap())
}

#[tokio::test]
async fn two_hundred_connections_have_one_breaker() {
    let handle = Handle::new("orders", config());
    let addr = serve::http(router(&handle)).await;
    let mut connections = Vec::new();
    for round in 0..200 {
        if round == 100 {
            handle.force_open();
        }
        let (connection, status) = ask(addr, GUARDED[round % GUARDED.len()]).await;
        let expected = if round < 100 { "HTTP/1.1 200 " } else { "HTTP/1.1 503 " };
        assert!(status.starts_with(expected), "{status}");
        connections.push(connection);
    }
    let totals = handle.snapshot().totals;
    assert_eq!((totals.successes, totals.rejected), (100, 100));
}

#[tokio::test]
async fn what_fails_in_one_route_closes_the_way_to_all() {
    let handle = Handle::new("orders", config());
    let fails = any(|| async { StatusCode::BAD_GATEWAY });
    let breaker = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).respond();
    let router = Router::new().route("/fails", fails).route("/works", get(|| async {})).layer(breaker);
    for _ in 0..2 {
        assert_eq!(get_from(&router, "/fails").await.status(), StatusCode::BAD_GATEWAY);
    }
    assert_eq!(handle.state(), State::Open);
    let refused = get_from(&router, "/works").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
}

/// What `HandleErrorLayer` makes of the errors of the layers beneath it.
async fn answer(error: BoxError) -> Response {
    match Rejected::find(&*error) {
        Some(rejected) => rejected.into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[tokio::test]
async fn boxed_refusals_go_through_a_handle_error_layer() {
    let stack = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(answer))
        .layer(CircuitBreakerLayer::from_handle(open()))
        .layer(TimeoutLayer::new(Duration::from_secs(1)));
    let router = Router::new().route("/", get(|| async {})).layer(stack);
    let response = get_from(&router, "/").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
}

/// A handler that asks a breaker itself, without a layer.
#[tokio::test]
async fn a_handler_returns_a_rejection_as_its_answer() {
    let handle = open();
    let handler = move || {
        let permit = handle.acquire();
        async move { permit.map(|_| "admitted") }
    };
    let router = Router::new().route("/", get(handler));
    assert_eq!(get_from(&router, "/").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}
