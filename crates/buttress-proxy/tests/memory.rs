//! What the proxy remembers: each attempt that failed, and how many requests were well.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use buttress::failure_log::{self, Category, Filter, Record, Severity};
use buttress::{FailureKind, error_budget};
use buttress_proxy::Objective;
use support::{Mode, Origin, Running, nobody, soon};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// What is in the log, oldest first, once there are so many.
async fn failures(proxy: &Running, most: usize) -> Vec<Record> {
    let log = proxy.registry.get::<failure_log::Handle>("proxy").unwrap();
    soon(async {
        loop {
            let records = log.records(&Filter::default());
            if records.len() >= most {
                return records;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// Where, which attempt, how bad, and what.
fn told(record: &Record) -> (&str, &str, Option<u32>, Severity, &str) {
    (&record.component, &record.operation, record.attempt, record.severity, &record.message)
}

#[tokio::test]
async fn an_attempt_that_another_follows_is_a_warning_and_the_last_one_an_error() {
    let down = Mode::text("503 Service Unavailable", "");
    let origins = [Origin::start(down.clone()).await, Origin::start(down).await];
    let proxy =
        Running::with(&origins.each_ref().map(|origin| origin.address), |config| config.retries = 1).await;
    assert_eq!(proxy.ask(GET).await.status, 503);
    let failed = failures(&proxy, 2).await;
    let [first, second] = origins.each_ref().map(|origin| origin.address.to_string());
    let says = "answered Service Unavailable";
    assert_eq!(told(&failed[0]), (first.as_str(), "GET", Some(1), Severity::Warning, says));
    assert_eq!(told(&failed[1]), (second.as_str(), "GET", Some(2), Severity::Error, says));
    assert_eq!((&*failed[0].error_type, failed[0].kind), ("http::503", Some(FailureKind::Response)));
    assert_eq!((failed.len(), failed[0].category), (2, Category::Network));
    assert!(failed[0].duration.is_some());
}

#[tokio::test]
async fn an_attempt_that_another_one_made_good_is_one_failure_and_one_success() {
    let origins = [Origin::start(Mode::text("502 Bad Gateway", "")).await, Origin::start(Mode::ok()).await];
    let proxy = Running::before(&origins.each_ref().map(|origin| origin.address)).await;
    assert_eq!(proxy.ask(GET).await.status, 200);
    assert_eq!(failures(&proxy, 1).await.len(), 1);
    let log = proxy.registry.get::<failure_log::Handle>("proxy").unwrap();
    let counts = |origin: &Origin| log.operation("GET", &origin.address.to_string()).counts();
    assert_eq!((counts(&origins[0]).failures, counts(&origins[0]).successes), (1, 0));
    soon(async {
        while counts(&origins[1]).successes != 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_origin_that_refuses_connections_is_told_with_all_causes() {
    let refused = nobody();
    let proxy = Running::with(&[refused], |config| config.retries = 0).await;
    assert_eq!(proxy.ask("DELETE /a HTTP/1.1\r\nHost: shop\r\n\r\n").await.status, 502);
    let failed = failures(&proxy, 1).await;
    let name = refused.to_string();
    assert_eq!((&*failed[0].component, &*failed[0].operation), (name.as_str(), "DELETE"));
    assert_eq!((failed[0].kind, failed[0].category), (Some(FailureKind::Connection), Category::Network));
    assert!(failed[0].chain.iter().any(|cause| cause.contains("refused")), "{failed:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_failure_after_its_head() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf";
    let origin = Origin::start(Mode::Cut(half.into())).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    client.send(GET).await;
    client.read_through(b"half").await;
    origin.open_gate();
    let _ = client.rest().await;
    let failed = failures(&proxy, 1).await;
    assert_eq!((failed[0].kind, failed[0].severity), (Some(FailureKind::Body), Severity::Error));
    assert_eq!(failed.len(), 1);
}

#[tokio::test]
async fn what_the_proxy_refuses_itself_is_its_own_and_a_clients_mistake_nobodys() {
    let origin = Origin::start(Mode::text("500 Oh No", "")).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.limits.per_client = Some("7/h".parse().unwrap());
    })
    .await;
    for _ in 0..5 {
        assert_eq!(proxy.ask(GET).await.status, 500);
    }
    assert_eq!(proxy.ask("GET / HTTP/1.1\r\n\r\n").await.status, 400);
    assert_eq!(proxy.ask("BREW / HTTP/1.1\r\nHost: shop\r\n\r\n").await.status, 503);
    assert_eq!(proxy.ask(GET).await.status, 429);
    let failed = failures(&proxy, 7).await;
    let says = "no origin takes requests at the moment";
    assert_eq!(told(&failed[5]), ("proxy", "other", None, Severity::Error, says));
    assert_eq!(told(&failed[6]), ("proxy", "GET", None, Severity::Info, "too many requests"));
    assert_eq!(failed.len(), 7);
}

/// A proxy that is to answer nine requests of ten well.
async fn promising(
    origin: &Origin,
    change: impl FnOnce(error_budget::Builder) -> error_budget::Builder,
) -> Running {
    let config = change(error_budget::Config::builder().objective(buttress::Ratio::new(0.9).unwrap()));
    let objective = Objective { config: config.build().unwrap(), state: None };
    Running::with(&[origin.address], |config| {
        config.objective = Some(objective);
        config.limits.per_client = Some("8/h".parse().unwrap());
    })
    .await
}

/// How many requests counted, and how many of them were bad, once so many did.
async fn counted(proxy: &Running, requests: u64) -> (u64, u64) {
    let budget = proxy.registry.get::<error_budget::Handle>("proxy").unwrap();
    soon(async {
        loop {
            let snapshot = &budget.snapshot().objectives[0].budget;
            if snapshot.total >= requests {
                return (snapshot.total, snapshot.bad);
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn c20_a_request_counts_once_by_how_it_ended_for_its_client() {
    for counts_refusals in [true, false] {
        let origin = Origin::start(Mode::ok()).await;
        let proxy = promising(&origin, |builder| builder.count_rejections(counts_refusals)).await;
        proxy.ask(GET).await;
        origin.set(Mode::text("404 Not Found", ""));
        proxy.ask(GET).await;
        assert_eq!(counted(&proxy, 2).await, (2, 0));
        origin.set(Mode::text("500 Oh No", ""));
        proxy.ask(GET).await;
        assert_eq!(counted(&proxy, 3).await, (3, 1));

        origin.set(Mode::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into()));
        let mut client = proxy.connect().await;
        client.send(GET).await;
        client.read_through(b"half").await;
        origin.open_gate();
        let _ = client.rest().await;
        assert_eq!(counted(&proxy, 4).await, (4, 2));

        // A client that leaves is not counted; nor are those with a mistake, or one too many.
        origin.set(Mode::Endless);
        let mut client = proxy.connect().await;
        client.send(GET).await;
        client.read_through(b"xxx").await;
        drop(client);
        proxy.until_judged(5).await;
        proxy.breakers[0].force_open();
        assert_eq!(proxy.ask(GET).await.status, 503);
        assert_eq!(proxy.ask("GET / HTTP/1.1\r\n\r\n").await.status, 400);
        assert_eq!(proxy.ask(GET).await.status, 503);
        assert_eq!(proxy.ask(GET).await.status, 429);
        let refusals = if counts_refusals { 2 } else { 0 };
        assert_eq!(counted(&proxy, 4 + refusals).await, (4 + refusals, 2 + refusals), "{counts_refusals}");
    }
}

#[tokio::test]
async fn s2_86_a_request_is_late_by_when_its_answer_begins() {
    let origin =
        Origin::start(Mode::Gated(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no".into(), b"k".into()))
            .await;
    let slow = std::time::Duration::from_secs(3600);
    let proxy = promising(&origin, |builder| builder.slower_than(slow)).await;
    let mut client = proxy.connect().await;
    client.send(GET).await;
    client.read_through(b"\r\n\r\no").await;
    origin.open_gate();
    client.read_through(b"k").await;
    assert_eq!(counted(&proxy, 1).await, (1, 0));
}
