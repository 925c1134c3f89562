//! The clients: requests that become due at a constant rate, whatever became of the earlier ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use buttress_core::clock::{self, Tick};
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::measure::Plan;
use crate::origin::{PAGE, Stage};

/// How long a client waits for the whole answer; what comes later is not good.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a POST carries.
const ORDER: &[u8] = &[b'+'; 128];

/// How one request ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Its number, from which follows when it was due.
    pub index: u64,
    /// How much later than due it started: the clients' own lag.
    pub lag: Duration,
    /// From the instant it was due, so that a late start counts as latency too.
    pub took: Duration,
    /// 200 with the whole page within the client's patience.
    pub good: bool,
}

/// Sends all requests of a plan to `target` and returns how each ended. `told` hears of every end.
pub async fn run(
    plan: Plan,
    fault: Fault,
    target: SocketAddr,
    stage: Arc<Stage>,
    mut told: impl FnMut(&Ended),
) -> Vec<Ended> {
    let clients = Clients::new(target, fault);
    // The first connection is not the first request's business.
    let start = clock::precise() + Duration::from_millis(50);
    let mut due = arrivals(plan, start, stage);
    let (mut under_way, mut ended) = (JoinSet::new(), Vec::new());
    loop {
        tokio::select! {
            biased;
            Some(index) = due.recv() => {
                under_way.spawn(clients.clone().send(index, start + plan.due(index)));
            }
            Some(end) = under_way.join_next() => {
                let end = end.expect("a client does not panic");
                told(&end);
                ended.push(end);
            }
            else => return ended,
        }
    }
}

/// The numbers of the requests, each at the instant it is due. They come from a thread of their own, as the timers of the
/// runtime have only milliseconds; the parts of the run begin there too, so that they begin between two requests.
fn arrivals(plan: Plan, start: Tick, stage: Arc<Stage>) -> UnboundedReceiver<u64> {
    let (sender, receiver) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for index in 0..plan.total() {
            wait_until(start + plan.due(index));
            stage.begin(plan.part(index));
            if sender.send(index).is_err() {
                return;
            }
        }
    });
    receiver
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own, which has nothing else to do")]
fn wait_until(due: Tick) {
    loop {
        let left = due.since(clock::precise());
        if left.is_zero() {
            return;
        }
        thread::sleep(left);
    }
}

/// All of them share the connections.
#[derive(Clone, Debug)]
struct Clients {
    client: Client<HttpConnector, Full<Bytes>>,
    target: SocketAddr,
    fault: Fault,
}

impl Clients {
    fn new(target: SocketAddr, fault: Fault) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        // Whoever sends a request again is the program under test, and nobody else.
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .retry_canceled_requests(false)
            .build(connector);
        Self { client, target, fault }
    }

    async fn send(self, index: u64, due: Tick) -> Ended {
        let lag = clock::precise().since(due);
        let good = timeout(PATIENCE.saturating_sub(lag), self.fetch(index)).await.unwrap_or(false);
        let took = clock::precise().since(due);
        Ended { index, lag, took, good: good && took <= PATIENCE }
    }

    async fn fetch(&self, index: u64) -> bool {
        let method = self.fault.method.method();
        let body = if method == http::Method::POST { ORDER } else { &[] };
        let uri =
            Uri::try_from(format!("http://{}/{index}", self.target)).expect("an address is an authority");
        let mut request = Request::new(Full::new(Bytes::from_static(body)));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let Ok(response) = self.client.request(request).await else { return false };
        let status = response.status();
        let whole = response.into_body().collect().await.is_ok_and(|body| body.to_bytes() == PAGE[..]);
        status == StatusCode::OK && whole
    }
}
