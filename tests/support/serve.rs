//! Servers on a loopback port, for as long as the test's runtime lives, and a client that finds them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::net::{TcpListener, TcpSocket};
use tonic::codegen::BoxStream;
use tonic::{Code, Request, Response, Status, async_trait};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// A free port of the loopback address.
///
/// # Panics
/// If there is none.
pub async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let addr = listener.local_addr().expect("a bound socket has an address");
    (listener, addr)
}

/// An address where nobody listens, and nobody else will.
///
/// # Panics
/// If there is no free port.
#[must_use]
pub fn nobody() -> SocketAddr {
    let socket = TcpSocket::new_v4().expect("there are sockets");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("there is a free port");
    let addr = socket.local_addr().expect("a bound socket has an address");
    // Bound, so that no other test gets the port.
    tokio::spawn(async move {
        let _bound = socket;
        std::future::pending::<()>().await;
    });
    addr
}

/// Serves `router`.
pub async fn http(router: axum::Router) -> SocketAddr {
    let (listener, addr) = listen().await;
    tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    addr
}

/// A client that goes to the servers itself, also where the environment names a proxy for everything.
pub fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// The standard gRPC service for a server's health, with the answer that the test chooses.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    failing: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Desk {
    /// Answers so many calls with INTERNAL.
    pub fn fail(&self, times: usize) {
        self.failing.store(times, SeqCst);
    }

    /// How often it was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }
}

#[async_trait]
impl Health for Desk {
    type WatchStream = BoxStream<HealthCheckResponse>;

    /// Of the service `slow` it never knows anything.
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.calls.fetch_add(1, SeqCst);
        if request.get_ref().service == "slow" {
            std::future::pending::<()>().await;
        }
        if self.failing.fetch_update(SeqCst, SeqCst, |times| times.checked_sub(1)).is_ok() {
            return Err(Status::new(Code::Internal, "told to"));
        }
        Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }))
    }

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("nobody watches"))
    }
}
