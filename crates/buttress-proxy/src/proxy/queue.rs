//! A request that waits for its turn.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use buttress::{Rejected, bulkhead};

use super::place::Permit;

/// The places of one request in the queues of all origins that would take it. The first turn that comes is taken; the other
/// places are left then, so that no origin stands idle while a request waits for another.
pub(super) struct Queue(Vec<(usize, Turn)>);

type Turn = Pin<Box<dyn Future<Output = Result<Permit, Rejected>> + Send>>;

impl Queue {
    /// Joins the queue of each of `bulkheads`, of which there is one at least, when it is polled.
    pub(super) fn new(bulkheads: impl Iterator<Item = (usize, bulkhead::Handle)>) -> Self {
        let turn = |bulkhead: bulkhead::Handle| -> Turn { Box::pin(async move { bulkhead.acquire().await }) };
        Self(bulkheads.map(|(origin, bulkhead)| (origin, turn(bulkhead))).collect())
    }

    /// The first turn to come, or the last refusal.
    pub(super) fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Result<(usize, Permit), Rejected>> {
        let mut at = 0;
        while let Some((origin, turn)) = self.0.get_mut(at) {
            match turn.as_mut().poll(cx) {
                Poll::Pending => at += 1,
                Poll::Ready(Ok(permit)) => {
                    let origin = *origin;
                    self.0.clear();
                    return Poll::Ready(Ok((origin, permit)));
                }
                Poll::Ready(Err(rejected)) => {
                    drop(self.0.remove(at));
                    if self.0.is_empty() {
                        return Poll::Ready(Err(rejected));
                    }
                }
            }
        }
        Poll::Pending
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(origin, _)| origin)).finish()
    }
}
