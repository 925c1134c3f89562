//! The body of an answer as it streams to the client.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress::{FailureKind, Outcome};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::course::{Attempted, Course};
use super::exchange::Exchange;
use super::place::Place;
use super::silence::Silence;
use super::upstream::Judged;
use crate::server::Client;

/// The body of an answer on its way to the client. Trailers are not forwarded.
#[derive(Debug)]
pub(crate) struct AnswerBody(Kind);

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "most are forwarded, and those are not boxed for the others")]
enum Kind {
    /// The proxy's own; `None` once it was taken.
    Text(Option<Bytes>),
    Forwarded(Download),
}

#[derive(Debug)]
struct Download {
    body: Judged,
    silence: Silence,
    client: Arc<Client>,
    exchange: Option<Arc<Exchange>>,
    place: Option<Arc<Place>>,
    account: Option<Account>,
    /// Whether more was asked for than there is.
    awaited: bool,
}

/// What is told when an answer has ended: that its attempt went well, and how its request did.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) course: Arc<Course>,
    /// `None` if it failed already.
    pub(super) attempted: Option<Attempted>,
    /// What the head says of the request.
    pub(super) outcome: Outcome,
}

/// Why an answer breaks off, and with it the client's connection.
#[derive(Debug)]
pub(crate) enum BrokenAnswer {
    /// The origin's body did.
    Origin(hyper::Error),
    /// Nothing came from the origin for longer than it may take.
    Stalled,
}

impl AnswerBody {
    pub(super) fn text(text: Bytes) -> Self {
        Self(Kind::Text(Some(text)))
    }

    /// Whether it is the proxy's own.
    pub(super) const fn is_own(&self) -> bool {
        matches!(self.0, Kind::Text(_))
    }

    pub(super) fn forwarded(
        body: Judged,
        silence: Silence,
        client: Arc<Client>,
        exchange: Option<Arc<Exchange>>,
        place: Option<Arc<Place>>,
        account: Option<Account>,
    ) -> Self {
        let mut account = account;
        if body.is_end_stream() {
            account.take().into_iter().for_each(Account::settle);
        } else {
            client.answer_begins(place.clone());
        }
        Self(Kind::Forwarded(Download { body, silence, client, exchange, place, account, awaited: false }))
    }

    /// Whether the origin is what it waits for.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(&self.0, Kind::Forwarded(download) if download.awaited)
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenAnswer>>> {
        let download = match &mut self.0 {
            Kind::Text(text) => return Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Kind::Forwarded(download) => download,
        };
        let frame = download.poll_frame(cx);
        download.awaited = frame.is_pending();
        let frame = ready!(frame);
        match &frame {
            Some(Err(error)) => download.broke_off(error),
            Some(Ok(_)) if !download.body.is_end_stream() => {}
            _ => download.ended(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Text(text) => text.is_none(),
            Kind::Forwarded(download) => download.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
            Kind::Forwarded(download) => download.body.size_hint(),
        }
    }
}

impl Download {
    /// The next piece of the origin's body; its trailers are its end.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenAnswer>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_ready() {
            self.silence.ended();
        }
        match frame {
            Poll::Ready(Some(Ok(frame))) if frame.is_data() => Poll::Ready(Some(Ok(frame))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(BrokenAnswer::Origin(error)))),
            Poll::Ready(None | Some(Ok(_))) => Poll::Ready(None),
            Poll::Pending if self.silence.is_too_long(&self.body, cx) => {
                Poll::Ready(Some(Err(BrokenAnswer::Stalled)))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Download {
    fn ended(&mut self) {
        self.client.answer_ends();
        self.gives_back(Outcome::Success);
        self.account.take().into_iter().for_each(Account::settle);
    }

    fn broke_off(&mut self, error: &BrokenAnswer) {
        let outcome = Outcome::Failure(FailureKind::Body);
        self.gives_back(outcome);
        if let Some(Account { course, attempted, .. }) = self.account.take() {
            if let Some(attempted) = attempted {
                attempted.broke_off(error);
            }
            course.ended(outcome);
        }
    }

    fn gives_back(&mut self, outcome: Outcome) {
        if let Some(place) = self.place.take() {
            place.ended(outcome);
        }
    }
}

impl Account {
    /// The answer came as a whole.
    pub(super) fn settle(self) {
        let Self { course, attempted, outcome } = self;
        if let Some(attempted) = attempted {
            attempted.succeeded();
        }
        course.ended(outcome);
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // With the place, before anybody sees that it is over.
        self.client.forget_place();
        if let Some(exchange) = &self.exchange {
            exchange.give_up();
        }
    }
}

impl fmt::Display for BrokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origin(_) => "the origin's body broke off",
            Self::Stalled => "the origin's body came to a halt",
        })
    }
}

impl std::error::Error for BrokenAnswer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Origin(error) => Some(error),
            Self::Stalled => None,
        }
    }
}
