//! What must be true of a request that is sent again.

use buttress::retry::{RepeatBody, Replay, ReplayBody};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body::{Body, Frame};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Debug;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A body of some chunks and trailers, all there from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// What is left of its chunks.
    pub chunks: VecDeque<Bytes>,
    /// Its trailers, unless they were sent.
    pub trailers: Option<HeaderMap>,
}

impl Upload {
    fn new() -> Self {
        let chunks = ["one ", "two ", "three"].map(Bytes::from).into();
        let trailers = HeaderMap::from_iter([("checksum".parse().expect("a name"), HeaderValue::from(9))]);
        Self { chunks, trailers: Some(trailers) }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = self.chunks.pop_front().map(Frame::data);
        Poll::Ready(frame.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }
}

impl RepeatBody for Upload {
    type Attempt = ReplayBody<Self>;

    fn attempt(body: ReplayBody<Self>) -> ReplayBody<Self> {
        body
    }
}

/// E7: whatever an attempt has read of a body, the next sends all of it, once.
///
/// # Panics
/// If one does not.
pub fn every_attempt_sends_all_of_the_body<Y, B>(make: impl Fn() -> Y)
where
    Y: Replay<Request<Upload>, Attempt = Request<B>>,
    B: Body<Data = Bytes, Error: Debug> + Unpin,
{
    for read in 0..6 {
        for held in [false, true] {
            let replay = make();
            let (first, tape) = replay.first(Request::new(Upload::new()));
            let mut first = first.into_body();
            let (mut content, mut trailers) = (Vec::new(), None);
            let _ = (0..read).all(|_| next(&mut first, &mut content, &mut trailers));
            // A connection may keep the body of an attempt for a while.
            let first = held.then_some(first);
            for attempt in [2, 3] {
                let number = NonZeroU32::new(attempt).expect("it is not 0");
                let again = replay.again(&tape, number).expect("a short body can be sent again");
                let (mut body, mut content, mut trailers) = (again.into_body(), Vec::new(), None);
                while next(&mut body, &mut content, &mut trailers) {}
                let content = String::from_utf8_lossy(&content);
                assert_eq!(
                    content, "one two three",
                    "attempt {attempt}, after {read} frames, has another body"
                );
                assert_eq!(trailers, Upload::new().trailers, "attempt {attempt} has other trailers");
            }
            drop(first);
        }
    }
}

/// Whether there was another frame.
fn next<B: Body<Data = Bytes, Error: Debug> + Unpin>(
    body: &mut B,
    content: &mut Vec<u8>,
    trailers: &mut Option<HeaderMap>,
) -> bool {
    let Poll::Ready(frame) = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) else {
        panic!("a body that is there has come to a halt");
    };
    let Some(frame) = frame else { return false };
    match frame.expect("nothing is wrong with the body").into_data() {
        Ok(data) => content.extend_from_slice(&data),
        Err(frame) => *trailers = frame.into_trailers().ok(),
    }
    true
}
