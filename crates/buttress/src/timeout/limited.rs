//! A call that is given up when its time is over: what a timeout and a deadline have in common.

use super::timer::Timer;
use crate::Deadline;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

pin_project! {
    /// A call under way.
    pub(crate) struct Limited<F> {
        // `None` if it was not begun, and once it is given up: whatever it holds is freed at the limit and not when the
        // caller lets go.
        #[pin]
        inner: Option<F>,
        timer: Timer,
        deadline: Deadline,
    }
}

/// Why a call has no answer.
pub(crate) enum Over {
    /// It was not begun.
    Expired,
    /// It had none in this time.
    TimedOut(Duration),
}

impl<F> Limited<F> {
    #[inline]
    pub(crate) fn begun(inner: F, deadline: Deadline) -> Self {
        Self { inner: Some(inner), timer: Timer::default(), deadline }
    }

    #[inline]
    pub(crate) fn expired(deadline: Deadline) -> Self {
        Self { inner: None, timer: Timer::default(), deadline }
    }

    pub(crate) const fn deadline(&self) -> Deadline {
        self.deadline
    }
}

impl<F: Future> Limited<F> {
    /// The call's answer. It is asked first; only if it has none at once is there a timer, for `limit` or what is left to the
    /// deadline.
    #[inline]
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        limit: impl FnOnce() -> Option<Duration>,
    ) -> Poll<Result<F::Output, Over>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(Err(Over::Expired)) };
        if let Poll::Ready(output) = inner.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let deadline = *this.deadline;
        let Poll::Ready(limit) = this.timer.poll(cx, || deadline.cut(limit())) else { return Poll::Pending };
        this.inner.set(None);
        Poll::Ready(Err(Over::TimedOut(limit)))
    }
}
