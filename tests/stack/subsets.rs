//! Every subset of the parts is one type and gives the same answer, on every host.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use buttress::stack::Tries;
use buttress::{BoxError, Config, FallbackLayer, Stack, bulkhead, error_budget, fallback, rate_limit, retry};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;
use support::serve::{self, Desk, listen};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::HealthServer;
use tower::{Layer, ServiceExt, service_fn};

const PARTS: u32 = 10;

/// All parts on or off by the bits of `subset`; the seventh is the fallback's.
fn with<R, J, Y, W, K, I, F, B, Q>(
    stack: Stack<R, J, Tries<Y, W, K>, I, F, B, Q>,
    subset: u32,
) -> Stack<R, J, Tries<Y, W, K>, I, F, B, Q> {
    let on = |part: u32| subset & (1 << part) != 0;
    let limit = Duration::from_secs(10);
    stack
        .error_budget(on(9).then(error_budget::Config::default))
        .operation(on(0).then_some("ask"))
        .circuit_breaker_outside(on(1).then(Config::default))
        .deadline(on(2).then_some(limit))
        .retry(on(3).then(retry::Config::default))
        .circuit_breaker(on(4).then(Config::default))
        .timeout(on(5).then_some(limit))
        .rate_limit(on(7).then(rate_limit::Config::default))
        .bulkhead(on(8).then(bulkhead::Config::default))
}

fn fallback_of(subset: u32) -> Option<fallback::Handle> {
    (subset & (1 << 6) != 0).then(|| fallback::Handle::new("subsets"))
}

#[tokio::test]
async fn s1_51_every_subset_of_a_plain_stack() {
    let mut types = std::collections::HashSet::new();
    for subset in 0..1 << PARTS {
        let answers = FallbackLayer::value(0_u32).with_handle(fallback_of(subset));
        let stack = with(Stack::new("plain"), subset).fallback(answers);
        assert_eq!(stack.explain().lines().count() as u32, 1 + subset.count_ones().max(1));
        let service = stack.layer(service_fn(|number: u32| async move { Ok::<_, BoxError>(number + 1) }));
        types.insert(std::any::type_name_of_val(&service));
        assert_eq!(service.oneshot(1).await.unwrap(), 2, "{}", stack.explain());
    }
    assert_eq!(types.len(), 1);
}

#[tokio::test]
async fn every_subset_on_axum() {
    for subset in 0..1 << PARTS {
        let answers = FallbackLayer::function(|_| async { Ok::<_, BoxError>(Response::<Body>::default()) });
        let stack =
            with(Stack::http("pages"), subset).fallback(answers.http().with_handle(fallback_of(subset)));
        let router = Router::new().route("/", get(|| async { "ok" })).layer(stack.respond());
        let answer = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
    }
}

#[tokio::test]
async fn every_subset_on_hyper_util() {
    let addr = serve::http(Router::new().route("/", get(|| async { "ok" }))).await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    for subset in 0..1 << PARTS {
        let stack = with(Stack::http("pages"), subset).at_body_end();
        let service = stack.layer(client.clone());
        let request = Request::get(format!("http://{addr}/")).body(Full::<Bytes>::default()).unwrap();
        let answer = service.oneshot(request).await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
    }
}

#[tokio::test]
async fn every_subset_on_reqwest() {
    let addr = serve::http(Router::new().route("/", get(|| async { "ok" }))).await;
    let client = serve::client().build().unwrap();
    for subset in 0..1 << PARTS {
        let stack = with(Stack::http("pages"), subset);
        let request = reqwest::Request::new(reqwest::Method::GET, format!("http://{addr}/").parse().unwrap());
        let answer = stack.at_body_end_boxed().layer(client.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "ok");
    }
}

#[tokio::test]
async fn every_subset_on_tonic() {
    let (listener, addr) = listen().await;
    let server = Server::builder().add_service(HealthServer::new(Desk::default()));
    tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
    let channel = Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy();
    for subset in 0..1 << PARTS {
        let answers = FallbackLayer::function(|_| async { Ok::<_, BoxError>(Response::default()) });
        let stack =
            with(Stack::grpc("health"), subset).fallback(answers.http().with_handle(fallback_of(subset)));
        let service = stack.as_status().layer(channel.clone());
        let health = HealthClient::new(service).check(HealthCheckRequest::default()).await.unwrap();
        assert_eq!(health.get_ref().status(), ServingStatus::Serving);
    }
}
