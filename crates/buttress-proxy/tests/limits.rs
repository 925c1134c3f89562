//! How many requests an origin gets at a time, and what takes a place there.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use buttress_proxy::ProxyConfig;
use support::{Answer, Client, Mode, Origin, Running, soon};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// An answer that begins when its request comes and ends when the gate opens.
fn half_open() -> Mode {
    Mode::Gated(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into(), b"half".into())
}

/// One that begins when the gate opens.
fn gated() -> Mode {
    Mode::Gated(Vec::new(), b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".into())
}

fn at_most(requests: u32) -> impl Fn(&mut ProxyConfig) {
    move |config| config.limits.max_concurrent = NonZeroU32::new(requests)
}

/// Sends a request and leaves it under way.
async fn sent(proxy: &Running, request: &str) -> Client {
    let mut client = proxy.connect().await;
    client.send(request).await;
    client
}

fn whole_seconds(answer: &Answer) -> u64 {
    answer.field("retry-after").expect("it says when to ask again").parse().expect("whole seconds")
}

#[tokio::test]
async fn s2_05_an_origin_gets_no_more_requests_at_a_time_than_it_is_to_get() {
    let origin = Origin::start(gated()).await;
    let proxy = Running::with(&[origin.address], at_most(2)).await;
    let mut under_way = [sent(&proxy, GET).await, sent(&proxy, GET).await];
    origin.until(|log| log.under_way == 2).await;

    for _ in 0..3 {
        let answer = proxy.ask(GET).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(whole_seconds(&answer) >= 1);
    }
    for client in &mut under_way {
        origin.open_gate();
        assert_eq!(client.answer().await.status, 200);
    }
    origin.open_gate();
    assert_eq!(proxy.ask(GET).await.status, 200, "there is room again");
    let log = origin.log();
    assert_eq!((log.peak, log.requests.len()), (2, 3), "who is refused is never sent");
    let totals = proxy.breakers[0].snapshot().totals;
    assert_eq!((totals.failures, totals.throttled), (0, 0), "a limit is no failure of the origin");
    assert_eq!(proxy.budget().withdrawn, 0, "and nothing to try again");
}

#[tokio::test]
async fn h9_a_request_is_under_way_until_its_answer_has_ended() {
    let origin = Origin::start(half_open()).await;
    let proxy = Running::with(&[origin.address], at_most(1)).await;
    let mut first = sent(&proxy, GET).await;
    first.head().await;
    assert_eq!(proxy.ask(GET).await.status, 503);
    origin.open_gate();
    assert_eq!(first.exactly(8).await, b"halfhalf");
    origin.open_gate();
    assert_eq!(proxy.ask(GET).await.status, 200);
}

/// The answer of an origin that an upload did not wait for the end of.
fn early() -> Mode {
    Mode::Early(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into())
}

#[tokio::test]
async fn c1_no_status_and_no_unfinished_upload_makes_room_before_the_answer_has_ended() {
    let failed = Mode::Gated(b"HTTP/1.1 500 No\r\nContent-Length: 8\r\n\r\nhalf".into(), b"half".into());
    let upload = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\nhalf";
    for (mode, request) in [(failed, GET), (early(), upload)] {
        let origin = Origin::start(mode).await;
        let proxy = Running::with(&[origin.address], at_most(1)).await;
        let mut first = sent(&proxy, request).await;
        first.head().await;
        assert_eq!(first.exactly(4).await, b"half");
        assert_eq!(proxy.bulkheads[0].in_flight(), 1, "{request}");
        assert_eq!(proxy.ask(GET).await.status, 503, "{request}");
        drop(first);
        origin.set(Mode::ok());
        nothing_under_way(&proxy).await;
        assert_eq!(proxy.ask(GET).await.status, 200, "{request}");
    }
}

/// Waits until no request takes a place at the first origin.
async fn nothing_under_way(proxy: &Running) {
    soon(async {
        while proxy.bulkheads[0].in_flight() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn c1_clients_that_read_nothing_keep_nobody_out() {
    let origin = Origin::start(Mode::Endless).await;
    let proxy = Running::with(&[origin.address], at_most(5)).await;
    let mut idle = Vec::new();
    for _ in 0..5 {
        let mut client = sent(&proxy, GET).await;
        assert!(client.head().await.starts_with("HTTP/1.1 200"));
        idle.push(client);
    }
    origin.set(Mode::ok());
    nothing_under_way(&proxy).await;
    assert_eq!(origin.log().under_way, 5, "they are not cut for that");
    assert_eq!(proxy.ask(GET).await.status, 200);
    assert_eq!(proxy.bulkheads[0].dropped().cancelled, 0);
    // Whoever goes on reading finds all of it.
    for client in &mut idle {
        client.exactly(8 * 1024 * 1024).await;
    }
}

#[tokio::test]
async fn c1_what_waits_for_bandwidth_keeps_nobody_out() {
    let origin = Origin::start(Mode::text("200 OK", &"x".repeat(1_000_000))).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.limits.bandwidth = NonZeroU64::new(200_000);
    })
    .await;
    let limit = proxy.bulkheads[0].limit();
    let mut downloads = Vec::new();
    for _ in 0..limit {
        let mut client = sent(&proxy, GET).await;
        assert!(client.head().await.starts_with("HTTP/1.1 200"));
        downloads.push(client);
    }
    nothing_under_way(&proxy).await;
    assert!(sent(&proxy, GET).await.head().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn c9_who_reads_slowly_does_not_make_an_origin_look_overloaded() {
    let origin = Origin::start(half_open()).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut slow = Vec::new();
    for _ in 0..5 {
        let mut client = sent(&proxy, GET).await;
        client.head().await;
        slow.push(client);
    }
    let learnt = || proxy.bulkheads[0].learnt().expect("its limit finds itself");
    // None of these bodies ever ends; what their heads took is all there is to learn.
    soon(async {
        while learnt().calls == 0 {
            sent(&proxy, GET).await.head().await;
        }
    })
    .await;
    assert_eq!(learnt().dropped, 0);
    assert!(proxy.bulkheads[0].in_flight() >= 5, "and they are under way all the time");
}

#[tokio::test]
async fn c9_an_origin_that_does_not_answer_in_time_is_taken_to_bear_less() {
    let origin = Origin::start(Mode::Silent).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.attempt_timeout = Duration::from_millis(50);
        config.retries = 0;
    })
    .await;
    let upload = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1\r\n\r\n1";
    let learnt = || proxy.bulkheads[0].learnt().expect("its limit finds itself");
    for request in [GET, upload] {
        let before = learnt();
        soon(async {
            while learnt().calls == before.calls {
                proxy.breakers[0].reset();
                let mut under_way = Vec::new();
                for _ in 0..20 {
                    under_way.push(sent(&proxy, request).await);
                }
                for client in &mut under_way {
                    assert!([503, 504].contains(&client.answer().await.status));
                }
            }
        })
        .await;
        assert!(learnt().dropped > before.dropped, "{request}: {:?}", learnt());
    }
}

#[tokio::test]
async fn an_event_stream_takes_no_room_once_it_has_begun() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let origin = Origin::start(Mode::Gated(head.into(), b"0\r\n\r\n".into())).await;
    let proxy = Running::with(&[origin.address], at_most(1)).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = sent(&proxy, GET).await;
        assert!(stream.head().await.starts_with("HTTP/1.1 200"));
        streams.push(stream);
    }
    assert_eq!(origin.log().under_way, 3);
}

