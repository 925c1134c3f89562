//! How long an origin is waited for while the client may be the one that is slow.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

use super::exchange::Exchange;

/// A limit on the time that is the origin's alone to use.
///
/// A period in which the client sent something, or had to, does not count, and another one follows it.
#[derive(Debug)]
pub(super) struct Patience {
    exchange: Arc<Exchange>,
    limit: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    /// Starts now.
    pub(super) fn new(exchange: Arc<Exchange>, limit: Duration) -> Self {
        Self { exchange, limit, timer: Box::pin(sleep(limit)) }
    }

    /// Starts anew.
    pub(super) fn restart(&mut self) {
        self.timer.set(sleep(self.limit));
    }

    /// Ready when the origin had the whole limit to itself.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if self.exchange.origin_is_late() {
                return Poll::Ready(());
            }
            let next = self.timer.deadline() + self.limit;
            self.timer.as_mut().reset(next);
        }
    }

    pub(super) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}
