//! What becomes of a body that does not end well: the client sees it broken off, and the breaker counts it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::ErrorKind;
use std::time::Duration;

use buttress::circuit_breaker::Totals;
use support::{Mode, Origin, PATIENCE, PIECE, Running};
use tokio::time::timeout;

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";
const GET_OF_OLD: &str = "GET / HTTP/1.0\r\nHost: shop\r\n\r\n";

const POST: &str = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nbody";
const POST_IN_CHUNKS: &str =
    "POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
const POST_OF_OLD: &str = "POST / HTTP/1.0\r\nHost: shop\r\nContent-Length: 4\r\n\r\nbody";

/// The request itself, and the same with a body. How an answer is judged does not depend on that.
fn with_bodies(request: &'static str) -> &'static [&'static str] {
    match request {
        GET => &[GET, POST, POST_IN_CHUNKS],
        GET_OF_OLD => &[GET_OF_OLD, POST_OF_OLD],
        _ => unreachable!("{request} has no such sibling"),
    }
}

/// The beginning of an answer, and twice half of its body.
const SIZED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";

/// How long an origin may pause here: much longer than anything takes that goes well.
const PAUSE: Duration = Duration::from_millis(300);

async fn impatient(origin: &Origin) -> Running {
    Running::with(&[origin.address], |config| config.body_timeout = PAUSE).await
}

/// Successes, failures and cancelled calls; nothing here is anything else.
fn counted(totals: Totals) -> (u64, u64, u64) {
    assert_eq!((totals.throttled, totals.ignored, totals.rejected), (0, 0, 0), "{totals:?}");
    (totals.successes, totals.failures, totals.cancelled)
}

#[tokio::test]
async fn h9_every_way_a_body_fails_is_one_failure_and_a_broken_connection() {
    let broken_chunk = |head: &str| Mode::Gated(head.into(), b"xyz\r\n".into());
    let cases = [
        (Mode::AnswerAndClose(SIZED.into()), GET),
        (Mode::AnswerAndClose(CHUNKED.into()), GET),
        (Mode::AnswerAndClose(format!("{CHUNKED}4\r\nha").into()), GET),
        (Mode::Answer(format!("{CHUNKED}xyz\r\n").into()), GET),
        (Mode::Cut(SIZED.into()), GET),
        (Mode::Cut(CHUNKED.into()), GET),
        (broken_chunk(CHUNKED), GET),
        // It never goes on.
        (Mode::Answer(SIZED.into()), GET),
        (Mode::Answer(CHUNKED.into()), GET),
        // An old client takes the end of the connection for the end of the body.
        (Mode::AnswerAndClose(CHUNKED.into()), GET_OF_OLD),
        (Mode::Cut(CHUNKED.into()), GET_OF_OLD),
        (broken_chunk(CHUNKED), GET_OF_OLD),
        (Mode::Answer(CHUNKED.into()), GET_OF_OLD),
        // Of a body without any framing only a reset tells that it was cut.
        (Mode::Cut(b"HTTP/1.1 200 OK\r\n\r\nhalf".into()), GET),
        (Mode::Cut(b"HTTP/1.1 200 OK\r\n\r\nhalf".into()), GET_OF_OLD),
    ];
    for (mode, request) in &cases {
        for request in with_bodies(request) {
            breaks_off(mode, request).await;
        }
    }
}

/// An answer that breaks off behind `half`, seen from all sides.
async fn breaks_off(mode: &Mode, request: &str) {
    let origin = Origin::start(mode.clone()).await;
    let proxy = impatient(&origin).await;
    let mut client = proxy.connect().await;
    client.send(request).await;
    client.read_through(b"half").await;
    origin.open_gate();
    let (rest, ended) = client.rest().await;
    let rest = String::from_utf8(rest).unwrap();
    let ended = ended.map_err(|error| error.kind());
    assert_eq!(ended, Err(ErrorKind::ConnectionReset), "{mode:?} to {request}: {rest:?}");
    assert!(!rest.ends_with("0\r\n\r\n"), "{mode:?} to {request}: {rest:?}");
    assert_eq!(counted(proxy.until_judged(1).await), (0, 1, 0), "{mode:?} to {request}");

    origin.set(Mode::ok());
    assert_eq!(proxy.ask(request).await.status, 200);
    assert_eq!(counted(proxy.until_judged(2).await), (1, 1, 0), "{mode:?} to {request}: counted again later");
}

#[tokio::test]
async fn h9_bodies_that_break_off_open_the_breaker_although_their_heads_are_well() {
    let origin = Origin::start(Mode::AnswerAndClose(SIZED.into())).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut asked = 0;
    while proxy.breakers[0].check().is_ok() {
        assert!(asked < 100, "a hundred cut bodies did not open the breaker");
        let mut client = proxy.connect().await;
        client.send(GET).await;
        let (_, ended) = client.rest().await;
        assert!(ended.is_err());
        asked += 1;
    }
    assert_eq!(proxy.breakers[0].snapshot().totals.failures, asked);
}

#[tokio::test]
async fn whole_answers_are_successes_once_their_end_is_there_whatever_tells_it() {
    let close = |answer: &str| Mode::AnswerAndClose(answer.into());
    let cases = [
        (Mode::ok(), GET, "ok"),
        (Mode::Answer(format!("{CHUNKED}0\r\n\r\n").into()), GET, "half"),
        (Mode::Answer(format!("{CHUNKED}0\r\nX-Sum: 1\r\n\r\n").into()), GET, "half"),
        (close("HTTP/1.1 200 OK\r\n\r\nall of it"), GET, "all of it"),
        (close("HTTP/1.1 200 OK\r\n\r\nall of it"), GET_OF_OLD, "all of it"),
        (Mode::Answer(format!("{CHUNKED}0\r\n\r\n").into()), GET_OF_OLD, "half"),
        (Mode::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".into()), GET, ""),
        (Mode::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".into()), GET, ""),
        (Mode::Answer(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\n".into()), GET, ""),
    ];
    for (mode, request, body) in &cases {
        for request in with_bodies(request) {
            is_whole(mode, request, body).await;
        }
    }
    let head_alone = Mode::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n".into());
    is_whole(&head_alone, "HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n", "").await;
}

/// A whole answer, seen from all sides.
async fn is_whole(mode: &Mode, request: &str, body: &str) {
    let origin = Origin::start(mode.clone()).await;
    let proxy = impatient(&origin).await;
    let mut client = proxy.connect().await;
    client.send(request).await;
    if body.is_empty() {
        client.head().await;
    } else {
        assert_eq!(client.answer().await.text(), body, "{mode:?} to {request}");
    }
    assert_eq!(counted(proxy.until_judged(1).await), (1, 0, 0), "{mode:?} to {request}");
    client.close().await;
    let (rest, ended) = client.rest().await;
    assert!(ended.is_ok() && rest.is_empty(), "{mode:?} to {request}: {ended:?}");
    assert_eq!(
        counted(proxy.breakers[0].snapshot().totals),
        (1, 0, 0),
        "{mode:?} to {request}: counted again later"
    );
}

#[tokio::test]
async fn h9_a_slow_reader_is_not_blamed_on_the_origin() {
    let origin = Origin::start(Mode::Endless).await;
    let proxy = impatient(&origin).await;
    let mut client = proxy.connect().await;
    client.send(GET).await;
    // Until nothing more of it fits anywhere, and has not for long, as nobody reads.
    let mut pieces = 0;
    while let Ok(log) = timeout(PAUSE * 3, origin.until(|log| log.pieces > pieces)).await {
        pieces = log.pieces;
    }
    assert_eq!(counted(proxy.breakers[0].snapshot().totals), (0, 0, 0));
    origin.open_gate();
    let whole = client.answer().await.body;
    assert_eq!(whole.len(), origin.log().pieces * PIECE);
    assert!(whole.iter().all(|byte| *byte == b'x'));
    assert_eq!(counted(proxy.until_judged(1).await), (1, 0, 0));
}

#[tokio::test]
async fn an_event_stream_is_judged_by_its_head_and_may_be_silent() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let first = format!("{head}9\r\ndata: 1\n\n\r\n");
    let origin = Origin::start(Mode::Gated(first.into(), b"9\r\ndata: 2\n\n\r\n0\r\n\r\n".into())).await;
    let proxy = impatient(&origin).await;
    let mut client = proxy.connect().await;
    client.send(GET).await;
    client.read_through(b"data: 1").await;
    assert_eq!(counted(proxy.breakers[0].snapshot().totals), (1, 0, 0), "its permit is back");
    tokio::time::sleep(PAUSE * 3).await;
    origin.open_gate();
    client.read_through(b"data: 2").await;
    client.read_through(b"0\r\n\r\n").await;
    assert_eq!(counted(proxy.breakers[0].snapshot().totals), (1, 0, 0));
}

#[tokio::test]
async fn an_answer_before_the_end_of_its_request_may_be_silent_as_long_as_the_client_is() {
    let origin = Origin::start(Mode::Early(CHUNKED.into())).await;
    let proxy = impatient(&origin).await;
    let mut client = proxy.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 8\r\n\r\nhalf").await;
    client.read_through(b"half").await;
    let silence = timeout(PAUSE * 3, client.read_through(b"more")).await;
    assert!(silence.is_err(), "its connection is not cut");
    assert_eq!(counted(proxy.breakers[0].snapshot().totals), (1, 0, 0));
}

#[tokio::test]
async fn an_answer_before_the_end_of_its_request_is_cut_when_only_the_origin_is_silent() {
    let sized = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 8\r\n\r\nhalf";
    let chunked = "POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    for (request, rest) in [(sized, "half"), (chunked, "0\r\n\r\n")] {
        let origin = Origin::start(Mode::Early(CHUNKED.into())).await;
        let proxy = impatient(&origin).await;
        let mut client = proxy.connect().await;
        client.send(request).await;
        client.read_through(b"half").await;
        let silence = timeout(PAUSE * 3, client.read_through(b"more")).await;
        assert!(silence.is_err(), "its connection is not cut: {request}");
        client.send(rest).await;
        let (_, ended) = client.rest().await;
        assert_eq!(ended.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset), "{request}");
        assert_eq!(counted(proxy.breakers[0].snapshot().totals), (1, 0, 0), "{request}");
    }
}

#[tokio::test]
async fn an_answer_before_the_end_of_its_request_is_cut_when_the_origin_neither_reads_nor_sends() {
    let origin = Origin::start(Mode::Early(CHUNKED.into())).await;
    let proxy = impatient(&origin).await;
    let (mut client, mut sender) = proxy.connect().await.split();
    let request = format!("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n", 1_u64 << 40);
    assert!(sender.send(request).await);
    let sending = tokio::spawn(async move { while sender.send([b'x'; PIECE]).await {} });
    client.read_through(b"half").await;
    let (_, ended) = client.rest().await;
    assert_eq!(ended.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    sending.await.unwrap();
}

#[tokio::test]
async fn h10_a_client_that_leaves_within_a_body_gives_the_permit_back_and_blames_nobody() {
    for (mode, request) in [
        (Mode::Answer(SIZED.into()), GET),
        (Mode::Answer(CHUNKED.into()), GET_OF_OLD),
        (Mode::Answer(SIZED.into()), POST),
        (Mode::Answer(CHUNKED.into()), POST_IN_CHUNKS),
    ] {
        let origin = Origin::start(mode.clone()).await;
        let proxy = Running::with(&[origin.address], |config| config.body_timeout = PATIENCE).await;
        let mut client = proxy.connect().await;
        client.send(request).await;
        client.read_through(b"half").await;
        assert_eq!(counted(proxy.breakers[0].snapshot().totals), (0, 0, 0), "{mode:?}: judged too early");
        drop(client);
        assert_eq!(counted(proxy.until_judged(1).await), (0, 0, 1), "{mode:?}");
    }
}
