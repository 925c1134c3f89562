//! The body of an answer as it streams to the client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::client::Client;
use super::exchange::Exchange;

/// The body of an answer on its way to the client. Trailers are not forwarded.
#[derive(Debug)]
pub(crate) struct AnswerBody(Kind);

#[derive(Debug)]
enum Kind {
    /// The proxy's own; `None` once it was taken.
    Text(Option<Bytes>),
    Forwarded(Download),
}

#[derive(Debug)]
struct Download {
    incoming: Incoming,
    client: Arc<Client>,
    exchange: Option<Arc<Exchange>>,
}

impl AnswerBody {
    pub(super) fn text(text: Bytes) -> Self {
        Self(Kind::Text(Some(text)))
    }

    pub(super) fn forwarded(
        incoming: Incoming,
        client: Arc<Client>,
        exchange: Option<Arc<Exchange>>,
    ) -> Self {
        client.set_answer_unfinished(!incoming.is_end_stream());
        Self(Kind::Forwarded(Download { incoming, client, exchange }))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let download = match &mut self.0 {
            Kind::Text(text) => return Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Kind::Forwarded(download) => download,
        };
        let frame = match ready!(Pin::new(&mut download.incoming).poll_frame(cx)) {
            Some(Ok(frame)) if !frame.is_data() => None,
            frame => frame,
        };
        let ended = match &frame {
            None => true,
            Some(Ok(_)) => download.incoming.is_end_stream(),
            Some(Err(_)) => false,
        };
        if ended {
            download.client.set_answer_unfinished(false);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Text(text) => text.is_none(),
            Kind::Forwarded(download) => download.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
            Kind::Forwarded(download) => download.incoming.size_hint(),
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        if let Some(exchange) = &self.exchange {
            exchange.give_up();
        }
    }
}
