//! How many bytes pass in a second.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::num::NonZeroU64;
use std::time::Duration;

use buttress::{bandwidth, clock};
use buttress_proxy::ProxyConfig;
use support::{Client, Mode, Origin, Running};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// Sends a request and leaves it under way.
async fn sent(proxy: &Running, request: &str) -> Client {
    let mut client = proxy.connect().await;
    client.send(request).await;
    client
}

/// Bytes a second; each body here is one and a half seconds of it, and the first second passes at once.
const BANDWIDTH: u64 = 400_000;

fn narrow(config: &mut ProxyConfig) {
    config.limits.bandwidth = NonZeroU64::new(BANDWIDTH);
}

#[tokio::test]
async fn s3_37_a_download_is_no_faster_than_the_bandwidth() {
    let body = "x".repeat(600_000);
    let origin = Origin::start(Mode::text("200 OK", &body)).await;
    let proxy = Running::with(&[origin.address], narrow).await;
    let began = clock::precise();
    for _ in 0..2 {
        assert_eq!(proxy.ask(GET).await.text().len(), body.len());
    }
    // 1.2 MB, less the burst, less what may be owed at the end.
    let took = clock::precise().since(began);
    assert!(took >= Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn s3_36_an_upload_is_no_faster_than_the_bandwidth() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], narrow).await;
    let body = "x".repeat(600_000);
    let request = format!("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let began = clock::precise();
    for _ in 0..2 {
        assert_eq!(proxy.ask(&request).await.status, 200);
    }
    let took = clock::precise().since(began);
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert!(origin.log().requests.iter().all(|request| request.body.len() == 600_000));
}

/// A body of this size is some frames, and within what is read of one that nobody wants.
const UPLOAD: usize = 30_000;

fn upload() -> String {
    format!("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: {UPLOAD}\r\n\r\n{}", "x".repeat(UPLOAD))
}

#[tokio::test]
async fn s3_36_an_upload_that_waits_for_bandwidth_is_no_pause_of_its_client() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.limits.bandwidth = NonZeroU64::new(100_000);
        config.client_pause = Duration::from_millis(500);
    })
    .await;
    // A part passes each tenth of a second, so that the turns of each are more than a second apart.
    let mut clients = Vec::new();
    for _ in 0..16 {
        clients.push(sent(&proxy, &upload()).await);
    }
    for client in &mut clients {
        assert_eq!(client.answer().await.status, 200);
    }
    // And one that does pause is told so.
    let mut client = sent(&proxy, "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nx").await;
    assert_eq!(client.answer().await.status, 408);
}

#[tokio::test]
async fn s3_37_what_the_proxy_says_itself_takes_nothing_of_the_bandwidth() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| {
        narrow(config);
        config.limits.rate = Some("1/h".parse().unwrap());
    })
    .await;
    let mut client = proxy.connect().await;
    let passed = || {
        let line = proxy.registry.get::<bandwidth::Handle>("proxy").unwrap().snapshot();
        (line.upload.bytes, line.download.bytes)
    };
    client.send(upload()).await;
    assert_eq!(client.answer().await.status, 200);
    let admitted = passed();
    assert_eq!(admitted.0, UPLOAD as u64);
    // The body of each is read to its end, or the connection were of no use for the next.
    for _ in 0..20 {
        client.send(upload()).await;
        assert_eq!(client.answer().await.status, 429);
    }
    assert_eq!(passed(), admitted);
}
