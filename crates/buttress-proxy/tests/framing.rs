//! Byte streams that two parsers could read in two ways, sent to the proxy by hand.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::{Mode, Origin, Running};

/// Requests that have more than one reading, or none.
const MALFORMED: &[(&str, &str)] = &[
    (
        "length, then coding",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "coding, then length",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    ),
    ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    ("one length twice", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    ("a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc"),
    ("a signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc"),
    ("a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc"),
    ("a length in two parts", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:  5 5\r\n\r\nabcde"),
    ("an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n"),
    ("a length of 2^64", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n"),
    ("a length of 2^64 + 3", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551619\r\n\r\nabc"),
    ("a hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc"),
    ("another coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ("two codings", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    (
        "chunked twice",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("almost chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
    ("a folded coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    ("space before a colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc"),
    ("tab before a colon", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
    ("space before a name", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    ("a field without a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
    ("a field without a name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"),
    ("a bare CR", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n"),
    ("a bare LF behind a field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n"),
    ("a bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    ("bare LFs alone", "GET / HTTP/1.1\nHost: a\n\n"),
    ("a NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
    ("a NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0: a\r\n\r\n"),
    ("a NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("two spaces in the request line", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("no version", "GET /\r\nHost: a\r\n\r\n"),
    ("another version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ("another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ("many empty lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
];

/// Bodies that break their framing behind a head that is fine.
const MALFORMED_CHUNKS: &[(&str, &str)] = &[
    ("no digit", "\r\nabc\r\n0\r\n\r\n"),
    ("no digit before an extension", ";a=b\r\nabc\r\n0\r\n\r\n"),
    ("a prefix", "0x3\r\nabc\r\n0\r\n\r\n"),
    ("a sign", "+3\r\nabc\r\n0\r\n\r\n"),
    ("space before a size", " 3\r\nabc\r\n0\r\n\r\n"),
    ("space behind a size", "3 \r\nabc\r\n0\r\n\r\n"),
    ("a size of 2^64 + 3", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("a size with endless zeros", "0000000000000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("a bare LF behind a size", "3\nabc\r\n0\r\n\r\n"),
    ("a bare CR behind a size", "3\rabc\r\n0\r\n\r\n"),
    ("a bare LF in an extension", "3;a\nabc\r\n0\r\n\r\n"),
    ("a NUL in an extension", "3;\0\r\nabc\r\n0\r\n\r\n"),
    ("a bare LF behind data", "3\r\nabc\n0\r\n\r\n"),
    ("data longer than its size", "3\r\nabcd\r\n0\r\n\r\n"),
    ("data shorter than its size", "4\r\nabc\r\n0\r\n\r\n"),
    ("a bare LF at the end", "3\r\nabc\r\n0\n\n"),
    ("a trailer without a colon", "3\r\nabc\r\n0\r\nX\r\n\r\n"),
    ("a trailer with space before its colon", "3\r\nabc\r\n0\r\nX : a\r\n\r\n"),
    ("a bare LF in the trailers", "3\r\nabc\r\n0\r\nX: a\n\r\n"),
    ("framing in the trailers", "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n"),
];

/// A complete request that must not be seen behind anything malformed.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends `stream` and expects one refusal and a closed connection.
async fn is_refused(proxy: &Running, what: &str, stream: &[&str]) {
    let mut client = proxy.connect().await;
    for piece in stream {
        client.send(piece).await;
        // The proxy shares this thread, so it may see the piece by itself.
        tokio::task::yield_now().await;
    }
    let (answer, _) = client.rest().await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{what}: {answer:?}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}: {answer:?}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{what}: {answer:?}");
}

#[tokio::test]
async fn h1_malformed_heads_are_refused_and_never_reach_the_origin() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    for (what, stream) in MALFORMED {
        is_refused(&proxy, what, &[stream, SMUGGLED]).await;
        is_refused(&proxy, what, &[&format!("{stream}{SMUGGLED}")]).await;
        let (first, second) = stream.split_at(stream.len() / 2);
        is_refused(&proxy, what, &[first, second, SMUGGLED]).await;
    }
    assert_eq!(origin.log().heads, 0);
}

#[tokio::test]
async fn h1_malformed_chunks_are_refused_and_no_request_becomes_whole() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = format!("3;{}\r\nabc\r\n0\r\n\r\n", "a".repeat(5000));
    let trailers = format!("3\r\nabc\r\n0\r\nX: {}\r\n\r\n", "a".repeat(20_000));
    let floods = [("a huge extension", &extension[..]), ("huge trailers", &trailers[..])];
    for (what, body) in MALFORMED_CHUNKS.iter().chain(&floods) {
        is_refused(&proxy, what, &[&format!("{head}{body}{SMUGGLED}")]).await;
        is_refused(&proxy, what, &[head, body, SMUGGLED]).await;
    }
    assert_eq!(origin.log().requests.len(), 0);
    let totals = proxy.breakers[0].snapshot().totals;
    assert_eq!(
        (totals.failures, totals.successes),
        (0, 0),
        "a client's mistake says nothing about the origin"
    );
}

#[tokio::test]
async fn h1_a_malformed_request_behind_a_good_one_does_not_hurt_it() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    for (what, stream) in MALFORMED {
        let mut client = proxy.connect().await;
        client
            .send(format!("POST /good HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc{stream}{SMUGGLED}"))
            .await;
        assert_eq!(client.answer().await.status, 200, "{what}");
        assert_eq!(client.answer().await.status, 400, "{what}");
        assert_eq!(client.rest().await.0, b"", "{what}");
    }
    let log = origin.log();
    assert_eq!(log.requests.len(), MALFORMED.len());
    assert!(log.requests.iter().all(|request| request.line() == "POST /good HTTP/1.1"));
}

#[tokio::test]
async fn h1_a_body_that_breaks_off_never_completes_a_request() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    for request in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ] {
        let ended = origin.log().ended;
        let mut client = proxy.connect().await;
        client.send(request).await;
        origin.until(|log| log.heads == ended + 1).await;
        drop(client);
        origin.until(|log| log.ended == ended + 1).await;
    }
    assert_eq!(origin.log().requests.len(), 0);
    assert_eq!(proxy.breakers[0].snapshot().totals.failures, 0);
}

#[tokio::test]
async fn h2_pipelined_requests_are_answered_in_order_and_bodies_are_not_requests() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let stream = format!(
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{SMUGGLED}\
         POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{SMUGGLED}\r\n0\r\n\r\n\
         GET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
        length = SMUGGLED.len()
    );
    for size in [1, 7, 64, stream.len()] {
        let mut client = proxy.connect().await;
        for piece in stream.as_bytes().chunks(size) {
            client.send(piece).await;
        }
        for _ in 0..3 {
            assert_eq!(client.answer().await.status, 200);
        }
    }
    let log = origin.log();
    let lines: Vec<&str> = log.requests.iter().map(|request| request.line()).collect();
    let each = ["POST /1 HTTP/1.1", "POST /2 HTTP/1.1", "GET /3 HTTP/1.1"];
    assert_eq!(lines, each.repeat(4));
}

#[tokio::test]
async fn h8_heads_and_targets_over_the_limits_are_refused() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(40_000));
    let endless = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "a".repeat(200_000));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(100));
    let target = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(10_000));
    for (request, status) in [(long, 431), (endless, 431), (many, 431), (target, 414)] {
        assert_eq!(proxy.ask(&request).await.status, status);
    }
    assert_eq!(origin.log().heads, 0);
}

#[tokio::test]
async fn h3_an_early_answer_goes_out_at_once_and_the_body_is_no_request() {
    let refused = support::nobody();
    let proxy = Running::before(&[refused]).await;
    // Announced, but the client waits with it.
    let mut client = proxy.connect().await;
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", SMUGGLED.len());
    client.send(&head).await;
    assert_eq!(client.answer().await.status, 502);
    // What it sends then is still the body; only what follows is a request.
    client.send(format!("{SMUGGLED}{head}")).await;
    assert_eq!(client.answer().await.status, 502);
    client.send(SMUGGLED).await;
    client.close().await;
    assert_eq!(client.rest().await.0, b"");
}

#[tokio::test]
async fn h3_a_large_unread_body_closes_the_connection_and_the_answer_still_arrives() {
    let refused = support::nobody();
    let proxy = Running::before(&[refused]).await;
    let mut client = proxy.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 502);
    let bodies = SMUGGLED.repeat(1000);
    while client.try_send(&bodies).await {}
    assert!(!String::from_utf8_lossy(&client.rest().await.0).contains("HTTP/1.1"));
}

#[tokio::test]
async fn h3_an_origin_that_answers_before_the_body_is_heard_at_once() {
    let origin =
        Origin::start(Mode::Early(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig".into()))
            .await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nabc").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.text()), (413, "big".to_owned()));
    while client.try_send(&SMUGGLED.repeat(1000)).await {}
    assert!(!String::from_utf8_lossy(&client.rest().await.0).contains("HTTP/1.1"));
    assert_eq!(origin.log().heads, 1);
}

#[tokio::test]
async fn h3_an_origin_that_answers_and_reads_no_further_does_not_hold_the_client() {
    let origin =
        Origin::start(Mode::Early(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig".into()))
            .await;
    let proxy = Running::before(&[origin.address]).await;
    let client = proxy.connect().await;
    let (mut answers, mut body) = client.split();
    // The client never stops sending, so the way to the origin is full when the answer comes.
    let sending = tokio::spawn(async move {
        body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n").await;
        while body.send(&SMUGGLED.repeat(1000)).await {}
    });
    answers.read_through(b"\r\n\r\nbig").await;
    support::soon(sending).await.unwrap();
    assert_eq!(origin.log().heads, 1);
}

/// A generator that gives the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A well-framed request named by `name`, with a body that looks like one.
    fn good(&mut self, name: &str) -> String {
        let body = SMUGGLED.repeat(1 + self.below(3));
        let (length, half) = (body.len(), self.below(body.len() - 1) + 1);
        let (first, second) = body.split_at(half);
        match self.below(4) {
            0 => format!("GET {name} HTTP/1.1\r\nHost: a\r\n\r\n"),
            1 => format!("\r\nGET {name} HTTP/1.1\r\nHost: a\r\nX: Content-Length: 5\r\n\r\n"),
            2 => format!("POST {name} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}"),
            _ => format!(
                "POST {name} HTTP/1.1\r\ntransfer-encoding: chunked\r\nHost: a\r\n\r\n\
                 {half:X}\r\n{first}\r\n{:x};x=y\r\n{second}\r\n0\r\nX: y\r\n\r\n",
                length - half
            ),
        }
    }

    /// Something malformed.
    fn bad(&mut self) -> String {
        if self.below(2) == 0 {
            return self.pick(MALFORMED).1.to_owned();
        }
        let body = self.pick(MALFORMED_CHUNKS).1;
        format!("POST /bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
    }
}

#[tokio::test]
async fn h2_random_streams_reach_the_origin_up_to_what_is_malformed_and_no_further() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut expected = Vec::new();
    for stream in 0..400 {
        let good: Vec<String> = (0..dice.below(5)).map(|request| format!("/{stream}/{request}")).collect();
        let mut bytes: String = good.iter().map(|name| dice.good(name)).collect();
        bytes.push_str(&dice.bad());
        bytes.push_str(&SMUGGLED.repeat(dice.below(3)));

        let mut client = proxy.connect().await;
        let mut rest = bytes.as_bytes();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at((1 + dice.below(200)).min(rest.len()));
            client.send(piece).await;
            if dice.below(2) == 0 {
                tokio::task::yield_now().await;
            }
            rest = later;
        }
        for name in &good {
            assert_eq!(client.answer().await.status, 200, "{name} of {bytes:?}");
        }
        assert_eq!(client.answer().await.status, 400, "{bytes:?}");
        assert_eq!(client.rest().await.0, b"", "{bytes:?}");
        expected.extend(good);
    }
    let log = origin.log();
    let seen: Vec<&str> = log.requests.iter().map(|whole| whole.line().split(' ').nth(1).unwrap()).collect();
    assert_eq!(seen, expected);
}
