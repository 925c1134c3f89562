//! hyper: requests whose bodies come from another connection.

use crate::origin::{Fate, Origin};
use crate::settings::config;
use buttress::check;
use buttress::retry::RetryLayer;
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use support::serve::listen;
use tower::{Layer, ServiceExt};

/// Passes everything on to `origin`, and tries again.
async fn proxy(origin: SocketAddr) -> SocketAddr {
    let (listener, addr) = listen().await;
    let client = RetryLayer::http(config(4)).layer(Client::builder(TokioExecutor::new()).build_http());
    let client = check::<Request<Incoming>, _>(client);
    let pass_on = move |mut request: Request<Incoming>| {
        let client = client.clone();
        async move {
            let path = request.uri().path().to_owned();
            *request.uri_mut() = Uri::try_from(format!("http://{origin}{path}"))?;
            client.oneshot(request).await
        }
    };
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let service = service_fn(pass_on.clone());
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
        }
    });
    addr
}

#[tokio::test]
async fn e7_a_body_from_another_connection_is_sent_again() {
    let fates = [Fate::CutBeforeBody, Fate::CutInBody, Fate::CutAfterBody, Fate::Answer];
    let origin = Origin::start(move |_, number| fates[number]).await;
    let addr = proxy(origin.addr).await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let content: Vec<u8> = (0..40_000_u32).map(|at| (at % 253) as u8).collect();
    let request = Request::put(format!("http://{addr}/upload")).body(Full::<Bytes>::from(content.clone()));
    let response = client.request(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok");
    let seen = origin.seen("/upload");
    assert_eq!(seen.len(), 4);
    assert!(seen[3].body.as_ref() == Some(&content));
    assert!(seen[3].head.contains("content-length: 40000"), "{}", seen[3].head);
}

/// Two proxies, one above the other: the nearer to the client tries again, the other passes on.
#[tokio::test]
async fn e8_retries_of_two_proxies_do_not_multiply() {
    let origin = Origin::start(|_, _| Fate::CutAfterBody).await;
    let second = proxy(origin.addr).await;
    let first = proxy(second).await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::put(format!("http://{first}/x")).body(Full::<Bytes>::from("x")).unwrap();
    assert!(client.request(request).await.is_err());
    assert_eq!(origin.seen("/x").len(), 4);
}
