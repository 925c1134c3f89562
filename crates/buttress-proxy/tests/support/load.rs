//! Clients that do not slow down for anybody.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

/// How long a client waits for a whole answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many of some requests were answered well.
#[derive(Debug, Default)]
pub(crate) struct Share {
    pub(crate) requests: u32,
    pub(crate) good: u32,
}

impl Share {
    pub(crate) fn ratio(&self) -> f64 {
        f64::from(self.good) / f64::from(self.requests)
    }
}

/// Sends `rate` requests a second for so many seconds, whatever becomes of the earlier ones. Good is a 200
/// with the whole of `body` within a second of when the request was due.
pub(crate) async fn open_loop(proxy: SocketAddr, rate: u32, seconds: u32, body: &'static [u8]) -> Share {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(connector);
    let target = Uri::try_from(format!("http://{proxy}/")).unwrap();
    let mut due = interval(Duration::from_secs(1) / rate);
    // The rate is the clients', not the machine's.
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut requests = JoinSet::new();
    for _ in 0..rate * seconds {
        let due: Instant = due.tick().await;
        let answer = fetch(client.clone(), target.clone(), body);
        requests.spawn(async move { timeout_at(due + PATIENCE, answer).await.unwrap_or(false) });
    }
    requests.join_all().await.into_iter().fold(Share::default(), |share, good| Share {
        requests: share.requests + 1,
        good: share.good + u32::from(good),
    })
}

async fn fetch(client: Client<HttpConnector, Empty<Bytes>>, target: Uri, body: &[u8]) -> bool {
    let Ok(answer) = client.get(target).await else { return false };
    let status = answer.status();
    let whole = answer.into_body().collect().await.is_ok_and(|found| found.to_bytes() == body);
    status == StatusCode::OK && whole
}
