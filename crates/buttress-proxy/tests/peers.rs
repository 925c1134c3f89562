//! What the proxy knows of its origins as peers, and whom it asks by that.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use buttress::circuit_breaker::presets;
use buttress_proxy::ProxyConfig;
use buttress_reputation::breaker::Kind;
use buttress_reputation::persist::Kept;
use buttress_reputation::{Config, Snapshot};
use support::{Mode, Origin, Running, soon};
use tokio::sync::Semaphore;

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// An origin in `mode`, and then so many that are well.
async fn beside(mode: Mode, well: usize) -> Vec<Origin> {
    let mut origins = vec![Origin::start(mode).await];
    for _ in 0..well {
        origins.push(Origin::start(Mode::ok()).await);
    }
    origins
}

fn addresses(origins: &[Origin]) -> Vec<SocketAddr> {
    origins.iter().map(|origin| origin.address).collect()
}

fn down() -> Mode {
    Mode::text("503 Service Unavailable", "no")
}

/// Breakers that judge and never open: what is left is what the ledger does.
fn patient(config: &mut ProxyConfig) {
    let breaker = presets::proxy().to_builder().no_rules().consecutive_failures(u16::MAX);
    config.breaker = breaker.build().unwrap();
}

/// What is known of an origin once so many of its calls have been judged.
async fn known(proxy: &Running, origin: &Origin, calls: u64) -> Snapshot {
    let name = origin.address.to_string();
    soon(async {
        loop {
            let known = proxy.peers.peer(name.as_str());
            let judged = known.filter(|known| known.successful_calls + known.failed_calls >= calls);
            match judged {
                Some(judged) if judged.in_flight == 0 => return judged,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await
}

fn judged(known: &Snapshot) -> (u64, u64) {
    (known.successful_calls, known.failed_calls)
}

#[tokio::test]
async fn e10_each_attempt_is_judged_once_at_the_origin_that_had_it() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".to_vec();
    for (mode, is_made_good) in [
        (down(), true),
        (Mode::text("429 Too Many Requests", ""), true),
        (Mode::Reset, true),
        (Mode::ResetAfter, true),
        (Mode::Silent, true),
        (Mode::AnswerAndClose(half), false),
    ] {
        let origins = beside(mode.clone(), 1).await;
        let proxy = Running::with(&addresses(&origins), |config| {
            // Only one that says nothing is to be cut off.
            if matches!(mode, Mode::Silent) {
                config.attempt_timeout = Duration::from_millis(200);
            }
        })
        .await;
        let mut client = proxy.connect().await;
        client.send(GET).await;
        if is_made_good {
            assert_eq!(client.answer().await.status, 200, "{mode:?}");
            let well = known(&proxy, &origins[1], 1).await;
            assert_eq!(judged(&well), (1, 0), "{mode:?}");
            assert!(well.avg_latency.is_some(), "{mode:?}");
        } else {
            client.read_through(b"half").await;
            assert!(client.rest().await.1.is_err(), "it is cut");
            assert_eq!(proxy.peers.peer(origins[1].address.to_string().as_str()), None, "{mode:?}");
        }
        let failed = known(&proxy, &origins[0], 1).await;
        assert_eq!(judged(&failed), (0, 1), "{mode:?}");
    }
}

#[tokio::test]
async fn e10_a_client_that_leaves_blames_nobody_and_what_it_waited_for_is_known_to_take_long() {
    let origin = Origin::start(Mode::Silent).await;
    let proxy = Running::before(&[origin.address]).await;
    let name = origin.address.to_string();
    let mut client = proxy.connect().await;
    client.send(GET).await;
    origin.until(|log| log.heads == 1).await;
    assert_eq!(proxy.peers.peer(name.as_str()).unwrap().in_flight, 1);
    let waited = Duration::from_millis(50);
    tokio::time::sleep(waited).await;
    drop(client);
    let left = known(&proxy, &origin, 0).await;
    assert_eq!(judged(&left), (0, 0));
    // How much it is by now depends on when this machine looks, as it is forgotten as time passes.
    assert!(proxy.peers.appraise(name.as_str()).unwrap().takes.is_some());
}

#[tokio::test]
async fn g3_an_origin_that_fails_at_once_is_hardly_asked_and_gets_its_share_when_it_is_back() {
    let origins = beside(down(), 3).await;
    let proxy = Running::with(&addresses(&origins), patient).await;
    let mut client = proxy.connect().await;
    for _ in 0..200 {
        client.send(GET).await;
        assert_eq!(client.answer().await.status, 200);
    }
    let asked = || origins[0].log().heads;
    // Its first turn, and a look for each 4 s that this machine takes for it.
    assert!((1..=10).contains(&asked()), "{} of 200", asked());
    let others: Vec<_> = origins[1..].iter().map(|origin| origin.log().heads).collect();
    assert!(others.iter().all(|heads| *heads >= 20), "its turns are for all others: {others:?}");

    origins[0].set(Mode::ok());
    // Its share is a fourth of them.
    soon(async {
        loop {
            let before = asked();
            for _ in 0..40 {
                client.send(GET).await;
                client.answer().await;
            }
            if asked() - before >= 8 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn g3_an_origin_that_is_slow_gets_little_more_than_looks() {
    let slow = Mode::Busy(Arc::new(Semaphore::new(100)), Duration::from_millis(300));
    let origins = beside(slow, 2).await;
    let proxy = Running::before(&addresses(&origins)).await;
    let mut client = proxy.connect().await;
    for _ in 0..100 {
        client.send(GET).await;
        assert_eq!(client.answer().await.status, 200);
    }
    let asked = origins[0].log().heads;
    assert!((1..=6).contains(&asked), "{asked} of 100");
}

#[tokio::test]
async fn one_breaker_decides_and_it_is_not_the_ledgers() {
    let origins = beside(Mode::Reset, 0).await;
    let proxy = Running::before(&addresses(&origins)).await;
    assert_eq!(proxy.peers.config().breaker(), &Kind::Off);
    assert!(proxy.peers.config().ban().is_none());
    for _ in 0..30 {
        proxy.ask(GET).await;
    }
    assert!(proxy.breakers[0].snapshot().opened > 0);
    let summary = proxy.peers.summary();
    assert_eq!((summary.breakers.open, summary.reputation.banned_peers), (0, 0), "{summary:?}");
}

#[tokio::test]
async fn an_origin_that_is_banned_by_hand_is_left_out_until_it_is_not() {
    let origins = beside(Mode::ok(), 1).await;
    let proxy = Running::before(&addresses(&origins)).await;
    let [first, second] = [0, 1].map(|origin: usize| origins[origin].address.to_string());
    assert!(proxy.peers.ban(first.as_str(), "maintenance", Duration::from_secs(90)));
    for _ in 0..4 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!((origins[0].log().heads, origins[1].log().heads), (0, 4));
    assert!(proxy.peers.ban(second.as_str(), "maintenance", Duration::from_secs(180)));
    let answer = proxy.ask(GET).await;
    let after: u64 = answer.field("retry-after").unwrap().parse().unwrap();
    assert_eq!(answer.status, 503);
    assert!((60..=90).contains(&after), "the first of both: {after}");
    assert!(proxy.peers.unban(first.as_str()));
    assert_eq!(proxy.ask(GET).await.status, 200);
    assert_eq!((origins[0].log().heads, origins[1].log().heads), (1, 4));
}

#[tokio::test]
async fn an_origin_whose_breaker_is_forced_closed_gets_its_share_and_no_more() {
    let origins = beside(Mode::ok(), 1).await;
    let proxy = Running::before(&addresses(&origins)).await;
    proxy.breakers[0].force_closed();
    for _ in 0..20 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    let asked = [0, 1].map(|origin: usize| origins[origin].log().heads);
    assert!(asked.iter().all(|heads| *heads >= 5), "{asked:?}");
}

#[tokio::test]
async fn nobody_waits_for_a_full_origin_that_is_banned_nor_is_sent_there_in_his_turn() {
    let gated = Mode::Gated(Vec::new(), b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".into());
    let origins = [Origin::start(gated).await];
    let proxy = Running::with(&addresses(&origins), |config| {
        config.limits.max_concurrent = NonZeroU32::new(1);
    })
    .await;
    let name = origins[0].address.to_string();
    let [mut first, mut waits] = [proxy.connect().await, proxy.connect().await];
    first.send(GET).await;
    origins[0].until(|log| log.heads == 1).await;
    waits.send(GET).await;
    soon(async {
        while proxy.bulkheads[0].queued() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(proxy.peers.ban(name.as_str(), "maintenance", Duration::from_secs(90)));
    let refused = proxy.ask(GET).await;
    assert_eq!((refused.status, refused.field("retry-after").is_some()), (503, true));
    origins[0].open_gate();
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(waits.answer().await.status, 503);
    assert_eq!(origins[0].log().heads, 1);
}

#[tokio::test]
async fn it_is_not_ready_while_all_its_origins_are_banned() {
    let origins = beside(Mode::ok(), 1).await;
    let proxy = Running::before(&addresses(&origins)).await;
    for origin in &origins {
        assert_eq!(proxy.page("/readyz").await.status, 200);
        assert!(proxy.peers.ban(origin.address.to_string().as_str(), "maintenance", None));
    }
    let page = proxy.page("/readyz").await;
    assert_eq!(page.status, 503);
    for origin in &origins {
        assert!(page.text().contains(&format!("{} is banned", origin.address)), "{}", page.text());
    }
}

#[tokio::test]
async fn an_origin_that_is_none_any_more_is_forgotten_whatever_was_held_against_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("origins.json");
    let origins = beside(Mode::ok(), 1).await;
    let [gone, stays] = [0, 1].map(|origin: usize| origins[origin].address.to_string());
    let kept = Kept::<String>::open(&path, "origins", Config::default());
    kept.ledger().record_failure(stays.as_str());
    kept.ledger().record_success(gone.as_str(), None);
    assert!(kept.ledger().ban("10.9.8.7:80", "was one once", None));
    drop(kept);
    let proxy = Running::with(&[origins[1].address], |config| config.state = Some(path)).await;
    let names: Vec<_> = proxy.peers.peers().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [stays]);
}

#[tokio::test]
async fn s3_65_an_origin_that_was_slow_before_a_restart_is_not_asked_like_others_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("origins.json");
    let origins = beside(Mode::ok(), 1).await;
    let kept = Kept::<String>::open(&path, "origins", Config::default());
    for (origin, took) in origins.iter().zip([600, 1]) {
        kept.ledger().record_success(origin.address.to_string().as_str(), Duration::from_millis(took));
    }
    drop(kept);
    let proxy = Running::with(&addresses(&origins), |config| config.state = Some(path)).await;
    let takes = origins.iter().map(|origin| {
        proxy.peers.appraise(origin.address.to_string().as_str()).and_then(|known| known.takes)
    });
    let takes: Vec<_> = takes.collect();
    assert!(takes[0] > takes[1], "{takes:?}");
    for _ in 0..4 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    // The first request is a look at the one whose turn it is; two of the other three turns would have been the slow one's.
    assert_eq!((origins[0].log().heads, origins[1].log().heads), (1, 3));
}

#[tokio::test]
async fn a_failed_request_does_not_wait_for_an_origin_that_is_banned() {
    let origins = beside(down(), 1).await;
    let proxy = Running::with(&addresses(&origins), |config| config.retries = 1).await;
    assert!(proxy.peers.ban(origins[1].address.to_string().as_str(), "maintenance", None));
    let answer = proxy.ask(GET).await;
    assert_eq!((answer.status, answer.text()), (503, "no".to_owned()), "the origin's own words");
    assert_eq!((origins[0].log().heads, origins[1].log().heads), (2, 0));
}

#[tokio::test]
async fn what_is_known_is_on_the_pages_by_the_name_of_the_origin() {
    let origins = beside(Mode::ok(), 0).await;
    let proxy = Running::before(&addresses(&origins)).await;
    assert_eq!(proxy.ask(GET).await.status, 200);
    known(&proxy, &origins[0], 1).await;
    let status = proxy.status("peers", "origins").await;
    assert_eq!(status["entries"], 1, "{status:#}");
    let name = origins[0].address.to_string();
    assert!(status["best"].to_string().contains(&name), "{status:#}");
}

#[tokio::test]
async fn s3_26_the_bytes_of_bodies_are_counted_at_the_origin_they_pass() {
    const PUT: &str = "PUT / HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello";
    const CHUNKED: &str = "PUT / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n2\r\n!!\r\n0\r\n\r\n";
    let origins = beside(Mode::text("200 OK", "0123456789"), 0).await;
    let proxy = Running::before(&addresses(&origins)).await;
    let name = origins[0].address.to_string();
    let bytes = || {
        let known = proxy.peers.peer(name.as_str()).unwrap();
        (known.bytes_sent, known.bytes_received)
    };
    for (request, so_far) in [(GET, (0, 10)), (PUT, (5, 20)), (CHUNKED, (12, 30))] {
        assert_eq!(proxy.ask(request).await.status, 200);
        assert_eq!(bytes(), so_far, "{request}");
    }
    // As far as they came, and before their end.
    origins[0].set(Mode::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into()));
    let mut client = proxy.connect().await;
    client.send(GET).await;
    client.read_through(b"half").await;
    assert_eq!(bytes(), (12, 34));
    origins[0].open_gate();
    assert!(client.rest().await.1.is_err(), "it is cut");
    assert_eq!(bytes(), (12, 34));
    let status = proxy.status("peers", "origins").await;
    assert_eq!(
        (&status["upload"]["bytes"], &status["download"]["bytes"]),
        (&12.into(), &34.into()),
        "{status:#}"
    );
}

#[tokio::test]
async fn s3_26_a_body_that_is_sent_again_counts_at_each_origin_that_had_it() {
    const PUT: &str = "PUT / HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello";
    let origins = beside(Mode::ResetAfter, 1).await;
    let proxy = Running::before(&addresses(&origins)).await;
    assert_eq!(proxy.ask(PUT).await.status, 200);
    let bytes = |known: Snapshot| (known.bytes_sent, known.bytes_received);
    let failed = known(&proxy, &origins[0], 1).await;
    let well = known(&proxy, &origins[1], 1).await;
    assert_eq!((bytes(failed), bytes(well)), ((5, 0), (5, 2)));
}

#[tokio::test]
async fn g7_an_origin_that_is_written_in_two_ways_is_one_peer_with_one_breaker() {
    let origin = Origin::start(Mode::ok()).await;
    let port = origin.address.port();
    let proxy = Running::with(&[origin.address], |config| {
        let ways = [format!("http://[::ffff:127.0.0.1]:{port}"), format!("HTTP://127.0.0.1:0{port}/")];
        config.origins = ways.iter().map(|way| way.parse().unwrap()).collect();
    })
    .await;
    for _ in 0..4 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!(judged(&known(&proxy, &origin, 4).await), (4, 0));
    assert_eq!(proxy.peers.len(), 1);
    assert_eq!(proxy.registry.status().circuit_breakers.len(), 1);
}

#[tokio::test]
async fn g7_an_origin_that_is_named_with_and_without_a_dot_is_found_by_what_was_named_first() {
    let origin = Origin::start(Mode::ok()).await;
    let named = format!("localhost:{}", origin.address.port());
    let proxy = Running::with(&[origin.address], |config| {
        let ways = ["LocalHost", "localhost."].map(|host| format!("http://{host}:{}", origin.address.port()));
        config.origins = ways.iter().map(|way| way.parse().unwrap()).collect();
    })
    .await;
    for _ in 0..2 {
        assert_eq!(proxy.ask("GET / HTTP/1.0\r\n\r\n").await.status, 200);
    }
    let log = origin.log();
    assert!(log.requests.iter().all(|request| request.field("host").as_ref() == Some(&named)), "{log:?}");
    assert_eq!((proxy.peers.len(), proxy.peers.peer(named.as_str()).is_some()), (1, true));
}
