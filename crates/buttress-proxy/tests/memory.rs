//! What the proxy remembers: each attempt that failed, and how many requests were well.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use buttress::FailureKind;
use buttress::failure_log::{self, Category, Record, Severity};
use support::{Mode, Origin, Running, nobody, promise, soon};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// Where, which attempt, how bad, and what.
fn told(record: &Record) -> (&str, &str, Option<u32>, Severity, &str) {
    (&record.component, &record.operation, record.attempt, record.severity, &record.message)
}

fn path(record: &Record) -> Option<&str> {
    let metadata = record.metadata.iter().find(|(name, _)| &**name == "path");
    metadata.map(|(_, value)| &**value)
}

#[tokio::test]
async fn an_attempt_that_another_follows_is_a_warning_and_the_last_one_an_error() {
    let down = Mode::text("503 Service Unavailable", "");
    let origins = [Origin::start(down.clone()).await, Origin::start(down).await];
    let proxy =
        Running::with(&origins.each_ref().map(|origin| origin.address), |config| config.retries = 1).await;
    assert_eq!(proxy.ask(GET).await.status, 503);
    let failed = proxy.failures(2).await;
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
    assert_eq!(proxy.failures(1).await.len(), 1);
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
    assert_eq!(proxy.ask("DELETE /a?token=1 HTTP/1.1\r\nHost: shop\r\n\r\n").await.status, 502);
    let failed = proxy.failures(1).await;
    let name = refused.to_string();
    assert_eq!((&*failed[0].component, &*failed[0].operation), (name.as_str(), "DELETE"));
    assert_eq!((failed[0].kind, failed[0].category), (Some(FailureKind::Connection), Category::Network));
    assert_eq!(path(&failed[0]), Some("/a"), "without the query, which may hold secrets");
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
    let failed = proxy.failures(1).await;
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
    let failed = proxy.failures(6).await;
    let says = "no origin takes requests at the moment";
    assert_eq!(told(&failed[5]), ("@proxy", "other", None, Severity::Error, says));
    assert_eq!(failed.len(), 6, "one client too many is no failure");
    let log = proxy.registry.get::<failure_log::Handle>("proxy").unwrap();
    let own = log.operations().into_iter().find(|operation| operation.component() == "@proxy").unwrap();
    assert_eq!(own.counts().failures, 0, "nobody counts what the proxy does not refuse, so this has no rate");
}

#[tokio::test]
async fn an_origin_that_is_called_proxy_is_not_the_proxy() {
    let proxy = Running::with(&[nobody()], |config| {
        config.origins = vec!["http://proxy".parse().unwrap()];
    })
    .await;
    proxy.breakers[0].force_open();
    assert_eq!(proxy.ask(GET).await.status, 503);
    let failed = proxy.failures(1).await;
    assert_eq!((proxy.breakers[0].name(), &*failed[0].component), ("proxy", "@proxy"));
    assert!("http://@proxy".parse::<buttress_proxy::Origin>().is_err(), "no origin has this name");
}

#[tokio::test]
async fn each_of_many_origins_has_its_operations() {
    let origins: Vec<_> = (0..40).map(|_| nobody()).collect();
    let proxy = Running::with(&origins, |config| config.retries = 0).await;
    let log = proxy.registry.get::<failure_log::Handle>("proxy").unwrap();
    for origin in &origins {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "other"] {
            let component = origin.to_string();
            assert_eq!(log.operation(method, &component).component(), component);
        }
    }
}

/// A proxy that is to answer nine requests of ten well.
async fn promising(origin: &Origin, counts_refusals: bool) -> Running {
    Running::with(&[origin.address], |config| {
        config.objective = Some(promise(|builder| builder.count_rejections(counts_refusals)));
        config.limits.per_client = Some("9/h".parse().unwrap());
    })
    .await
}

#[tokio::test]
async fn c20_a_request_counts_once_by_how_it_ended_for_its_client() {
    for counts_refusals in [true, false] {
        let origin = Origin::start(Mode::ok()).await;
        let proxy = promising(&origin, counts_refusals).await;
        proxy.ask(GET).await;
        origin.set(Mode::text("404 Not Found", ""));
        proxy.ask(GET).await;
        assert_eq!(proxy.counted(2).await, (2, 0));
        origin.set(Mode::text("500 Oh No", ""));
        proxy.ask(GET).await;
        assert_eq!(proxy.counted(3).await, (3, 1));

        origin.set(Mode::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into()));
        let mut client = proxy.connect().await;
        client.send(GET).await;
        client.read_through(b"half").await;
        origin.open_gate();
        let _ = client.rest().await;
        assert_eq!(proxy.counted(4).await, (4, 2));

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
        assert_eq!(proxy.ask("CONNECT shop:80 HTTP/1.1\r\nHost: shop\r\n\r\n").await.status, 501);
        assert_eq!(proxy.ask(GET).await.status, 503);
        assert_eq!(proxy.ask(GET).await.status, 429);
        let refusals = if counts_refusals { 2 } else { 0 };
        assert_eq!(proxy.counted(4 + refusals).await, (4 + refusals, 2 + refusals), "{counts_refusals}");
    }
}
