//! What becomes of the body of a request that is sent again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;

use support::{Mode, Origin, Running, nobody};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// The longest body that is kept for another attempt.
const REPLAYED: usize = 64 * 1024;

/// An origin that is well, and one in `mode` before it.
async fn pair(mode: &Mode) -> [Origin; 2] {
    [Origin::start(mode.clone()).await, Origin::start(Mode::ok()).await]
}

fn addresses(origins: &[Origin]) -> Vec<SocketAddr> {
    origins.iter().map(|origin| origin.address).collect()
}

fn status(line: &str) -> Mode {
    Mode::text(line, "no")
}
/// A PUT with a body of so many bytes, framed in one of both ways.
fn put(length: usize, chunked: bool) -> (Vec<u8>, Vec<u8>) {
    let body: Vec<u8> = (0..length).map(|at| b'a' + (at % 23) as u8).collect();
    let mut request = b"PUT / HTTP/1.1\r\nHost: shop\r\n".to_vec();
    if chunked {
        request.extend(b"Transfer-Encoding: chunked\r\n\r\n");
        for chunk in body.chunks(5000) {
            request.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
            request.extend(chunk);
            request.extend(b"\r\n");
        }
        request.extend(b"0\r\n\r\n");
    } else {
        request.extend(format!("Content-Length: {length}\r\n\r\n").as_bytes());
        request.extend(&body);
    }
    (request, body)
}

#[tokio::test]
async fn e7_a_body_arrives_as_it_was_sent_also_the_second_time() {
    let early = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_vec();
    for mode in [Mode::HangUp, Mode::ResetAfter, Mode::Early(early), status("503 Service Unavailable")] {
        for length in [0, 1, 9_999, REPLAYED] {
            for chunked in [false, true] {
                let origins = pair(&mode).await;
                let proxy = Running::before(&addresses(&origins)).await;
                let (request, body) = put(length, chunked);
                let mut client = proxy.connect().await;
                client.send(&request).await;
                let at = format!("{mode:?}, {length} bytes, chunked: {chunked}");
                assert_eq!(client.answer().await.status, 200, "{at}");
                let requests = origins[1].log().requests;
                assert_eq!(requests.len(), 1, "{at}");
                assert!(requests[0].body == body, "{at}");
                let coded = requests[0].field("transfer-encoding").is_some();
                assert!(coded == chunked || length == 0, "{at}: {}", requests[0].head);
                // The client's connection takes the next request. An origin that reads no further has none.
                if !matches!(mode, Mode::Early(_)) {
                    client.send(GET).await;
                    assert_eq!(client.answer().await.status, 200, "{at}");
                }
            }
        }
    }
}

#[tokio::test]
async fn e7_a_body_that_is_too_long_to_keep_is_sent_once() {
    for chunked in [false, true] {
        let origins = pair(&Mode::ResetAfter).await;
        let proxy = Running::before(&addresses(&origins)).await;
        let (request, body) = put(REPLAYED + 1, chunked);
        let mut client = proxy.connect().await;
        client.send(&request).await;
        assert_eq!(client.answer().await.status, 502, "chunked: {chunked}");
        let requests = origins[0].log().requests;
        assert_eq!((requests.len(), origins[1].log().heads), (1, 0), "chunked: {chunked}");
        assert!(requests[0].body == body);
    }
}

#[tokio::test]
async fn e7_a_body_that_is_too_long_to_keep_goes_on_whole_where_nobody_took_of_it() {
    for chunked in [false, true] {
        let origin = Origin::start(Mode::ok()).await;
        let proxy = Running::before(&[nobody(), origin.address]).await;
        let (request, body) = put(REPLAYED + 1, chunked);
        let mut client = proxy.connect().await;
        client.send(&request).await;
        assert_eq!(client.answer().await.status, 200, "chunked: {chunked}");
        assert!(origin.log().requests[0].body == body);
    }
}

#[tokio::test]
async fn e7_a_body_that_is_still_on_its_way_goes_to_the_next_origin() {
    let origins = pair(&Mode::HangUp).await;
    let proxy = Running::before(&addresses(&origins)).await;
    let mut client = proxy.connect().await;
    client.send("PUT / HTTP/1.1\r\nHost: shop\r\nContent-Length: 8\r\n\r\nhalf").await;
    origins[1].until(|log| log.heads == 1).await;
    client.send("more").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(origins[1].log().requests[0].body, b"halfmore");
}

#[tokio::test]
async fn e7_a_client_that_was_told_to_continue_is_not_told_again() {
    let origins = pair(&Mode::ResetAfter).await;
    let proxy = Running::before(&addresses(&origins)).await;
    let mut client = proxy.connect().await;
    client.send("PUT / HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 100"));
    client.send("body").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.text()), (200, "ok".to_owned()));
    assert_eq!(origins[1].log().requests[0].body, b"body");
}

#[tokio::test]
async fn e7_a_client_that_spoils_its_body_between_attempts_is_told_so_and_no_origin_is_blamed() {
    let origins = [Origin::start(Mode::HangUp).await, Origin::start(Mode::HeadOnly).await];
    let proxy = Running::before(&addresses(&origins)).await;
    let mut client = proxy.connect().await;
    client.send("PUT / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n").await;
    origins[1].until(|log| log.heads == 1).await;
    client.send("no chunk\r\n").await;
    assert_eq!(client.answer().await.status, 400);
    let failures = [0, 1].map(|origin: usize| proxy.breakers[origin].snapshot().totals.failures);
    assert_eq!(failures, [1, 0]);
}
