//! How long a client leaves lying what it is sent.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

use super::{LIES_FOR, UNTAKEN_FOR};
use crate::server::Client;

/// Watches over writes that a client does not take.
#[derive(Debug)]
pub(super) struct Untaken {
    limit: Duration,
    /// Since the first write that was not taken.
    waits: Option<Waits>,
    over: bool,
}

#[derive(Debug)]
struct Waits {
    timer: Pin<Box<Sleep>>,
    /// Whether the client was told that it lets something lie.
    told: bool,
}

impl Default for Untaken {
    fn default() -> Self {
        Self::after(UNTAKEN_FOR)
    }
}

impl Untaken {
    /// `limit` is longer than [`LIES_FOR`].
    pub(super) const fn after(limit: Duration) -> Self {
        Self { limit, waits: None, over: false }
    }

    /// Whether the client has taken nothing for too long.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// What comes of a write that `written` came of. `again` writes once more without asking whether the socket is ready: that
    /// is said only when a good part of what it holds is taken, which of much takes a slow reader long.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
        client: &Client,
        again: impl FnOnce() -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.waits = None;
            return written;
        }
        let new = || Waits { timer: Box::pin(sleep(LIES_FOR)), told: false };
        let waits = self.waits.get_or_insert_with(new);
        ready!(waits.timer.as_mut().poll(cx));
        if !waits.told {
            waits.told = true;
            client.let_go();
            waits.timer.set(sleep(self.limit.saturating_sub(LIES_FOR)));
            ready!(waits.timer.as_mut().poll(cx));
        }
        self.waits = None;
        Poll::Ready(again().map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => {
                self.over = true;
                io::Error::new(ErrorKind::TimedOut, "the client takes nothing of its answer")
            }
            _ => error,
        }))
    }
}
