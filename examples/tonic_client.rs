//! A generated gRPC client behind a breaker and a timeout. While the server fails, calls end at once with UNAVAILABLE and the
//! time to come back; when it is back, so are the calls. A second client makes calls again that a server of several could not
//! do, as it is being replaced. The service is gRPC's own for health, so there is nothing to generate here.
//!
//! `cargo run -p buttress-examples --example tonic_client`

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, State};
use buttress::retry::{self, GiveUp, RetryLayer};
use buttress::{BoxError, Rejected, TimeoutLayer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::codegen::BoxStream;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Code, Request, Response, Status, async_trait};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::ServiceBuilder;

/// A server that can be told to fail.
#[derive(Clone, Default)]
struct Orders {
    down: Arc<AtomicBool>,
    /// How many calls it still cannot do.
    replaced: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Health for Orders {
    type WatchStream = BoxStream<HealthCheckResponse>;

    async fn check(&self, _: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        self.asked.fetch_add(1, SeqCst);
        if self.down.load(SeqCst) {
            return Err(Status::internal("the database is gone"));
        }
        if self.replaced.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(Status::unavailable("being replaced"));
        }
        Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }))
    }

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("nobody watches here"))
    }
}

async fn serve(orders: Orders) -> Result<SocketAddr, BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = Server::builder().add_service(HealthServer::new(orders));
    tokio::spawn(async move {
        let served = server.serve_with_incoming(TcpIncoming::from(listener)).await;
        served.unwrap_or_else(|error| eprintln!("server: {error}"));
    });
    Ok(addr)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let orders = Orders::default();
    let addr = serve(orders.clone()).await?;

    let config = Config::builder().consecutive_failures(3).open_for(Duration::from_millis(300)).build()?;
    // `grpc` waits for the trailers, where gRPC says how a call ended; `as_status` makes the errors those of the client.
    let breaker = CircuitBreakerLayer::grpc(config).as_status();
    let handle = breaker.handle().clone();
    let channel = Endpoint::from_shared(format!("http://{addr}"))?.connect_lazy();
    let stack = ServiceBuilder::new()
        .layer(breaker)
        .layer(TimeoutLayer::new(Duration::from_secs(5)).as_status())
        .service(channel);
    let mut client = HealthClient::new(stack);

    println!("-- the server is up");
    let answer = client.check(HealthCheckRequest::default()).await?;
    println!("{:?}", answer.get_ref().status());

    println!("-- the server fails");
    orders.down.store(true, SeqCst);
    let mut codes = Vec::new();
    let wait = loop {
        let Err(status) = client.check(HealthCheckRequest::default()).await else {
            return Err("a server that fails has answered".into());
        };
        println!("{:?}: {}", status.code(), status.message());
        codes.push(status.code());
        // What the breaker said itself, and not the server, is in the source of the status.
        if let Some(rejected) = Rejected::find(&status) {
            break rejected.retry_after().ok_or("an open breaker knows when it is due")?;
        }
    };
    assert_eq!(codes, [Code::Internal, Code::Internal, Code::Internal, Code::Unavailable]);
    assert_eq!((orders.asked.load(SeqCst), handle.state()), (4, State::Open));

    println!("-- the server is back, and {wait:.1?} later asked again");
    orders.down.store(false, SeqCst);
    tokio::time::sleep(wait).await;
    for _ in 0..3 {
        let answer = client.check(HealthCheckRequest::default()).await?;
        println!("{:?}", answer.get_ref().status());
    }
    assert_eq!(handle.state(), State::Closed);
    replacement(&orders, addr).await
}

/// The server answers UNAVAILABLE twice, and then well.
async fn replacement(orders: &Orders, addr: SocketAddr) -> Result<(), BoxError> {
    let config = retry::Config::builder().exponential(Duration::from_millis(20), 2.0).build()?;
    let patience = RetryLayer::grpc(config);
    let handle = patience.handle().clone();
    let client = |patience| -> Result<_, BoxError> {
        let channel = Endpoint::from_shared(format!("http://{addr}"))?.connect_lazy();
        let stack = ServiceBuilder::new()
            .layer(patience)
            .layer(TimeoutLayer::new(Duration::from_secs(5)).as_status())
            .service(channel);
        Ok(HealthClient::new(stack))
    };
    orders.asked.store(0, SeqCst);

    println!("-- an instance is being replaced");
    // Nobody has said that a call may be made twice, and the server may have done something before it answered.
    orders.replaced.store(2, SeqCst);
    let mut careful = client(patience.clone().as_status())?;
    let refused = careful.check(HealthCheckRequest::default()).await;
    assert_eq!(refused.map_err(|status| status.code()).err(), Some(Code::Unavailable));
    assert_eq!((orders.asked.load(SeqCst), handle.totals().gave_up(GiveUp::NotReplayable)), (1, 1));

    // This service does nothing before it says so. The message is a stream, and comes again with each attempt.
    orders.replaced.store(2, SeqCst);
    let mut patient = client(patience.on_codes([Code::Unavailable as i32]).as_status())?;
    let answer = patient.check(HealthCheckRequest::default()).await?;
    println!("{:?}, tried {} times again", answer.get_ref().status(), handle.totals().retries());
    assert_eq!((orders.asked.load(SeqCst), handle.totals().retries()), (4, 2));
    Ok(())
}
