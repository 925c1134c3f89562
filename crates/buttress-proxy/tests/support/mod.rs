//! What every test of the proxy needs: an origin and a client written on bare sockets, so that neither
//! repairs what the proxy got wrong, and the proxy between them.
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

mod client;
mod load;
mod memory;
mod origin;
mod process;
mod program;
mod prometheus;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use buttress::bulkhead;
use buttress::circuit_breaker::{Handle, Totals, presets};
use buttress::health::Monitor;
use buttress::key::TrustedProxies;
use buttress::registry::Registry;
use buttress::retry::{self, budget};
use buttress_proxy::{Limits, Proxy, ProxyConfig};
use buttress_reputation::Ledger;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use client::{Answer, Client};
pub(crate) use load::{Share, open_loop};
pub(crate) use memory::promise;
pub(crate) use origin::{Mode, Origin, PIECE};
pub(crate) use process::Process;
pub(crate) use program::Program;
pub(crate) use prometheus::Prometheus;

/// Far longer than anything here takes, and short enough to fail before a test runner loses patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for `future`, which has to end soon.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it took too long")
}

/// Runs blocking work without holding up the origins.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    soon(tokio::task::spawn_blocking(work)).await.unwrap()
}

/// The settings of a proxy in front of `origins`.
pub(crate) fn config(origins: &[SocketAddr]) -> ProxyConfig {
    ProxyConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        admin: Some(([127, 0, 0, 1], 0).into()),
        origins: origins.iter().map(|origin| format!("http://{origin}").parse().unwrap()).collect(),
        trusted: TrustedProxies::nobody(),
        retries: 2,
        timeout: PATIENCE,
        attempt_timeout: PATIENCE,
        body_timeout: PATIENCE,
        client_pause: PATIENCE,
        limits: Limits::default(),
        checks: None,
        breaker: presets::proxy(),
        state: None,
        objective: None,
        failure_log: None,
        grace: PATIENCE,
    }
}

/// A proxy in this process; dropped, it ends.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) breakers: Vec<Handle>,
    pub(crate) bulkheads: Vec<bulkhead::Handle>,
    pub(crate) registry: Registry,
    pub(crate) retries: Option<retry::Handle>,
    pub(crate) checks: Option<Monitor>,
    pub(crate) peers: Ledger,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<buttress_proxy::Stopped>,
}

impl Running {
    /// A proxy in front of `origins`, with changes to its settings.
    pub(crate) async fn with(origins: &[SocketAddr], change: impl FnOnce(&mut ProxyConfig)) -> Self {
        let mut config = config(origins);
        change(&mut config);
        let proxy = Proxy::bind(config).await.unwrap();
        let (address, breakers, bulkheads) = (proxy.local_addr(), proxy.breakers(), proxy.bulkheads());
        let (admin, registry) = (proxy.admin_addr().unwrap(), proxy.registry().clone());
        let (retries, checks) = (proxy.retries().cloned(), proxy.checks().cloned());
        let peers = proxy.peers().clone();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(proxy.serve(async {
            let _ = stopped.await;
        }));
        let stop = Some(stop);
        Self { address, admin, breakers, bulkheads, registry, retries, checks, peers, stop, serving }
    }

    /// A proxy in front of `origins`.
    pub(crate) async fn before(origins: &[SocketAddr]) -> Self {
        Self::with(origins, |_| {}).await
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Sends one request on its own connection.
    pub(crate) async fn ask(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    /// Waits until the breaker of the first origin has judged so many calls.
    pub(crate) async fn until_judged(&self, calls: u64) -> Totals {
        soon(async {
            loop {
                let totals = self.breakers[0].snapshot().totals;
                let Totals { successes, failures, throttled, ignored, cancelled, .. } = totals;
                if successes + failures + throttled + ignored + cancelled >= calls {
                    return totals;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// How the budget for its retries stands.
    pub(crate) fn budget(&self) -> budget::Snapshot {
        self.retries.as_ref().unwrap().budget().unwrap().snapshot()
    }

    /// Asks for one page of the admin port.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        let mut client = Client::connect(self.admin).await;
        client.send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.admin)).await;
        client.answer().await
    }

    /// How a member of its registry stands, by the page that says so.
    pub(crate) async fn status(&self, kind: &str, name: &str) -> serde_json::Value {
        let page: serde_json::Value = serde_json::from_slice(&self.page("/status").await.body).unwrap();
        page[kind][name].clone()
    }

    /// Asks the proxy to stop.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits for its end.
    pub(crate) async fn stopped(&mut self) -> buttress_proxy::Stopped {
        soon(&mut self.serving).await.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An address that refuses connections, as long as the test's runtime lives.
pub(crate) fn nobody() -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    // Bound, so that no other test gets the port.
    tokio::spawn(async move {
        let _bound = socket;
        std::future::pending::<()>().await;
    });
    address
}

/// An address for a program that binds it by itself. Somebody else may be quicker.
pub(crate) async fn vacant() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}
