//! What the proxy remembers of requests whose answer did not begin in time, and whose time that was.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use buttress::FailureKind;
use buttress::failure_log::Severity;
use support::{Mode, Origin, Running, promise};
use tokio::time::sleep;

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

/// A proxy whose answers are to begin within this time.
async fn prompt(origin: &Origin, within: Duration) -> Running {
    Running::with(&[origin.address], |config| {
        config.objective = Some(promise(|builder| builder.slower_than(within)));
        config.retries = 0;
    })
    .await
}

/// Has a client wait at least so long for an answer that does not begin, and leave.
async fn leave_after(time: Duration, proxy: &Running, origin: &Origin) {
    let requests = origin.log().requests.len();
    let mut client = proxy.connect().await;
    client.send(GET).await;
    origin.until(|log| log.requests.len() > requests).await;
    sleep(time).await;
}

#[tokio::test]
async fn s2_86_a_request_is_late_by_when_its_answer_begins() {
    let within = Duration::from_millis(500);
    let late = Origin::start(Mode::Gated(Vec::new(), [HEAD, b"ok"].concat())).await;
    let proxy = prompt(&late, within).await;
    let mut client = proxy.connect().await;
    client.send(GET).await;
    late.until(|log| log.requests.len() == 1).await;
    sleep(within).await;
    late.open_gate();
    client.read_through(b"ok").await;
    assert_eq!(proxy.counted(1).await, (1, 1), "its head was late");

    let slow = Origin::start(Mode::Gated([HEAD, b"o"].concat(), b"k".into())).await;
    let proxy = prompt(&slow, within).await;
    let mut client = proxy.connect().await;
    client.send(GET).await;
    client.read_through(b"\r\n\r\no").await;
    sleep(within).await;
    slow.open_gate();
    client.read_through(b"k").await;
    assert_eq!(proxy.counted(1).await, (1, 0), "only its body was");
}

#[tokio::test]
async fn c20_a_client_that_leaves_after_too_long_a_wait_leaves_a_bad_request_and_a_warning() {
    let origin = Origin::start(Mode::Silent).await;
    let within = Duration::from_millis(50);
    let proxy = prompt(&origin, within).await;
    leave_after(within, &proxy, &origin).await;
    assert_eq!(proxy.counted(1).await, (1, 1));
    let failed = proxy.failures(1).await;
    assert_eq!((&*failed[0].component, &*failed[0].operation), (&*origin.address.to_string(), "GET"));
    assert_eq!((failed[0].attempt, failed[0].severity), (Some(1), Severity::Warning));
    assert_eq!(failed[0].kind, Some(FailureKind::Timeout));
    assert!(failed[0].message.starts_with("left by its client after 0."), "{}", failed[0].message);
    assert!(failed[0].duration.unwrap() >= within, "{failed:?}");
    assert_eq!(failed.len(), 1);
}

#[tokio::test]
async fn c20_without_a_limit_on_latency_half_of_that_on_an_attempt_is_too_long() {
    let origin = Origin::start(Mode::Silent).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.objective = Some(promise(|builder| builder));
        config.attempt_timeout = Duration::from_secs(1);
        config.retries = 0;
    })
    .await;
    leave_after(Duration::from_millis(500), &proxy, &origin).await;
    assert_eq!(proxy.counted(1).await, (1, 1));
}

#[tokio::test]
async fn c20_a_client_that_leaves_before_that_is_not_counted() {
    let origin = Origin::start(Mode::Silent).await;
    let proxy = prompt(&origin, Duration::from_secs(3600)).await;
    leave_after(Duration::ZERO, &proxy, &origin).await;
    proxy.until_judged(1).await;
    origin.set(Mode::ok());
    assert_eq!(proxy.ask(GET).await.status, 200);
    assert_eq!(proxy.counted(1).await, (1, 0));
    assert_eq!(proxy.failures(0).await.len(), 0);
}

#[tokio::test]
async fn s2_86_the_time_in_which_a_client_sends_its_body_is_not_the_origins() {
    let within = Duration::from_secs(2);
    let upload = async |answer: Mode| {
        let origin = Origin::start(answer).await;
        let proxy = prompt(&origin, within).await;
        let mut client = proxy.connect().await;
        client.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\na").await;
        sleep(within).await;
        client.send("b").await;
        client.answer().await;
        proxy
    };
    let (well, failing) = tokio::join!(upload(Mode::ok()), upload(Mode::text("500 Oh No", "")));
    assert_eq!(well.counted(1).await, (1, 0));
    let failed = failing.failures(1).await;
    assert!(failed[0].duration.unwrap() < within, "{failed:?}");
}

#[tokio::test]
async fn an_attempt_that_the_time_of_its_request_cuts_short_is_its_origins() {
    let origins = [Origin::start(Mode::Silent).await, Origin::start(Mode::Silent).await];
    let proxy = Running::with(&origins.each_ref().map(|origin| origin.address), |config| {
        config.attempt_timeout = Duration::from_millis(600);
        config.timeout = Duration::from_secs(1);
    })
    .await;
    assert_eq!(proxy.ask(GET).await.status, 504);
    let failed = proxy.failures(2).await;
    for (at, severity) in [Severity::Warning, Severity::Error].into_iter().enumerate() {
        let told = (&*failed[at].component, failed[at].severity, failed[at].kind);
        let origin = origins[at].address.to_string();
        assert_eq!(told, (origin.as_str(), severity, Some(FailureKind::Timeout)), "{failed:#?}");
    }
    assert_eq!(failed.len(), 2);
}
