//! What a client hears when an origin, or the client itself, fails, and what the breaker makes of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use buttress::circuit_breaker::{State, presets};
use buttress_proxy::ProxyConfig;
use support::{Mode, Origin, Running, nobody};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// How fast a client's leaving has to reach the origin.
const AT_ONCE: Duration = Duration::from_millis(100);

#[tokio::test]
async fn failures_of_an_origin_become_gateway_errors() {
    let origin = Origin::start(Mode::HangUp).await;
    let refused = nobody();
    for (address, mode, status, says) in [
        (refused, Mode::ok(), 502, "cannot be reached"),
        (origin.address, Mode::HangUp, 502, "broke off"),
        (origin.address, Mode::Reset, 502, "broke off"),
        (origin.address, Mode::Answer(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".into()), 502, "broke off"),
        (origin.address, Mode::Silent, 504, "in time"),
    ] {
        origin.set(mode.clone());
        let proxy = Running::with(&[address], |config| {
            config.retries = 0;
            config.attempt_timeout = Duration::from_millis(200);
        })
        .await;
        let answer = proxy.ask(GET).await;
        assert_eq!(answer.status, status, "{mode:?}");
        assert!(answer.text().contains(says), "{mode:?}: {answer:?}");
        assert_eq!(answer.field("content-type").as_deref(), Some("text/plain; charset=utf-8"));
        assert!(
            !answer.text().contains(&address.port().to_string()),
            "the origin's address is nobody's business"
        );
        assert_eq!(proxy.breakers[0].snapshot().totals.failures, 1, "{mode:?}");
    }
}

#[tokio::test]
async fn statuses_of_an_origin_pass_and_are_judged() {
    let origin = Origin::start(Mode::text("503 Service Unavailable", "later")).await;
    let proxy = Running::with(&[origin.address], |config| config.retries = 0).await;
    let answer = proxy.ask(GET).await;
    assert_eq!((answer.status, answer.text()), (503, "later".to_owned()));
    assert_eq!(answer.field("retry-after"), None);
    origin.set(Mode::text("404 Not Found", "no"));
    assert_eq!(proxy.ask(GET).await.status, 404);
    let totals = proxy.breakers[0].snapshot().totals;
    assert_eq!((totals.failures, totals.successes), (1, 1));
}

/// Lets the breaker of the only origin open.
async fn open(proxy: &Running) {
    for _ in 0..100 {
        if proxy.breakers[0].snapshot().state == State::Open {
            return;
        }
        proxy.ask(GET).await;
    }
    panic!("a hundred failures did not open the breaker");
}

#[tokio::test]
async fn an_open_breaker_tells_when_to_come_back_and_keeps_its_word() {
    let origin = Origin::start(Mode::text("500 Internal Server Error", "")).await;
    let open_for = Duration::from_secs(2);
    let proxy = Running::with(&[origin.address], |config| {
        config.breaker =
            presets::proxy().to_builder().open_for(open_for).escalation(1.0, open_for).build().unwrap();
    })
    .await;
    open(&proxy).await;
    let asked = origin.log().heads;
    let told = async || {
        let answer = proxy.ask(GET).await;
        assert_eq!(answer.status, 503);
        answer.field("retry-after").unwrap().parse::<u64>().unwrap()
    };
    let first = told().await;
    assert!((1..=3).contains(&first), "{first} is not half to one and a half of 2 s");
    let mut last = first;
    while last > 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = told().await;
        assert!(now == last || now == last - 1, "{last}, then {now}");
        last = now;
    }
    assert_eq!(origin.log().heads, asked, "nothing is sent while the breaker refuses");

    origin.set(Mode::ok());
    tokio::time::sleep(Duration::from_secs(last)).await;
    assert_eq!(proxy.ask(GET).await.status, 200);
}

/// A breaker that opens stays open for the whole test.
fn stay_open(config: &mut ProxyConfig) {
    let breaker = presets::proxy().to_builder().open_for(support::PATIENCE);
    config.breaker = breaker.escalation(1.0, support::PATIENCE).build().unwrap();
}

#[tokio::test]
async fn a_refused_origin_is_skipped_and_its_siblings_take_over() {
    let origins = [Origin::start(Mode::Reset).await, Origin::start(Mode::ok()).await];
    let proxy = Running::with(&origins.each_ref().map(|origin| origin.address), stay_open).await;
    proxy.breakers[0].force_open();
    for _ in 0..20 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!(origins[0].log().connections, 0);
}

#[tokio::test]
async fn h3_a_refusal_by_the_breakers_does_not_wait_for_the_body() {
    let origin = Origin::start(Mode::Reset).await;
    let proxy = Running::with(&[origin.address], stay_open).await;
    open(&proxy).await;
    let mut client = proxy.connect().await;
    client.send(format!("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n", GET.len())).await;
    assert_eq!(client.answer().await.status, 503);
    client.send(GET).await;
    client.close().await;
    assert_eq!(client.rest().await.0, b"", "the late body is no request");
}

#[tokio::test]
async fn h10_a_client_that_leaves_cancels_its_request_and_the_origin_is_not_blamed() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".to_vec();
    for (mode, request, seen) in [
        (Mode::Silent, GET, false),
        (Mode::HeadOnly, "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\nhalf", false),
        (Mode::Gated(head, Vec::new()), GET, true),
    ] {
        let origin = Origin::start(mode.clone()).await;
        let proxy = Running::before(&[origin.address]).await;
        let mut client = proxy.connect().await;
        client.send(request).await;
        origin.until(|log| log.heads == 1).await;
        if seen {
            client.read_through(b"half").await;
        }
        drop(client);
        if !matches!(mode, Mode::HeadOnly) {
            let ended = tokio::time::timeout(AT_ONCE, origin.until(|log| log.ended == 1)).await;
            assert!(ended.is_ok(), "{mode:?}: the origin still works for nobody");
        }
        let totals = proxy.until_judged(1).await;
        assert_eq!((totals.cancelled, totals.failures), (1, 0), "{mode:?}");
    }
}

#[tokio::test]
async fn a_slow_uploader_does_not_make_the_origin_look_late() {
    let origin = Origin::start(Mode::ok()).await;
    let timeout = Duration::from_millis(200);
    let proxy = Running::with(&[origin.address], |config| config.attempt_timeout = timeout).await;
    let mut client = proxy.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\n").await;
    for piece in ["a", "b", "c", "d"] {
        tokio::time::sleep(timeout * 2).await;
        client.send(piece).await;
    }
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(proxy.breakers[0].snapshot().totals.failures, 0);

    origin.set(Mode::Silent);
    let answer = proxy.ask("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nabcd").await;
    assert_eq!(answer.status, 504, "with the body complete the time is the origin's");
    assert_eq!(proxy.breakers[0].snapshot().totals.failures, 1);
}
