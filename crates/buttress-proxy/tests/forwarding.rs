//! What reaches an origin, what comes back, and how it streams.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use support::{Mode, Origin, Running, soon};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn requests_and_answers_pass_with_keep_alive_on_both_sides() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    for turn in 0..50 {
        client
            .send(format!("POST /a?turn={turn} HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nabc"))
            .await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.text()), (200, "ok".to_owned()));
    }
    let log = origin.log();
    assert_eq!(log.connections, 1, "the connection to the origin is kept");
    let lines: Vec<&str> = log.requests.iter().map(|request| request.line()).collect();
    let expected: Vec<String> = (0..50).map(|turn| format!("POST /a?turn={turn} HTTP/1.1")).collect();
    assert_eq!(lines, expected);
    assert!(log.requests.iter().all(|request| request.body == b"abc"));
}

#[tokio::test]
async fn origins_take_turns() {
    let origins =
        [Origin::start(Mode::ok()).await, Origin::start(Mode::ok()).await, Origin::start(Mode::ok()).await];
    let proxy = Running::before(&origins.each_ref().map(|origin| origin.address)).await;
    let mut client = proxy.connect().await;
    for _ in 0..30 {
        client.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(origins.each_ref().map(|origin| origin.log().requests.len()), [10, 10, 10]);
}

#[tokio::test]
async fn an_origin_that_is_named_in_two_ways_has_one_breaker_and_one_host() {
    let origin = Origin::start(Mode::ok()).await;
    let port = origin.address.port();
    let names = [format!("http://LocalHost:{port}"), format!("http://localhost:0{port}/")];
    let proxy = Running::with(&[], |config| {
        config.origins = names.iter().map(|name| name.parse().unwrap()).collect();
    })
    .await;
    for _ in &names {
        assert_eq!(proxy.ask("GET / HTTP/1.0\r\n\r\n").await.status, 200);
    }
    let asked: Vec<u64> = proxy.breakers.iter().map(|breaker| breaker.snapshot().totals.successes).collect();
    assert_eq!(asked, [2, 2], "each shows the same breaker");
    let host = Some(format!("localhost:{port}"));
    assert!(origin.log().requests.iter().all(|request| request.field("host") == host));
}

#[tokio::test]
async fn h5_requests_lose_hop_by_hop_fields_and_claims_about_the_way() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let request = "GET / HTTP/1.1\r\nHost: shop.example:8080\r\nAuthorization: Bearer t\r\nCookie: a=b\r\n\
        Connection: close, X-Hop, Host, Authorization, Cookie, X-Forwarded-For\r\nConnection: x-other\r\n\
        X-Hop: 1\r\nX-Other: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\n\
        Proxy-Authorization: Basic Zm9v\r\nUpgrade: websocket\r\nTrailer: x\r\n\
        X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: bank\r\n\
        Forwarded: for=10.0.0.1\r\nX-Kept: 1\r\n\r\n";
    assert_eq!(proxy.ask(request).await.status, 200);
    let [request] = &origin.log().requests[..] else { panic!("one request") };
    for (name, value) in [
        ("host", Some("shop.example:8080")),
        ("authorization", Some("Bearer t")),
        ("cookie", Some("a=b")),
        ("x-kept", Some("1")),
        ("x-forwarded-for", Some("127.0.0.1")),
        ("x-forwarded-proto", Some("http")),
        ("x-forwarded-host", Some("shop.example:8080")),
        ("forwarded", Some("for=127.0.0.1;proto=http")),
        ("connection", None),
        ("x-hop", None),
        ("x-other", None),
        ("keep-alive", None),
        ("proxy-connection", None),
        ("proxy-authorization", None),
        ("te", None),
        ("trailer", None),
        ("upgrade", None),
    ] {
        assert_eq!(request.field(name).as_deref(), value, "{name}");
    }
}

#[tokio::test]
async fn h5_answers_lose_hop_by_hop_fields() {
    let answer = "HTTP/1.1 200 OK\r\nConnection: X-Hop, content-length\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
        Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 2\r\n\r\nok";
    let origin = Origin::start(Mode::Answer(answer.into())).await;
    let proxy = Running::before(&[origin.address]).await;
    let answer = proxy.ask("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    for (name, value) in [
        ("content-length", Some("2")),
        ("set-cookie", Some("a=b, c=d")),
        ("connection", None),
        ("x-hop", None),
        ("keep-alive", None),
        ("proxy-authenticate", None),
        ("upgrade", None),
    ] {
        assert_eq!(answer.field(name).as_deref(), value, "{name}");
    }
}

