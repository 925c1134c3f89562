//! How long an origin is waited for while the client may be the one that is slow.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use buttress::{Tick, clock};
use tokio::time::{Sleep, sleep};

use super::exchange::Exchange;

/// A limit on the time that is the origin's alone to use: since the client last sent something, and not while it
/// has to.
#[derive(Debug)]
pub(super) struct Patience {
    exchange: Arc<Exchange>,
    limit: Duration,
    from: Tick,
    // Made when it is first waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// Starts now.
    pub(super) fn new(exchange: Arc<Exchange>, limit: Duration) -> Self {
        Self { exchange, limit, from: clock::precise(), timer: None }
    }

    /// Starts anew.
    pub(super) fn restart(&mut self) {
        self.from = clock::precise();
        if let Some(timer) = &mut self.timer {
            timer.set(sleep(self.limit));
        }
    }

    /// Ready when the origin had the whole limit to itself.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.limit)));
        loop {
            ready!(timer.as_mut().poll(cx));
            let left = match self.exchange.origins_turn_since() {
                Some(since) => self.limit.saturating_sub(clock::precise().since(since.max(self.from))),
                None => self.limit,
            };
            if left.is_zero() {
                return Poll::Ready(());
            }
            timer.set(sleep(left));
        }
    }

    pub(super) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}
