//! A stack in the field of a struct, with its layers at work.

use buttress::stack;
use buttress::{AsStatus, Config, Stack, Stacked, retry};
use std::time::Duration;
use support::serve::{Desk, listen};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::HealthServer;
use tower::Layer;

/// What an application holds.
struct Holder {
    svc: Stacked<Channel, stack::Grpc>,
    named: HealthClient<Stacked<Channel, stack::Grpc<AsStatus>>>,
}

/// For requests that can be cloned, any service will do.
struct Plain<S: Clone> {
    svc: Stacked<S>,
}

#[tokio::test]
async fn a_stack_on_a_channel_in_the_field_of_a_struct() {
    let (listener, addr) = listen().await;
    let server = Server::builder().add_service(HealthServer::new(Desk::default()));
    tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
    let channel = Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy();
    let stack = Stack::grpc("health").operation("check").circuit_breaker(Config::default());
    let stack = stack.retry(retry::Config::default()).timeout(Duration::from_secs(10));
    let named = HealthClient::new(stack.clone().as_status().layer(channel.clone()));
    let mut holder = Holder { svc: stack.layer(channel), named };
    let health = HealthClient::new(holder.svc).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.get_ref().status(), ServingStatus::Serving);
    let health = holder.named.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.get_ref().status(), ServingStatus::Serving);
}

#[test]
fn a_plain_stack_in_the_field_of_a_struct() {
    let plain = Plain { svc: Stack::new("plain").layer(()) };
    assert!(format!("{:?}", plain.svc).starts_with("OperationService"));
}
