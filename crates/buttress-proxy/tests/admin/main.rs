//! What an operator sees, and who else does not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod pages;
mod strangers;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use support::{Answer, Mode, Origin, Running};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";
const PAGES: [&str; 6] = ["/failures", "/healthz", "/metrics", "/peers", "/readyz", "/status"];

/// The JSON on a page.
fn parsed(answer: &Answer) -> Value {
    assert_eq!(answer.field("content-type").as_deref(), Some("application/json"), "{}", answer.head);
    serde_json::from_slice(&answer.body).unwrap()
}

/// A proxy in front of as many origins that are well.
async fn proxy_of<const N: usize>() -> (Running, Vec<Origin>) {
    let mut origins = Vec::new();
    for _ in 0..N {
        origins.push(Origin::start(Mode::ok()).await);
    }
    let addresses: Vec<_> = origins.iter().map(|origin| origin.address).collect();
    (Running::before(&addresses).await, origins)
}
