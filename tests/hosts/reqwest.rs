//! reqwest: a client as a service, and layers beneath its connections.

use axum::Router;
use axum::routing::{any, get};
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle, State};
use buttress::{BoxError, Classify as _, FailureKind, Outcome, Reason, Rejected, TimeoutLayer, classify};
use http::{StatusCode, header};
use reqwest::{Client, Method, Request, Url};
use std::env;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;
use support::breaker::{config, open, rejected};
use support::serve::{self, nobody};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

fn request(addr: SocketAddr, path: &str) -> Request {
    Request::new(Method::GET, Url::parse(&format!("http://{addr}{path}")).unwrap())
}

fn client() -> Client {
    serve::client().build().unwrap()
}

async fn server() -> SocketAddr {
    let busy = any(|| async { (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "7")]) });
    let slow = any(std::future::pending::<()>);
    serve::http(Router::new().route("/", get(|| async { "ok" })).route("/busy", busy).route("/slow", slow))
        .await
}

/// One stack over a client and over a reference to one.
async fn opens_at_responses<S>(service: S)
where
    S: Service<Request, Response = reqwest::Response, Error = reqwest::Error>,
{
    let addr = server().await;
    let handle = Handle::new("orders", config());
    let breaker = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http);
    let breaker = breaker.at_body_end_boxed();
    let mut stack = breaker.layer(TimeoutLayer::new(Duration::from_secs(5)).layer(service));
    let response = stack.ready().await.unwrap().call(request(addr, "/")).await.unwrap();
    assert_eq!(response.url().path(), "/");
    assert_eq!(handle.snapshot().totals.successes, 0, "the body is still to come");
    assert_eq!(response.text().await.unwrap(), "ok");
    assert_eq!(handle.snapshot().totals.successes, 1);
    for _ in 0..2 {
        let response = stack.ready().await.unwrap().call(request(addr, "/busy")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(handle.state(), State::Open);
    let error = stack.ready().await.unwrap().call(request(addr, "/")).await.unwrap_err();
    assert_eq!(rejected(&error).reason(), Reason::Open);
}

#[tokio::test]
async fn a_client_and_a_reference_to_one_are_services() {
    opens_at_responses(client()).await;
    opens_at_responses(&client()).await;
}

#[tokio::test]
async fn e5_the_hint_of_the_server_is_read() {
    let busy = client().execute(request(server().await, "/busy")).await.unwrap();
    let hint = classify::Http.retry_after(Ok::<_, &BoxError>(&busy));
    assert_eq!(hint, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn c15_errors_of_the_client_say_what_the_peer_did() {
    let judge = |error: reqwest::Error| {
        let typed = classify::Http.classify(Err::<&reqwest::Response, _>(&error));
        let boxed = classify::Http.classify(Err::<&reqwest::Response, _>(&BoxError::from(error)));
        assert_eq!(typed, boxed, "a box changes nothing");
        typed
    };
    let client = serve::client().timeout(Duration::from_millis(20)).build().unwrap();
    let late = client.execute(request(server().await, "/slow")).await.unwrap_err();
    assert_eq!(judge(late), Outcome::Failure(FailureKind::Timeout));
    let refused = client.execute(request(nobody(), "/")).await.unwrap_err();
    assert_eq!(judge(refused), Outcome::Failure(FailureKind::Connection));
    let wrong = client.get("no url").send().await.unwrap_err();
    assert_eq!(judge(wrong), Outcome::Ignored);
}

#[tokio::test]
async fn a_refusal_can_be_a_response_and_is_none_of_the_peers_failures() {
    let handle = Handle::new("outer", config());
    let outer = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http);
    let stack = outer.layer(CircuitBreakerLayer::from_handle(open()).respond().layer(client()));
    let response = stack.oneshot(request(nobody(), "/")).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(response.extensions().get::<Rejected>().unwrap().name(), "orders");
    let totals = handle.snapshot().totals;
    assert_eq!((totals.failures, totals.ignored), (0, 1));
}

#[tokio::test]
async fn requests_pass_by_that_say_so_in_what_they_have() {
    let breaker = CircuitBreakerLayer::from_handle(open());
    let mut stack =
        breaker.bypass_when(|request: &Request| request.url().path() == "/health").layer(client());
    let addr = server().await;
    let passed = stack.ready().await.unwrap().call(request(addr, "/health")).await.unwrap();
    assert_eq!(passed.status(), StatusCode::NOT_FOUND);
    stack.ready().await.unwrap().call(request(addr, "/")).await.unwrap_err();
}

#[tokio::test]
async fn layers_beneath_the_connections_are_found_through_the_errors_of_the_client() {
    let handle = Handle::new("connections", config());
    let layers = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(handle.clone()))
        .layer(TimeoutLayer::new(Duration::from_secs(5)));
    let client = serve::client().connector_layer(layers).build().unwrap();
    let addr = server().await;
    assert_eq!(client.execute(request(addr, "/")).await.unwrap().status(), StatusCode::OK);
    handle.force_open();
    // The pool may still have the first connection; to another address there is none.
    let error = client.execute(request(server().await, "/")).await.unwrap_err();
    assert_eq!(Rejected::find(&error).unwrap().name(), "connections");

    // A breaker above the client knows it for what it is.
    let above = Handle::new("above", config());
    let stack = CircuitBreakerLayer::from_handle(above.clone()).layer(client);
    stack.oneshot(request(server().await, "/")).await.unwrap_err();
    let totals = above.snapshot().totals;
    assert_eq!((totals.failures, totals.ignored), (0, 1));
}

/// The environment belongs to the whole process, so it takes another one to see this.
#[test]
fn a_proxy_that_the_environment_names_is_none_of_theirs() {
    let this = "reqwest::a_proxy_that_the_environment_names_is_none_of_theirs";
    let others = Command::new(env::current_exe().unwrap())
        .args(["reqwest::", "--skip", this])
        .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1")))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(others.status.success(), "{}", String::from_utf8_lossy(&others.stdout));
}
