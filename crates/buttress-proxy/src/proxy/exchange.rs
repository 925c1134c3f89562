//! What the two halves of one exchange share: the body that comes from the client, and whoever waits for
//! the answer or passes it on. Only requests with a body have one.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use buttress::bandwidth::ShapedBody;
use buttress::{Tick, clock};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// What is read of a body that nobody wants, so that its connection can be used again.
const DRAIN_BYTES: usize = 64 * 1024;
const DRAIN_FOR: Duration = Duration::from_secs(1);

/// How a client spoilt its own request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientFault {
    /// Its body is malformed or broke off.
    Broken,
    /// It stopped sending.
    Stalled,
}

/// The body of a request, and how far the exchange is.
///
/// The body is held here rather than by the forwarded request: an origin that answered and then neither
/// reads nor closes never lets go of that.
#[derive(Debug)]
pub(super) struct Exchange(Mutex<State>);

#[derive(Debug)]
struct State {
    stage: Stage,
    /// `None` once it has ended, failed, or was given up.
    incoming: Option<ShapedBody<Incoming>>,
    /// A client that waits to be asked for its body is not asked just to throw it away.
    drain: bool,
    /// The origin has, or is about to get, all of the body.
    complete: bool,
    fault: Option<ClientFault>,
    /// The origin would take more, the client has not sent it yet.
    waits_for_client: bool,
    /// When the client last sent something, or was last waited for in vain.
    moved_at: Tick,
    answering: Option<Waker>,
    sending: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No answer yet.
    Waiting,
    /// The answer is on its way.
    Answering,
    /// Nobody needs the rest of the body.
    Over,
}

/// The next of a body, as far as the exchange lets it through.
#[derive(Debug)]
pub(super) enum Next {
    Frame(Frame<Bytes>),
    End,
    /// Nobody needs the rest.
    Unwanted,
    Fault(ClientFault),
}

impl Exchange {
    pub(super) fn new(incoming: ShapedBody<Incoming>, drain: bool) -> Self {
        Self(Mutex::new(State {
            stage: Stage::Waiting,
            incoming: Some(incoming),
            drain,
            complete: false,
            fault: None,
            waits_for_client: false,
            moved_at: clock::precise(),
            answering: None,
            sending: None,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready when the client spoilt its request before there was an answer.
    pub(super) fn poll_fault(&self, cx: &mut Context<'_>) -> Poll<ClientFault> {
        let mut state = self.state();
        match state.fault {
            Some(fault) => Poll::Ready(fault),
            None => {
                keep(&mut state.answering, cx);
                Poll::Pending
            }
        }
    }

    /// Another origin is asked. It is not known yet whether it would take more than there is; a pause of the client
    /// before that stays the client's.
    pub(super) fn attempt_begins(&self) {
        let mut state = self.state();
        if state.waits_for_client {
            state.client_moved();
        }
    }

    /// Since when the time is not the client's; `None` while it is.
    pub(super) fn origins_turn_since(&self) -> Option<Tick> {
        let state = self.state();
        (!state.waits_for_client).then_some(state.moved_at)
    }

    /// The head of the answer is there.
    pub(super) fn answer_begins(&self) {
        let mut state = self.state();
        state.stage = Stage::Answering;
        state.answering = None;
        let sending = state.fault.and_then(|_| state.sending.take());
        drop(state);
        sending.into_iter().for_each(Waker::wake);
    }

    /// Nobody needs the body any more. What is left of it is read in the background up to a bound, behind
    /// which its connection closes; so none of it is taken for a request.
    pub(super) fn give_up(&self) {
        let mut state = self.state();
        state.stage = Stage::Over;
        let sending = state.sending.take();
        let incoming = state.incoming.take().filter(|_| state.drain && !state.complete);
        drop(state);
        sending.into_iter().for_each(Waker::wake);
        if let (Some(incoming), Ok(runtime)) = (incoming, tokio::runtime::Handle::try_current()) {
            // Nobody gets these bytes: they take nothing of the bandwidth.
            runtime.spawn(drain(incoming.into_inner()));
        }
    }

    /// The next of the body. Pending behind a fault as long as there is no answer: whoever waits for that
    /// gives the request up, which is no failure of the origin.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Next> {
        let mut state = self.state();
        if let Some(fault) = state.fault {
            return state.poll_broken(cx, fault);
        }
        if state.stage == Stage::Over {
            return Poll::Ready(Next::Unwanted);
        }
        let Some(incoming) = &mut state.incoming else { return Poll::Ready(Next::End) };
        let frame = Pin::new(&mut *incoming).poll_frame(cx);
        let at_end = incoming.is_end_stream();
        match frame {
            Poll::Ready(Some(Ok(frame))) if frame.is_data() => {
                // Who was told the length asks for nothing behind the last byte.
                state.complete = at_end;
                state.client_moved();
                Poll::Ready(Next::Frame(frame))
            }
            Poll::Ready(None | Some(Ok(_))) => {
                state.client_moved();
                state.incoming = None;
                state.complete = true;
                Poll::Ready(Next::End)
            }
            Poll::Ready(Some(Err(_))) => {
                drop(state);
                self.poll_broken(cx, ClientFault::Broken)
            }
            Poll::Pending => {
                state.waits_for_client = true;
                keep(&mut state.sending, cx);
                Poll::Pending
            }
        }
    }

    /// The client spoilt its request.
    pub(super) fn poll_broken(&self, cx: &mut Context<'_>, fault: ClientFault) -> Poll<Next> {
        let mut state = self.state();
        state.fault = Some(fault);
        state.incoming = None;
        let broken = state.poll_broken(cx, fault);
        let answering = state.answering.take();
        drop(state);
        answering.into_iter().for_each(Waker::wake);
        broken
    }

    /// Whether what is pending has come, and waits for bandwidth.
    pub(super) fn is_held_up(&self) -> bool {
        self.state().incoming.as_ref().is_some_and(ShapedBody::is_held_up)
    }

    /// Whether the origin has, or is about to get, all of the body.
    pub(super) fn is_complete(&self) -> bool {
        self.state().complete
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.state().incoming.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl State {
    fn client_moved(&mut self) {
        self.waits_for_client = false;
        self.moved_at = clock::precise();
    }

    fn poll_broken(&mut self, cx: &Context<'_>, fault: ClientFault) -> Poll<Next> {
        if self.stage != Stage::Waiting {
            return Poll::Ready(Next::Fault(fault));
        }
        keep(&mut self.sending, cx);
        Poll::Pending
    }
}

fn keep(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

async fn drain(mut incoming: Incoming) {
    let bounded = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(frame)) = incoming.frame().await {
            let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
            left = rest;
        }
    };
    // In time or not, the body is dropped here, and with it the connection if bytes of it are left.
    let _ = tokio::time::timeout(DRAIN_FOR, bounded).await;
}
