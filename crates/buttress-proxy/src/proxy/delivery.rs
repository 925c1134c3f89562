//! An answer as it leaves the proxy: no faster than the bandwidth allows.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use buttress::bandwidth::ShapedBody;
use buttress::{Tick, clock};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::answer_body::{AnswerBody, BrokenAnswer};
use crate::server::{Client, LIES_FOR};

/// The body of an answer behind the limit on bandwidth. When that has held up what the origin sent for
/// [a second](LIES_FOR) in all, the answer takes no place at its origin any more.
#[derive(Debug)]
pub(crate) struct Delivery {
    body: ShapedBody<AnswerBody>,
    client: Arc<Client>,
    /// For how long parts have been held up.
    held_up: Duration,
    /// Since when one is.
    since: Option<(Tick, Pin<Box<Sleep>>)>,
}

impl Delivery {
    pub(super) fn new(body: ShapedBody<AnswerBody>, client: Arc<Client>) -> Self {
        Self { body, client, held_up: Duration::ZERO, since: None }
    }

    fn is_held_up(&mut self, cx: &mut Context<'_>) {
        if self.held_up >= LIES_FOR {
            return;
        }
        let left = LIES_FOR - self.held_up;
        let (_, timer) = self.since.get_or_insert_with(|| (clock::precise(), Box::pin(sleep(left))));
        if timer.as_mut().poll(cx).is_ready() {
            self.held_up = LIES_FOR;
            self.since = None;
            self.client.let_go();
        }
    }

    fn goes_on(&mut self) {
        if let Some((since, _)) = self.since.take() {
            self.held_up += clock::precise().since(since);
            if self.held_up >= LIES_FOR {
                self.client.let_go();
            }
        }
    }
}

impl Body for Delivery {
    type Data = Bytes;
    type Error = BrokenAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenAnswer>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_pending() && !self.body.get_ref().is_awaited() {
            self.is_held_up(cx);
        } else {
            self.goes_on();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
