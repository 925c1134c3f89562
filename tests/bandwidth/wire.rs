//! axum over real sockets, in real time: how long it takes at least is exact.

use crate::{config, line};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::post;
use buttress::BandwidthLayer;
use buttress::clock;
use buttress::key::by_header;
use http::HeaderName;
use http_body_util::BodyExt;
use std::time::Duration;
use support::serve;

const RATE: u64 = 400_000;
const SIZE: usize = 600_000;

async fn download() -> Body {
    Body::from(vec![b'.'; SIZE])
}

async fn upload(request: Request) -> String {
    request.into_body().collect().await.unwrap().to_bytes().len().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c5_s3_41_axum_holds_the_rate_both_ways_over_all_connections() {
    let line = line(|to| to.upload(RATE).download(RATE));
    let routes = Router::new().route("/", post(upload).get(download));
    let addr = serve::http(routes.layer(BandwidthLayer::from_handle(line.clone()))).await;
    let url = format!("http://{addr}/");
    let began = clock::precise();
    let mut calls = Vec::new();
    for _ in 0..2 {
        // A client each has a connection each.
        let (client, url) = (serve::client().build().unwrap(), url.clone());
        calls.push(tokio::spawn(async move {
            let sent = client.post(&url).body(vec![b'.'; SIZE]).send();
            let got = client.get(&url).send();
            let (sent, got) = tokio::join!(sent, got);
            assert_eq!(sent.unwrap().text().await.unwrap(), SIZE.to_string());
            assert_eq!(got.unwrap().bytes().await.unwrap().len(), SIZE);
        }));
    }
    for call in calls {
        call.await.unwrap();
    }
    // 1.2 MB each way, of which 0.4 are the burst: two seconds, not one nanosecond less. How much more is the machine's.
    let took = clock::precise().since(began);
    assert!(took >= Duration::from_secs(2), "{took:?}");
    let snapshot = line.snapshot();
    let answers = 2 * SIZE.to_string().len();
    assert_eq!(snapshot.upload.bytes as usize, 2 * SIZE);
    assert_eq!(snapshot.download.bytes as usize, 2 * SIZE + answers);
    assert!(snapshot.upload.throttled > 0 && snapshot.download.throttled > 0);
}

#[tokio::test]
async fn s3_42_on_axum_one_client_at_its_limit_leaves_the_others_alone() {
    // A burst of 100 bytes, and 100 s for as many again.
    let limits = config(|to| to.per_peer_download(1).burst(1_000));
    let layer = BandwidthLayer::new(limits).keyed(by_header(HeaderName::from_static("x-client")));
    let routes = Router::new().route("/", post(upload).get(async || Body::from(vec![b'.'; 100])));
    let addr = serve::http(routes.layer(layer.clone())).await;
    let client = serve::client().build().unwrap();
    let get = |name: &'static str| {
        let got = client.get(format!("http://{addr}/")).header("x-client", name).send();
        async move { got.await.unwrap().bytes().await.unwrap().len() }
    };
    assert_eq!(get("a").await, 100);
    let began = clock::precise();
    let waiting = tokio::time::timeout(Duration::from_millis(200), get("a"));
    let (waiting, others) = tokio::join!(waiting, async { (get("b").await, get("c").await) });
    assert!(waiting.is_err() && clock::precise().since(began) >= Duration::from_millis(200));
    assert_eq!(others, (100, 100));
    assert_eq!(layer.handle().unwrap().snapshot().peers, 3);
}
