//! The body of a request as it streams to the origin.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use buttress::bandwidth::{self, Direction};
use buttress::retry::{RepeatBody, ReplayBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use super::exchange::{ClientFault, Exchange, Next};

/// The body of a request as one attempt sends it.
pub(super) type SentBody = ReplayBody<RequestBody>;

/// The body of a request on its way to the origin. Trailers are not forwarded.
#[derive(Debug, Default)]
pub(super) struct RequestBody(Option<Upload>);

#[derive(Debug)]
struct Upload {
    exchange: Arc<Exchange>,
    /// How long the client may pause, and since when it does.
    limit: Duration,
    pause: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    /// A body within which the client may pause for so long. To wait for bandwidth is a pause of neither the client nor the
    /// origin.
    pub(super) fn new(
        incoming: Incoming,
        expects_continue: bool,
        bandwidth: &bandwidth::Handle,
        pause: Duration,
    ) -> Self {
        if incoming.is_end_stream() {
            return Self(None);
        }
        let incoming = bandwidth.shape(Direction::Upload, incoming);
        let exchange = Arc::new(Exchange::new(incoming, !expects_continue));
        Self(Some(Upload { exchange, limit: pause, pause: None }))
    }

    /// What this body shares with the answer; nothing without a body.
    pub(super) fn exchange(&self) -> Option<Arc<Exchange>> {
        self.0.as_ref().map(|upload| Arc::clone(&upload.exchange))
    }

    /// Whether the client framed this body by chunks rather than by a length.
    pub(super) fn is_chunked(&self) -> bool {
        self.size_hint().exact().is_none()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BrokenUpload;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenUpload>>> {
        let Some(upload) = &mut self.0 else { return Poll::Ready(None) };
        let next = upload.poll_next(cx);
        if next.is_ready() {
            upload.pause = None;
        }
        next.map(|next| match next {
            Next::Frame(frame) => Some(Ok(frame)),
            Next::End => None,
            Next::Unwanted => Some(Err(BrokenUpload::Unwanted)),
            Next::Fault(fault) => Some(Err(BrokenUpload::Fault(fault))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|upload| upload.exchange.is_complete())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or(SizeHint::with_exact(0), |upload| upload.exchange.size_hint())
    }
}

impl RepeatBody for RequestBody {
    type Attempt = SentBody;

    fn attempt(body: SentBody) -> SentBody {
        body
    }
}

impl Upload {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        if let Poll::Ready(next) = self.exchange.poll_next(cx) {
            return Poll::Ready(next);
        }
        if self.exchange.is_held_up() {
            self.pause = None;
            return Poll::Pending;
        }
        let limit = self.limit;
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(pause.as_mut().poll(cx));
        self.pause = None;
        self.exchange.poll_broken(cx, ClientFault::Stalled)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.exchange.give_up();
    }
}

/// Why a forwarded request cannot be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BrokenUpload {
    Fault(ClientFault),
    /// The answer was over before the body was.
    Unwanted,
}

impl fmt::Display for BrokenUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fault(ClientFault::Broken) => "the client's body broke off",
            Self::Fault(ClientFault::Stalled) => "the client stopped sending its body",
            Self::Unwanted => "the answer was over before the body",
        })
    }
}

impl std::error::Error for BrokenUpload {}
