//! How long a body may be quiet while somebody waits for it.

use crate::{Tick, clock};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Sleep, sleep};

/// Watches a body for silence.
pub(crate) enum Stall {
    /// Nobody asked for it, or the body has ended.
    Off,
    Watched {
        limit: Duration,
        // Made when the body is first found waiting, and boxed, as many never are.
        waiting: Option<Pin<Box<Waiting>>>,
    },
    Stalled,
}

pin_project! {
    pub(crate) struct Waiting {
        // `None` while nobody waits.
        since: Option<Tick>,
        #[pin]
        timer: Unconstrained<Sleep>,
    }
}

impl Stall {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        limit.map_or(Self::Off, |limit| Self::Watched { limit, waiting: None })
    }

    pub(super) const fn is_stalled(&self) -> bool {
        matches!(self, Self::Stalled)
    }

    /// A frame came. The timer stays as it is, since moving it costs more than to look again when it rings.
    pub(crate) fn frame_came(&mut self) {
        if let Self::Watched { waiting: Some(waiting), .. } = self {
            *waiting.as_mut().project().since = None;
        }
    }

    /// No more frames come.
    pub(super) fn body_ended(&mut self) {
        if !self.is_stalled() {
            *self = Self::Off;
        }
    }

    /// No frame is there. Says whether that has now lasted too long.
    pub(crate) fn nothing_came(&mut self, cx: &mut Context<'_>) -> bool {
        let Self::Watched { limit, waiting } = self else { return false };
        let waiting = waiting.get_or_insert_with(|| {
            // Not subject to the task's budget: a task that uses it up must not hide that its peer is silent.
            Box::pin(Waiting { since: None, timer: unconstrained(sleep(*limit)) })
        });
        if waiting.as_mut().lasts(*limit, cx) {
            return false;
        }
        *self = Self::Stalled;
        true
    }
}

impl Waiting {
    /// Whether the silence may last on.
    fn lasts(self: Pin<&mut Self>, limit: Duration, cx: &mut Context<'_>) -> bool {
        let mut this = self.project();
        let since = *this.since.get_or_insert_with(clock::precise);
        while this.timer.as_mut().poll(cx) == Poll::Ready(()) {
            match limit.saturating_sub(clock::precise().since(since)) {
                Duration::ZERO => return false,
                // It rang for an earlier wait, which a frame ended.
                left => this.timer.set(unconstrained(sleep(left))),
            }
        }
        true
    }
}
