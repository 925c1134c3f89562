//! reqwest: bodies in memory, and bodies that stream.

use crate::faults::Frames;
use crate::origin::{Fate, Origin};
use crate::settings::{config, handle};
use buttress::retry::{ByBody, HttpCondition, RetryLayer};
use reqwest::{Body, Client, Method, Request, Url};
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
    layer.layer(client()).oneshot(request(Method::POST, &url, None)).await.unwrap_err();
    assert_eq!(retry.totals().retries(), 2);
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
