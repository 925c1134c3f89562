//! A gRPC server that protects itself: a breaker and a timeout before its handlers. Clients, which need to know nothing of
//! buttress, get DEADLINE_EXCEEDED for what takes too long, and then UNAVAILABLE with the time to come back.
//!
//! `cargo run -p buttress-examples --example tonic_server`

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, State};
use buttress::{BoxError, TimeoutLayer};
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::codegen::BoxStream;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Code, Request, Response, Status, async_trait};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// The handlers, which wait for a database that never answers.
struct Stuck;

#[async_trait]
impl Health for Stuck {
    type WatchStream = BoxStream<HealthCheckResponse>;

    async fn check(&self, _: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        std::future::pending().await
    }

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        std::future::pending().await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let config = Config::builder().consecutive_failures(2).open_for(Duration::from_secs(20)).build()?;
    // On a server a refusal is a response: an error there would cut the stream off, and the client would see INTERNAL.
    let breaker = CircuitBreakerLayer::grpc(config).respond_grpc();
    let handle = breaker.handle().clone();
    let server = Server::builder()
        .layer(breaker)
        .layer(TimeoutLayer::new(Duration::from_millis(50)).respond_grpc())
        .add_service(HealthServer::new(Stuck));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        let served = server.serve_with_incoming(TcpIncoming::from(listener)).await;
        served.unwrap_or_else(|error| eprintln!("server: {error}"));
    });

    let mut client = HealthClient::new(Endpoint::from_shared(format!("http://{addr}"))?.connect_lazy());
    let mut codes = Vec::new();
    for _ in 0..4 {
        let Err(status) = client.check(HealthCheckRequest::default()).await else {
            return Err("a server that is stuck has answered".into());
        };
        // gRPC's own way to say when to come back; clients that retry by themselves follow it.
        let pushback =
            status.metadata().get("grpc-retry-pushback-ms").map(|value| value.to_str()).transpose()?;
        println!("{:?}: {} (pushback: {pushback:?} ms)", status.code(), status.message());
        assert_eq!(pushback.is_some(), status.code() == Code::Unavailable);
        codes.push(status.code());
    }
    assert_eq!(codes, [Code::DeadlineExceeded, Code::DeadlineExceeded, Code::Unavailable, Code::Unavailable]);
    assert_eq!(handle.state(), State::Open);
    Ok(())
}
