//! reqwest: bodies in memory, and bodies that stream.

use crate::faults::Frames;
use crate::origin::{Fate, Origin};
use crate::settings::{config, handle};
use axum::Router;
use axum::response::Redirect;
use axum::routing::post;
use buttress::retry::{ByBody, HttpCondition, RetryLayer};
use http::StatusCode;
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Method, Request, Url};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use support::serve::{self, nobody};
use tower::{Layer, ServiceExt};

fn client() -> Client {
    serve::client().build().unwrap()
}

fn request(method: Method, url: &str, body: Option<Body>) -> Request {
    let mut request = Request::new(method, Url::parse(url).unwrap());
    *request.body_mut() = body;
    request
}

/// The content of every body of these tests.
fn content() -> Vec<u8> {
    (0..5_000_u32).map(|at| (at % 249) as u8).collect()
}

fn bodies() -> [Body; 2] {
    [Body::from(content()), Body::wrap(Frames::new(&content(), None))]
}

#[tokio::test]
async fn s4_19_e7_bodies_in_memory_and_streams_are_sent_again() {
    for body in bodies() {
        let fates = [Fate::CutBeforeBody, Fate::CutAfterBody, Fate::Answer];
        let origin = Origin::start(move |_, number| fates[number]).await;
        let request = request(Method::PUT, &origin.url("/a"), Some(body));
        let response = RetryLayer::http(config(3)).layer(client()).oneshot(request).await.unwrap();
        assert_eq!(response.text().await.unwrap(), "ok");
        let seen = origin.seen("/a");
        assert_eq!(seen.len(), 3);
        assert!(seen[1].body == Some(content()) && seen[2].body == Some(content()));
        for (at, seen) in seen.iter().enumerate() {
            assert!(seen.head.contains(&format!("\r\nbuttress-attempt: {}\r\n", at + 1)), "{}", seen.head);
        }
    }
}

#[tokio::test]
async fn e6_a_post_is_sent_once_unless_it_has_a_key() {
    for body in bodies() {
        let origin = Origin::start(|_, _| Fate::CutAfterBody).await;
        let retry = RetryLayer::http(config(3)).layer(client());
        retry.clone().oneshot(request(Method::POST, &origin.url("/"), Some(body))).await.unwrap_err();
        assert_eq!(origin.seen("/").len(), 1);
        let mut with_key = request(Method::POST, &origin.url("/key"), bodies().into_iter().next_back());
        with_key.headers_mut().insert("idempotency-key", "7".parse().unwrap());
        retry.oneshot(with_key).await.unwrap_err();
        assert_eq!(origin.seen("/key").len(), 3);
    }
}

#[tokio::test]
async fn s1_57_e6_nobody_there_is_tried_again_whatever_the_method() {
    let retry = handle(3);
    let layer = RetryLayer::from_handle(retry.clone()).replay(ByBody::new()).when(HttpCondition::default());
    let url = format!("http://{}/", nobody());
    // Of a client that follows redirects nobody knows whose connection it was.
    layer.clone().layer(client()).oneshot(request(Method::POST, &url, None)).await.unwrap_err();
    assert_eq!(retry.totals().retries(), 0);
    layer.clone().layer(client()).oneshot(request(Method::PUT, &url, None)).await.unwrap_err();
    assert_eq!(retry.totals().retries(), 2);
    let direct = serve::client().redirect(Policy::none()).build().unwrap();
    let layer = layer.follows_redirects(false);
    layer.layer(direct).oneshot(request(Method::POST, &url, None)).await.unwrap_err();
    assert_eq!(retry.totals().retries(), 4);
}

/// An origin that has done its work, and sends on to `next`.
async fn working(next: String) -> (String, Arc<AtomicUsize>) {
    let worked = Arc::new(AtomicUsize::new(0));
    let count = worked.clone();
    let app = Router::new().route(
        "/order",
        post(async move || {
            count.fetch_add(1, SeqCst);
            Redirect::temporary(&next)
        }),
    );
    (format!("http://{}/order", serve::http(app).await), worked)
}

#[tokio::test]
async fn e6_a_post_that_was_processed_and_led_to_nobody_is_sent_once() {
    let nobody = format!("http://{}/", nobody());
    let too_early =
        format!("http://{}/", serve::http(Router::new().fallback(|| async { StatusCode::TOO_EARLY })).await);
    for next in [nobody, too_early] {
        let (url, worked) = working(next).await;
        let _ = RetryLayer::http(config(3)).layer(client()).oneshot(request(Method::POST, &url, None)).await;
        assert_eq!(worked.load(SeqCst), 1);
    }
}

#[tokio::test]
async fn e7_a_body_in_memory_over_the_limit_is_kept_by_nobody() {
    let long = || Some(Body::from(vec![b'x'; 1 << 20]));
    for (limit, attempts) in [(0, 1), ((1 << 20) - 1, 1), (1 << 20, 3)] {
        let origin = Origin::start(|_, _| Fate::CutAfterBody).await;
        let client = RetryLayer::http(config(3)).body_limit(limit).layer(client());
        client.oneshot(request(Method::PUT, &origin.url("/"), long())).await.unwrap_err();
        let seen = origin.seen("/");
        assert_eq!(seen.len(), attempts, "{limit}");
        assert!(seen.iter().all(|seen| seen.body.as_ref().is_some_and(|body| body.len() == 1 << 20)));
    }
    // It is no stream either: a redirect sends it again.
    let origin = Origin::start(|_, _| Fate::Answer).await;
    let (url, _) = working(origin.url("/")).await;
    let client = RetryLayer::http(config(3)).body_limit(0).layer(client());
    client.oneshot(request(Method::POST, &url, Some(Body::from("all of it")))).await.unwrap();
    assert_eq!(origin.seen("/")[0].body.as_deref(), Some(&b"all of it"[..]));
}

#[tokio::test]
async fn s4_20_a_status_that_says_so_is_a_failure_and_others_are_answers() {
    let origin = Origin::start(|path, _| Fate::Early(path[1..].parse().unwrap())).await;
    for (status, attempts) in [(503, 3), (500, 3), (429, 3), (404, 1), (501, 1)] {
        let request = request(Method::GET, &origin.url(&format!("/{status}")), None);
        let response = RetryLayer::http(config(3)).layer(client()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(origin.seen(&format!("/{status}")).len(), attempts, "{status}");
    }
}
