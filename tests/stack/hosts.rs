//! A stack in the field of a struct, with its layers at work.

use buttress::stack;
use buttress::{AsStatus, Config, Stack, Stacked, retry};
use std::io::ErrorKind;
use std::time::Duration;
use support::serve::{Desk, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
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

#[tokio::test]
async fn s4_05_whatever_is_done_over_the_network() {
    let (listener, addr) = listen().await;
    tokio::spawn(async move {
        // The first one is cut.
        drop(listener.accept().await.unwrap());
        let (mut second, _) = listener.accept().await.unwrap();
        second.write_all(b"220 ready").await.unwrap();
    });
    let greeting = async || {
        let mut text = String::new();
        TcpStream::connect(addr).await?.read_to_string(&mut text).await?;
        if text.is_empty() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok::<_, std::io::Error>(text) }
    };
    let retry = retry::Config::builder().attempts(3).fixed(Duration::from_millis(1)).build().unwrap();
    let stack = Stack::new("mail").circuit_breaker(Config::default()).retry(retry);
    let stack = stack.timeout(Duration::from_secs(10)).deadline(Duration::from_secs(60));
    assert_eq!(stack.run(greeting).await.unwrap(), "220 ready");
}

#[test]
fn a_plain_stack_in_the_field_of_a_struct() {
    let plain = Plain { svc: Stack::new("plain").layer(()) };
    assert!(format!("{:?}", plain.svc).contains("OperationService"));
}
