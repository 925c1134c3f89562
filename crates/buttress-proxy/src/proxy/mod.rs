//! The reverse proxy: strict towards clients, patient with origins only as long as that helps.

mod answer;
mod answer_body;
mod attempt;
mod blame;
mod exchange;
mod forward;
mod headers;
mod request_body;
mod target;
mod upstream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use buttress::circuit_breaker::{self, Handle};
use tokio::net::TcpListener;

use crate::{Failure, Origin, server};
use forward::Forward;
use upstream::Upstreams;

/// What a [`Proxy`] is made of.
#[derive(Debug, Clone)]
pub struct ProxyConfig {
    /// Where clients connect; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where requests go, in turns.
    pub origins: Vec<Origin>,
    /// How long an origin may take until its answer begins.
    pub attempt_timeout: Duration,
    /// How long an origin may pause within the body of its answer while the client would take more. One that
    /// pauses longer has failed, and the client's connection is cut. Event streams may be silent.
    pub body_timeout: Duration,
    /// The breaker in front of each origin.
    pub breaker: circuit_breaker::Config,
    /// How long requests under way may go on after the proxy was asked to stop.
    pub grace: Duration,
}

/// A reverse proxy that has its port and serves as soon as it is told to.
#[derive(Debug)]
pub struct Proxy {
    listener: TcpListener,
    local_addr: SocketAddr,
    upstreams: Arc<Upstreams>,
    grace: Duration,
}

/// How a proxy came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Stopped {
    /// Connections that were cut because the grace was over.
    pub aborted: usize,
}

impl Proxy {
    /// Takes the port.
    ///
    /// # Errors
    /// Without origins, and if the port cannot be had.
    pub async fn bind(config: ProxyConfig) -> Result<Self, Failure> {
        if config.origins.is_empty() {
            return Err(Failure::NoOrigins);
        }
        let listen = |source| Failure::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let local_addr = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, local_addr, upstreams: Arc::new(Upstreams::new(&config)), grace: config.grace })
    }

    /// Where clients connect.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The breakers, one per origin, in the order of the origins and named by their authority.
    #[must_use]
    pub fn breakers(&self) -> Vec<Handle> {
        self.upstreams.breakers()
    }

    /// Serves until `shutdown`; then takes no more connections, finishes the requests under way for as
    /// long as the grace lasts, and cuts the rest. Dropping the future cuts everything at once.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Stopped {
        let forward = Forward(self.upstreams);
        let aborted = server::serve(self.listener, forward, usize::MAX, self.grace, shutdown).await;
        Stopped { aborted }
    }
}
