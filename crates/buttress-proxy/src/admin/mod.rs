//! The operator's port: what the proxy looks like from within. It answers to loopback alone.
//!
//! It stands on a listener of its own, so no request of a client can reach it, whatever path or host it names.

mod answers;
mod command;
mod failures;
mod host;
mod peers;
mod query;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use buttress::metrics::Exporter;
use buttress::registry::Registry;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tower::Service;

use crate::Failure;
use crate::proxy::Memory;
use crate::server::{self, Answer, Client};
pub(crate) use command::COMMAND;

/// More connections than an operator, a scraper and a few probes have, and few enough to leave descriptors
/// to the clients.
const MOST_CONNECTIONS: usize = 64;

/// How long answers under way may go on when all else is over; they are small.
const GRACE: Duration = Duration::from_millis(100);

/// The port and what is shown there.
#[derive(Debug)]
pub(crate) struct Admin {
    listener: TcpListener,
    local_addr: SocketAddr,
    view: Arc<View>,
}

/// What there is to see.
#[derive(Debug)]
struct View {
    registry: Registry,
    memory: Arc<Memory>,
    exporter: Exporter,
    stopping: AtomicBool,
}

/// Tells the operator's port that the proxy was asked to stop.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(Arc<View>);

impl Admin {
    /// Takes the port.
    ///
    /// # Errors
    /// If the address is not a loopback one, and if it cannot be had.
    pub(crate) async fn bind(
        address: SocketAddr,
        registry: Registry,
        memory: Arc<Memory>,
    ) -> Result<Self, Failure> {
        if !address.ip().to_canonical().is_loopback() {
            return Err(Failure::AdminBeyondLoopback { address });
        }
        let listen = |source| Failure::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let local_addr = listener.local_addr().map_err(listen)?;
        let exporter = Exporter::new(registry.clone());
        let view = Arc::new(View { registry, memory, exporter, stopping: AtomicBool::new(false) });
        Ok(Self { listener, local_addr, view })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    pub(crate) fn stopping(&self) -> Stopping {
        Stopping(Arc::clone(&self.view))
    }

    /// Serves until `over`.
    pub(crate) async fn serve(self, over: impl Future<Output = ()>) {
        let pages = Pages(router(self.view));
        server::serve(self.listener, pages, MOST_CONNECTIONS, GRACE, over).await;
    }
}

impl Stopping {
    /// From now on the proxy is not ready.
    pub(crate) fn tell(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }
}

/// The pages, by the interface of a port.
#[derive(Debug, Clone)]
struct Pages(Router);

impl Answer for Pages {
    type Body = Body;

    async fn answer(&self, _: Arc<Client>, request: Request<Incoming>) -> Response<Body> {
        let Ok::<_, Infallible>(answer) = self.0.clone().call(request).await;
        answer
    }
}

fn router(view: Arc<View>) -> Router {
    Router::new()
        .route("/budget", get(failures::budget))
        .route("/failures", get(failures::failures))
        .route("/failures/{id}", get(failures::failure))
        .route("/health/reset", post(command::reset))
        .route("/healthz", get(answers::healthz))
        .route("/metrics", get(answers::metrics))
        .route("/peers", get(peers::peers))
        .route("/readyz", get(answers::readyz))
        .route("/status", get(answers::status))
        .fallback(answers::no_such_path)
        .with_state(view)
        .layer(from_fn(host::loopback_alone))
}
