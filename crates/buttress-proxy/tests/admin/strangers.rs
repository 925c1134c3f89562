//! Who sees and does nothing of it.

use std::time::Duration;

use crate::support::{Answer, Client, Running};
use crate::{GET, PAGES, proxy_of};
use buttress::circuit_breaker::State;

#[tokio::test]
async fn h12_other_hosts_are_sent_away_from_every_page() {
    let (proxy, _origins) = proxy_of::<1>().await;
    let port = proxy.admin.port();
    let mut cases = Vec::new();
    for path in PAGES.into_iter().chain(["/", "/nothing"]) {
        cases.push(format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
        cases.push(format!("GET {path} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n"));
        cases.push(format!("POST {path} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n"));
        cases.push(format!("GET {path} HTTP/1.1\r\n\r\n"));
        cases.push(format!("GET {path} HTTP/1.0\r\n\r\n"));
        cases.push(format!("GET http://evil.example{path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }
    for request in cases {
        let mut client = Client::connect(proxy.admin).await;
        client.send(&request).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 421, "{request}");
        assert!(answer.text().contains("localhost"), "{request}: {}", answer.text());
    }
    for host in ["localhost", "127.0.0.1", "[::1]", &format!("localhost:{port}")] {
        let mut client = Client::connect(proxy.admin).await;
        client.send(format!("GET /status HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(client.answer().await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn h12_pages_are_read_only_and_no_other_site_may_read_them() {
    let (proxy, _origins) = proxy_of::<1>().await;
    for path in PAGES {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let mut client = Client::connect(proxy.admin).await;
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\
                 Access-Control-Request-Method: GET\r\nContent-Length: 0\r\n\r\n"
            );
            client.send(request).await;
            let answer = client.answer().await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.field("allow").as_deref(), Some("GET,HEAD"), "{method} {path}");
        }
        let mut client = Client::connect(proxy.admin).await;
        client
            .send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n"))
            .await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.head.to_ascii_lowercase().contains("access-control"), "{}", answer.head);
        assert_eq!(answer.field("cache-control").as_deref(), Some("no-store"));
    }
    let answer = proxy.page("/nothing").await;
    assert_eq!(answer.status, 404);
    for path in PAGES {
        assert!(answer.text().contains(path), "{}", answer.text());
    }
}

/// Has everything reset, with these fields besides.
async fn reset(proxy: &Running, query: &str, fields: &str) -> Answer {
    let mut client = Client::connect(proxy.admin).await;
    let head =
        format!("POST /health/reset{query} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n", proxy.admin);
    client.send(format!("{head}{fields}\r\n")).await;
    client.answer().await
}

#[tokio::test]
async fn h12_no_web_page_of_others_can_have_anything_reset() {
    let (proxy, _origins) = proxy_of::<1>().await;
    proxy.breakers[0].force_open();
    for fields in [
        "",
        "Origin: http://evil.example\r\n",
        "Content-Type: text/plain\r\n",
        "Buttress-Command: 1\r\nOrigin: http://evil.example\r\n",
        "Buttress-Command: 1\r\nOrigin: null\r\n",
        "Buttress-Command: 1\r\nOrigin: http://localhost\r\nOrigin: http://evil.example\r\n",
        "Buttress-Command: 1\r\nOrigin: http://localhost.evil.example\r\n",
    ] {
        assert_eq!(reset(&proxy, "", fields).await.status, 403, "{fields}");
        assert_eq!(proxy.breakers[0].state(), State::ForcedOpen, "{fields}");
    }
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] {
        let mut client = Client::connect(proxy.admin).await;
        let fields = "Host: localhost\r\nButtress-Command: 1\r\nContent-Length: 0\r\n";
        client.send(format!("{method} /health/reset HTTP/1.1\r\n{fields}\r\n")).await;
        let head = client.head().await;
        assert!(head.starts_with("HTTP/1.1 405 "), "{method}: {head}");
        assert!(!head.to_ascii_lowercase().contains("access-control"), "{method}: {head}");
        assert_eq!(proxy.breakers[0].state(), State::ForcedOpen, "{method}");
    }
    let command = "Buttress-Command: 1\r\n";
    for query in ["?name=nobody", "?nam=x", "?name=a&name=b"] {
        assert!(matches!(reset(&proxy, query, command).await.status, 400 | 404), "{query}");
        assert_eq!(proxy.breakers[0].state(), State::ForcedOpen, "{query}");
    }
    let ours = format!("{command}Origin: http://localhost:{}\r\n", proxy.admin.port());
    assert_eq!(reset(&proxy, "", &ours).await.status, 200);
    assert_eq!(proxy.breakers[0].state(), State::Closed);
}

#[tokio::test]
async fn h12_the_port_of_the_clients_has_no_such_pages() {
    let (proxy, origins) = proxy_of::<1>().await;
    for path in PAGES {
        for host in ["shop".to_owned(), proxy.admin.to_string(), "localhost".to_owned()] {
            let answer = proxy.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
            assert_eq!((answer.status, answer.text()), (200, "ok".to_owned()), "{path} of {host}");
        }
    }
    let lines: Vec<_> = origins[0].log().requests.iter().map(|request| request.line().to_owned()).collect();
    let expected: Vec<_> = PAGES.into_iter().flat_map(|path| [path; 3]).collect();
    assert_eq!(lines, expected.iter().map(|path| format!("GET {path} HTTP/1.1")).collect::<Vec<_>>());
}

#[tokio::test]
async fn h12_the_admin_port_is_as_strict_as_the_other_and_takes_so_many_connections() {
    let (proxy, _origins) = proxy_of::<1>().await;
    for request in [
        "GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_owned(),
        "GET /status HTTP/1.1\nHost: localhost\n\n".to_owned(),
        "GET /status HTTP/1.1\r\n folded: x\r\nHost: localhost\r\n\r\n".to_owned(),
    ] {
        let mut client = Client::connect(proxy.admin).await;
        client.send(&request).await;
        assert_eq!(client.answer().await.status, 400, "{request}");
    }
    let mut client = Client::connect(proxy.admin).await;
    client
        .send(format!("GET /status HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(40 << 10)))
        .await;
    assert_eq!(client.answer().await.status, 431);

    let mut held = Vec::new();
    for _ in 0..64 {
        let mut client = Client::connect(proxy.admin).await;
        client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!(client.answer().await.status, 200);
        held.push(client);
    }
    let mut more = Client::connect(proxy.admin).await;
    more.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let early = tokio::time::timeout(Duration::from_millis(50), more.head()).await;
    assert!(early.is_err(), "it waits in the backlog");
    drop(held.pop());
    assert_eq!(more.answer().await.status, 200);
    assert_eq!(proxy.ask(GET).await.status, 200, "clients are not concerned");
}
