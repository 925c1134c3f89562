//! A stack on every host, with each of its parts on and off: the same type, the same answer.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use buttress::{Config, Stack, Stacked, stack};
use http::{Request, StatusCode};
use std::time::Duration;
use support::serve::{Desk, listen};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::HealthServer;
use tower::{Layer, ServiceExt};

const LIMIT: Duration = Duration::from_secs(10);

/// What an application holds.
struct Holder {
    svc: Stacked<Channel, stack::Grpc>,
}

#[tokio::test]
async fn a_stack_on_a_channel_in_the_field_of_a_struct() {
    let (listener, addr) = listen().await;
    let server = Server::builder().add_service(HealthServer::new(Desk::default()));
    tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
    let channel = Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy();
    let stack = Stack::grpc("health").operation("check").circuit_breaker(Config::default()).timeout(LIMIT);
    let holder = Holder { svc: stack.layer(channel) };
    let health = HealthClient::new(holder.svc).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.get_ref().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_stack_on_a_router() {
    let stack = Stack::http("pages").operation("page").circuit_breaker(Config::default()).timeout(LIMIT);
    let router = Router::new().route("/", get(|| async { "ok" })).layer(stack.at_body_end().respond());
    let answer = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}