#[tokio::test]
async fn hosts_come_from_the_field_or_the_target_and_are_never_ambiguous() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let port = origin.address.to_string();
    for (request, host) in [
        ("GET / HTTP/1.1\r\nHost: shop\r\n\r\n", "shop"),
        ("GET http://store:81/ HTTP/1.1\r\nHost: shop\r\n\r\n", "store:81"),
        ("GET / HTTP/1.0\r\n\r\n", &port),
        ("OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n", "shop"),
    ] {
        assert_eq!(proxy.ask(request).await.status, 200, "{request}");
        let log = origin.log();
        let forwarded = log.requests.last().unwrap();
        assert_eq!(forwarded.field("host").as_deref(), Some(host), "{request}");
        assert_eq!(forwarded.field("x-forwarded-host").as_deref(), Some(host), "{request}");
        assert!(forwarded.line().ends_with(if request.contains('*') {
            " * HTTP/1.1"
        } else {
            " / HTTP/1.1"
        }));
    }
    for request in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET https://shop/ HTTP/1.1\r\nHost: shop\r\n\r\n",
    ] {
        assert_eq!(proxy.ask(request).await.status, 400, "{request}");
    }
    assert_eq!(origin.log().heads, 4);
}

#[tokio::test]
async fn h4_no_tunnel_is_opened() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let answer = proxy.ask("CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\n").await;
    assert_eq!(answer.status, 501);
    assert!(answer.text().contains("tunnel"), "{answer:?}");
    assert_eq!(origin.log().heads, 0);

    origin.set(Mode::Answer(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw".into(),
    ));
    let request = "GET / HTTP/1.1\r\nHost: shop\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    assert_eq!(proxy.ask(request).await.status, 502);
}

#[tokio::test]
async fn head_requests_and_empty_answers_have_no_body() {
    let origin = Origin::start(Mode::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".into())).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    client.send("HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    assert!(client.head().await.contains("content-length: 5"));
    origin.set(Mode::Answer(b"HTTP/1.1 304 Not Modified\r\n\r\n".into()));
    client.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 304 "));
    origin.set(Mode::HangUp);
    client.send("HEAD / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").await;
    let (rest, _) = client.rest().await;
    let rest = String::from_utf8(rest).unwrap();
    assert!(rest.starts_with("HTTP/1.1 502 ") && rest.ends_with("\r\n\r\n"), "{rest}");
}

#[tokio::test]
async fn chunked_bodies_pass_both_ways_and_trailers_do_not() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n";
    let origin = Origin::start(Mode::Answer(answer.into())).await;
    let proxy = Running::before(&[origin.address]).await;
    for method in ["POST", "GET"] {
        let request = format!(
            "{method} / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nxy\r\n1\r\nz\r\n0\r\nX-T: 1\r\n\r\n"
        );
        let answer = proxy.ask(&request).await;
        assert_eq!((answer.status, answer.text()), (200, "abc".to_owned()));
        assert_eq!(answer.field("content-length"), None);
        assert_eq!(origin.log().requests.last().unwrap().body, b"xyz", "{method}");
    }
}

#[tokio::test]
async fn an_answer_streams_before_it_is_complete() {
    let first = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n".to_vec();
    let origin = Origin::start(Mode::Gated(first, b"4\r\nlast\r\n0\r\n\r\n".into())).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    client.read_through(b"first\r\n").await;
    origin.open_gate();
    client.read_through(b"last\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn an_upload_streams_before_it_is_complete() {
    let origin = Origin::start(Mode::HeadOnly).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\n").await;
    origin.until(|log| log.heads == 1).await;
}

#[tokio::test]
async fn an_upload_that_nobody_reads_is_not_buffered() {
    const WHOLE: usize = 64 << 20;
    let origin = Origin::start(Mode::HeadOnly).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    client.send(format!("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: {WHOLE}\r\n\r\n")).await;
    origin.until(|log| log.heads == 1).await;
    let chunk = vec![b'x'; 1 << 16];
    let mut sent = 0;
    // The sockets on the way hold a few megabytes; then the client has to wait.
    while let Ok(written) = tokio::time::timeout(Duration::from_secs(1), client.socket.write(&chunk)).await {
        sent += written.unwrap();
        assert!(sent < WHOLE, "the whole body went out with nobody to read it");
    }
}

#[tokio::test]
async fn a_client_that_waits_to_be_told_is_told_to_continue() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 100 "));
    client.send("abc").await;
    assert_eq!(client.answer().await.status, 200);
    let log = soon(origin.until(|log| log.requests.len() == 1)).await;
    assert_eq!(log.requests[0].field("expect"), None);
}