#[tokio::test]
async fn h10_a_client_that_leaves_makes_room() {
    let origin = Origin::start(gated()).await;
    let proxy = Running::with(&[origin.address], at_most(1)).await;
    let under_way = sent(&proxy, GET).await;
    origin.until(|log| log.under_way == 1).await;
    drop(under_way);
    origin.until(|log| log.under_way == 0).await;
    origin.open_gate();
    assert_eq!(proxy.ask(GET).await.status, 200);
}

#[tokio::test]
async fn what_one_origin_has_no_room_for_another_answers() {
    let origins = [Origin::start(gated()).await, Origin::start(Mode::ok()).await];
    let proxy = Running::with(&[origins[0].address, origins[1].address], at_most(1)).await;
    let _held = sent(&proxy, GET).await;
    origins[0].until(|log| log.under_way == 1).await;
    for _ in 0..6 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!((origins[0].log().heads, origins[1].log().requests.len()), (1, 6));
}

#[tokio::test]
async fn a_request_waits_a_moment_for_its_turn() {
    let origin = Origin::start(gated()).await;
    let proxy = Running::with(&[origin.address], at_most(1)).await;
    let bulkhead = &proxy.bulkheads[0];
    // On a machine that halts the moment may be over first.
    let waited = async {
        loop {
            let mut first = sent(&proxy, GET).await;
            soon(async {
                while bulkhead.in_flight() == 0 {
                    tokio::task::yield_now().await
                }
            })
            .await;
            let mut second = sent(&proxy, GET).await;
            let refused = bulkhead.snapshot().timed_out;
            soon(async {
                while bulkhead.queued() == 0 && bulkhead.snapshot().timed_out == refused {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            origin.open_gate();
            assert_eq!(first.answer().await.status, 200);
            if bulkhead.snapshot().timed_out == refused {
                origin.open_gate();
                return assert_eq!(second.answer().await.status, 200);
            }
            assert_eq!(second.answer().await.status, 503);
        }
    };
    soon(waited).await;
    assert_eq!(bulkhead.snapshot().waited, 1);
}

/// Whether a request that waits for two origins is answered by the one that has room first; not if it waited too long.
async fn is_answered_by(first: usize) -> bool {
    let origins = [Origin::start(gated()).await, Origin::start(gated()).await];
    let proxy = Running::with(&origins.each_ref().map(|origin| origin.address), at_most(1)).await;
    let _held = [sent(&proxy, GET).await, sent(&proxy, GET).await];
    for origin in &origins {
        origin.until(|log| log.under_way == 1).await;
    }
    let mut waits = sent(&proxy, GET).await;
    soon(async {
        while proxy
            .bulkheads
            .iter()
            .any(|bulkhead| bulkhead.queued() + bulkhead.snapshot().timed_out as u32 == 0)
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for _ in 0..2 {
        origins[first].open_gate();
    }
    let answered = waits.answer().await.status == 200;
    assert!(!answered || origins[first].log().requests.len() == 2);
    for bulkhead in &proxy.bulkheads {
        assert_eq!(bulkhead.queued(), 0, "it waits nowhere any more");
    }
    answered
}

#[tokio::test]
async fn c6_a_request_that_waits_has_its_turn_at_whichever_origin_has_room_first() {
    for first in 0..2 {
        // On a machine that halts the moment may be over first.
        soon(async { while !is_answered_by(first).await {} }).await;
    }
}

#[tokio::test]
async fn s2_76_an_origin_whose_bulkhead_is_closed_is_left_out() {
    let origins = [Origin::start(Mode::ok()).await, Origin::start(Mode::ok()).await];
    let proxy = Running::with(&origins.each_ref().map(|origin| origin.address), at_most(1)).await;
    proxy.bulkheads[0].close();
    for _ in 0..4 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!(origins.each_ref().map(|origin| origin.log().requests.len()), [0, 4]);
    proxy.bulkheads[1].close();
    assert_eq!(proxy.ask(GET).await.status, 503);
    proxy.bulkheads[0].reopen();
    assert_eq!(proxy.ask(GET).await.status, 200);
}
