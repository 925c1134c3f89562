//! Whom the proxy takes for the client, by what a peer may and may not say about that.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use buttress::key::TrustedProxies;
use support::{Mode, Origin, Running};

/// A request whose sender claims to forward it.
const FORWARDED: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\
    X-Forwarded-For: 8.8.8.8\r\nX-Forwarded-For: 192.0.2.7, 127.9.9.9\r\nX-Forwarded-Proto: https\r\n\
    Forwarded: for=8.8.4.4\r\n\r\n";

/// What the origin is told: `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded`.
async fn told(trusted: TrustedProxies) -> [String; 3] {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| config.trusted = trusted).await;
    assert_eq!(proxy.ask(FORWARDED).await.status, 200);
    let request = origin.log().requests.remove(0);
    ["x-forwarded-for", "x-forwarded-proto", "forwarded"].map(|name| request.field(name).unwrap())
}

#[tokio::test]
async fn h6_a_stranger_is_the_client_whatever_it_claims() {
    let expected = ["127.0.0.1", "http", "for=127.0.0.1;proto=http"];
    assert_eq!(told(TrustedProxies::nobody()).await, expected);
    assert_eq!(told(TrustedProxies::parse(["10.0.0.0/8", "::1"]).unwrap()).await, expected);
}

#[tokio::test]
async fn h6_a_trusted_proxy_vouches_for_its_client_and_for_nothing_before_it() {
    let expected = [
        "192.0.2.7, 127.9.9.9, 127.0.0.1",
        "https",
        "for=192.0.2.7;proto=https, for=127.9.9.9, for=127.0.0.1;proto=http",
    ];
    assert_eq!(told(TrustedProxies::parse(["127.0.0.0/8"]).unwrap()).await, expected);
}
