//! How many requests are taken: of all clients together, and of each of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use buttress::key::TrustedProxies;
use buttress::rate_limit::Keyed;
use buttress_proxy::{Failure, Limits, Proxy, ProxyConfig};
use support::{Answer, Mode, Origin, Running};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// A request on behalf of a client, if who sends it is believed.
fn on_behalf_of(client: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: {client}\r\n\r\n")
}

fn whole_seconds(answer: &Answer) -> u64 {
    answer.field("retry-after").expect("it says when to ask again").parse().expect("whole seconds")
}

#[tokio::test]
async fn a_burst_of_no_rate_is_refused() {
    let mut limits = Limits { burst: NonZeroU32::new(3), ..Limits::default() };
    let bind =
        async |limits| Proxy::bind(ProxyConfig { limits, ..support::config(&[support::nobody()]) }).await;
    let refused = bind(limits).await.unwrap_err();
    assert!(matches!(&refused, Failure::Limits(invalid) if invalid.knob() == "burst"), "{refused}");
    limits.rate = Some("1/s".parse().unwrap());
    bind(limits).await.unwrap();
}

#[tokio::test]
async fn s2_04_no_more_requests_pass_than_the_rate_allows() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.limits.rate = Some("1/h".parse().unwrap());
        config.limits.burst = NonZeroU32::new(3);
    })
    .await;
    for left in [2, 1, 0] {
        let answer = proxy.ask(GET).await;
        assert_eq!(answer.status, 200);
        let limit = answer.field("ratelimit").unwrap();
        assert!(limit.starts_with(&format!("\"proxy\";r={left};t=")), "{limit}");
    }
    let refused = proxy.ask(GET).await;
    assert_eq!(refused.status, 429);
    assert!((3_590..=3_600).contains(&whole_seconds(&refused)), "{}", refused.head);
    assert_eq!(refused.field("ratelimit-policy").unwrap(), "\"proxy\";q=3;w=10800");
    assert!(refused.field("ratelimit").unwrap().starts_with("\"proxy\";r=0;t="), "{}", refused.head);
    assert_eq!(origin.log().requests.len(), 3);
    assert_eq!(proxy.breakers[0].snapshot().totals.failures, 0);
}

#[tokio::test]
async fn h6_a_forged_address_neither_evades_the_limit_of_its_sender_nor_makes_another() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.limits.per_client = Some("1/h".parse().unwrap());
    })
    .await;
    assert_eq!(proxy.ask(&on_behalf_of("192.0.2.1")).await.status, 200);
    for last in 2..50 {
        assert_eq!(proxy.ask(&on_behalf_of(&format!("192.0.2.{last}"))).await.status, 429);
    }
    assert_eq!(
        proxy.ask("GET / HTTP/1.1\r\nHost: shop\r\nForwarded: for=192.0.2.1\r\n\r\n").await.status,
        429
    );
    assert_eq!(origin.log().requests.len(), 1);
}

#[tokio::test]
async fn h6_behind_a_trusted_proxy_each_client_has_a_limit_of_its_own() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.trusted = TrustedProxies::parse(["127.0.0.1"]).unwrap();
        config.limits.per_client = Some("1/h".parse().unwrap());
    })
    .await;
    for client in ["192.0.2.1", "192.0.2.2", "2001:db8:1:2::1"] {
        assert_eq!(proxy.ask(&on_behalf_of(client)).await.status, 200, "{client}");
    }
    for client in
        ["192.0.2.1", "8.8.8.8, 192.0.2.1", "192.0.2.2:99", "::ffff:192.0.2.2", "2001:db8:1:2:aaaa::9"]
    {
        assert_eq!(proxy.ask(&on_behalf_of(client)).await.status, 429, "{client}");
    }
    assert_eq!(origin.log().requests.len(), 3);
}

#[tokio::test]
async fn w56_who_asks_too_often_takes_nothing_from_the_others() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.trusted = TrustedProxies::parse(["127.0.0.1"]).unwrap();
        config.limits.rate = Some("1/h".parse().unwrap());
        config.limits.burst = NonZeroU32::new(3);
        config.limits.per_client = Some("1/h".parse().unwrap());
    })
    .await;
    assert_eq!(proxy.ask(&on_behalf_of("192.0.2.1")).await.status, 200);
    for _ in 0..20 {
        assert_eq!(proxy.ask(&on_behalf_of("192.0.2.1")).await.status, 429);
    }
    for client in ["192.0.2.2", "192.0.2.3"] {
        assert_eq!(proxy.ask(&on_behalf_of(client)).await.status, 200, "{client}");
    }
    assert_eq!(
        proxy.ask(&on_behalf_of("192.0.2.4")).await.status,
        429,
        "all of them together are limited too"
    );
    assert_eq!(origin.log().requests.len(), 3);
}

#[tokio::test]
async fn f4_a_flood_of_addresses_is_bounded_and_frees_nobody() {
    /// More than there is room for.
    const FLOOD: u32 = 100_000;
    /// So many answers are awaited at once.
    const AHEAD: u32 = 500;
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.trusted = TrustedProxies::parse(["127.0.0.1"]).unwrap();
        config.limits.per_client = Some("1/h".parse().unwrap());
    })
    .await;
    assert_eq!(proxy.ask(&on_behalf_of("192.0.2.1")).await.status, 200);
    assert_eq!(proxy.ask(&on_behalf_of("192.0.2.1")).await.status, 429);
    // What passes the limit need not reach the origin for this, which would take the longest.
    proxy.breakers[0].force_open();
    let mut client = proxy.connect().await;
    for first in (0..FLOOD).step_by(AHEAD as usize) {
        let requests: String = (first..first + AHEAD)
            .map(|number| on_behalf_of(&Ipv4Addr::from_bits(0x0b00_0000 + number).to_string()))
            .collect();
        client.send(requests).await;
        for _ in 0..AHEAD {
            let status = client.answer().await.status;
            assert!(status == 503 || status == 429, "{status}");
        }
    }
    let clients = proxy.registry.get::<Keyed<IpAddr>>("clients").unwrap();
    assert!((clients.capacity() / 2..=clients.capacity()).contains(&clients.len()), "{}", clients.len());
    assert_eq!(clients.standing(&"192.0.2.1".parse().unwrap()).remaining, 0, "who is limited stays limited");
}
