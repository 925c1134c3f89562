//! The clients: requests that arrive at a constant rate, whatever became of the earlier ones.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout_at};

use super::origins::BODY;

/// Requests that arrive in a second.
pub(super) const RATE: u64 = 300;

/// How long a client waits for the whole answer; what comes later is not good.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// How one request ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// The second in which the request arrived.
    pub(super) second: u64,
    /// 200 with the whole body within [`PATIENCE`].
    pub(super) good: bool,
    /// From the instant the request was due, so that a late start counts as latency too.
    pub(super) latency: Duration,
}

/// Sends requests to the proxy over real connections and tells how each ended.
#[derive(Debug)]
pub(super) struct Load {
    client: Client<HttpConnector, Empty<Bytes>>,
    target: Uri,
    answers: mpsc::UnboundedSender<Answer>,
}

impl Load {
    /// The receiver ends once the load is dropped and its last request has ended, which takes
    /// [`PATIENCE`] at most. It holds what [`PATIENCE`] and [`RATE`] allow to be under way.
    pub(super) fn new(proxy: SocketAddr) -> (Self, mpsc::UnboundedReceiver<Answer>) {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build::<_, Empty<Bytes>>(connector);
        let target = Uri::try_from(format!("http://{proxy}/")).expect("a socket address is an authority");
        let (answers, receiver) = mpsc::unbounded_channel();
        (Self { client, target, answers }, receiver)
    }

    /// Sends one request, due at `due` in `second`, without waiting for its end.
    pub(super) fn send(&self, second: u64, due: Instant) {
        let answer = fetch(self.client.clone(), self.target.clone());
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let good = timeout_at(due + PATIENCE, answer).await.unwrap_or(false);
            // Nobody listens any more when the demo has failed, and then nobody counts.
            let _ = answers.send(Answer { second, good, latency: since(due) });
        });
    }
}

/// The instants at which requests are due, the first at once. A late tick is made up for: the
/// rate is the clients', not the machine's.
pub(super) fn arrivals() -> Interval {
    let mut arrivals = interval(Duration::from_secs(1) / RATE as u32);
    arrivals.set_missed_tick_behavior(MissedTickBehavior::Burst);
    arrivals
}

async fn fetch(client: Client<HttpConnector, Empty<Bytes>>, target: Uri) -> bool {
    let Ok(response) = client.get(target).await else { return false };
    let status = response.status();
    let whole = response.into_body().collect().await.is_ok_and(|body| body.to_bytes() == BODY);
    status == StatusCode::OK && whole
}

#[expect(
    clippy::disallowed_methods,
    reason = "a latency is measured on the clock of tokio's timer, which set `due`"
)]
fn since(due: Instant) -> Duration {
    due.elapsed()
}
