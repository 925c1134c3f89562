//! Two thousand requests to an origin that cuts every seventh connection.

use crate::origin::{Fate, Origin};
use crate::settings::handle;
use buttress::retry::{ByBody, HttpCondition, RetryLayer};
use buttress::{BoxError, TimeoutLayer};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body::Frame;
use http_body_util::{Either, Full, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use support::serve::nobody;
use tokio::sync::Semaphore;
use tower::{Layer, ServiceBuilder, ServiceExt};

/// The same roll of the dice for the same words.
fn roll(words: [u64; 3]) -> u64 {
    words.into_iter().fold(0x5EED, |state, word| {
        let mixed = (state ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB) ^ (mixed >> 32)
    })
}

/// Cuts 15 % of all requests: 5 % each before, in and after the body.
fn fate(path: &str, number: usize) -> Fate {
    let id: u64 = path.trim_start_matches('/').parse().unwrap();
    match roll([id, number as u64, 1]) % 100 {
        0..5 => Fate::CutBeforeBody,
        // There is no middle of nothing.
        5..10 if Ask(id).method() == Method::GET => Fate::CutBeforeBody,
        5..10 => Fate::CutInBody,
        10..15 => Fate::CutAfterBody,
        _ => Fate::Answer,
    }
}

/// The frames of a body, one after the other, some after a pause.
pub(crate) struct Frames(pub(crate) VecDeque<Frame<Bytes>>, bool);

impl Frames {
    pub(crate) fn new(data: &[u8], trailers: Option<HeaderMap>) -> StreamBody<Self> {
        let frames = data.chunks(700).map(|data| Frame::data(Bytes::copy_from_slice(data)));
        StreamBody::new(Self(frames.chain(trailers.map(Frame::trailers)).collect(), false))
    }
}

impl futures_core::Stream for Frames {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.1 = !self.1;
        if self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

#[derive(Clone, Copy)]
struct Ask(u64);

impl Ask {
    fn method(self) -> Method {
        [Method::GET, Method::PUT, Method::POST, Method::POST][self.0 as usize % 4].clone()
    }

    fn has_key(self) -> bool {
        self.0 % 4 == 3
    }

    fn may_be_sent_again(self) -> bool {
        self.0 % 4 != 2
    }

    fn path(self) -> String {
        format!("/{}", self.0)
    }

    fn content(self) -> Vec<u8> {
        if self.method() == Method::GET {
            return Vec::new();
        }
        let len = 1 + roll([self.0, 0, 2]) % 6_000;
        (0..len).map(|at| roll([self.0, at, 3]) as u8).collect()
    }

    /// Half of them stream, without a length.
    fn request(self, origin: &Origin) -> Request<Either<Full<Bytes>, StreamBody<Frames>>> {
        let mut request = Request::builder().method(self.method()).uri(origin.url(&self.path()));
        if self.has_key() {
            request = request.header("idempotency-key", self.0);
        }
        let body = if self.0 % 8 < 4 {
            Either::Left(Full::from(self.content()))
        } else {
            Either::Right(Frames::new(&self.content(), None))
        };
        request.body(body).unwrap()
    }
}

#[tokio::test]
async fn e6_e7_s1_57_posts_are_sent_once_and_everything_else_until_it_is_answered() {
    let origin = Origin::start(fate).await;
    let handle = handle(12);
    let client = ServiceBuilder::new()
        .layer(RetryLayer::from_handle(handle.clone()).replay(ByBody::new()).when(HttpCondition::default()))
        .layer(TimeoutLayer::new(Duration::from_secs(20)))
        .service(Client::builder(TokioExecutor::new()).build_http());
    let at_once = Arc::new(Semaphore::new(64));
    let calls: Vec<_> = (0..2_000)
        .map(|id| {
            let (client, request, at_once) = (client.clone(), Ask(id).request(&origin), at_once.clone());
            tokio::spawn(async move {
                let _permit = at_once.acquire().await.unwrap();
                client.oneshot(request).await.map(|response| response.status())
            })
        })
        .collect();
    let (mut failed, mut again) = (0, 0);
    for (id, call) in calls.into_iter().enumerate() {
        let ask = Ask(id as u64);
        let answer: Result<StatusCode, BoxError> = call.await.unwrap();
        let seen = origin.seen(&ask.path());
        for request in &seen {
            if let Some(body) = &request.body {
                assert!(*body == ask.content(), "{id}: another body");
            }
        }
        if ask.may_be_sent_again() {
            assert_eq!(answer.unwrap(), StatusCode::OK, "{id}");
            assert!(seen.last().unwrap().body.is_some(), "{id}");
            again += seen.len() - 1;
        } else {
            assert!(seen.len() == 1, "{id}: a POST was seen {} times", seen.len());
            failed += usize::from(answer.is_err());
        }
        let numbers: Vec<_> = seen.iter().map(|seen| attempt(&seen.head)).collect();
        let expected = |at: usize| ask.may_be_sent_again().then(|| at.to_string());
        assert!(numbers.iter().enumerate().all(|(at, number)| *number == expected(at + 1)), "{numbers:?}");
    }
    // 15 % of 500 and, as each is tried until it is answered, 3/17 of 1,500.
    assert!((50..100).contains(&failed), "{failed}");
    assert!((200..330).contains(&again), "{again}");
    assert_eq!(handle.totals().retries(), again as u64);
}

/// The number that an attempt carries.
fn attempt(head: &str) -> Option<String> {
    head.lines().find_map(|line| line.strip_prefix("buttress-attempt: ")).map(str::to_owned)
}

#[tokio::test]
async fn e7_trailers_and_framing_are_the_same_in_every_attempt() {
    let origin = Origin::start(|_, number| if number < 2 { Fate::CutAfterBody } else { Fate::Answer }).await;
    let client = RetryLayer::from_handle(handle(3)).replay(ByBody::new()).when(HttpCondition::default());
    let client = client.layer(Client::builder(TokioExecutor::new()).build_http());
    let trailers = HeaderMap::from_iter([("checksum".parse().unwrap(), "9".parse().unwrap())]);
    let body = Frames::new(b"content", Some(trailers));
    let request = Request::put(origin.url("/")).header("trailer", "checksum").body(body).unwrap();
    assert_eq!(client.oneshot(request).await.unwrap().status(), StatusCode::OK);
    let seen = origin.seen("/");
    assert_eq!(seen.len(), 3);
    for request in seen {
        assert_eq!(request.body.as_deref(), Some(&b"content"[..]));
        assert_eq!(request.trailers, ["checksum: 9"]);
        assert!(request.head.contains("transfer-encoding: chunked"), "{}", request.head);
    }
}

#[tokio::test]
async fn e7_an_early_answer_of_a_real_server_is_tried_again_with_all_of_the_body() {
    let origin = Origin::start(|_, number| if number == 0 { Fate::Early(503) } else { Fate::Answer }).await;
    let client = RetryLayer::http(crate::settings::config(3));
    let client = client.layer(Client::builder(TokioExecutor::new()).build_http());
    let content: Vec<u8> = (0..60_000_u32).map(|at| at as u8).collect();
    let request = Request::put(origin.url("/")).body(Frames::new(&content, None)).unwrap();
    assert_eq!(client.oneshot(request).await.unwrap().status(), StatusCode::OK);
    assert_eq!(origin.seen("/").last().unwrap().body.as_ref(), Some(&content));
}

#[tokio::test]
async fn e7_a_body_over_the_limit_is_sent_once() {
    for announced in [true, false] {
        let origin = Origin::start(|_, _| Fate::CutAfterBody).await;
        let client = RetryLayer::http(crate::settings::config(3)).body_limit(10_000);
        let client = client.layer(Client::builder(TokioExecutor::new()).build_http());
        let content = vec![b'x'; 10_001];
        let body = if announced {
            Either::Left(Full::<Bytes>::from(content))
        } else {
            Either::Right(Frames::new(&content, None))
        };
        client.oneshot(Request::put(origin.url("/")).body(body).unwrap()).await.unwrap_err();
        assert_eq!(origin.seen("/").len(), 1);
    }
}

#[tokio::test]
async fn e6_a_post_to_nobody_is_tried_again() {
    let retry = handle(3);
    let client = RetryLayer::from_handle(retry.clone()).replay(ByBody::new()).when(HttpCondition::default());
    let client = client.layer(Client::builder(TokioExecutor::new()).build_http());
    let request = Request::post(format!("http://{}/", nobody())).body(Full::<Bytes>::from("body")).unwrap();
    client.clone().oneshot(request).await.unwrap_err();
    assert_eq!(retry.totals().retries(), 2);
    // Also with a body that is too long to keep, as nobody has touched it.
    let long = Full::<Bytes>::from(vec![b'x'; 1 << 20]);
    client.oneshot(Request::put(format!("http://{}/", nobody())).body(long).unwrap()).await.unwrap_err();
    assert_eq!(retry.totals().retries(), 4);
}
