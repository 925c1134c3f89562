//! A call that is given up when its time is over: what a timeout and a deadline have in common.

use super::source::Given;
use super::timer::Timer;
use crate::deadline::scope;
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
    }
}

impl<F> Limited<F> {
    /// `inner`, or a call that is not begun.
    #[inline]
    pub(crate) fn new(inner: Option<F>) -> Self {
        Self { inner, timer: Timer::default() }
    }

    /// Whether it was begun and not given up.
    pub(crate) const fn is_under_way(&self) -> bool {
        self.inner.is_some()
    }
}

impl<F: Future> Limited<F> {
    /// The call's answer, if it has one; then there was no timer.
    #[inline(always)]
    pub(crate) fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().inner.as_pin_mut() {
            Some(inner) => inner.poll(cx),
            None => Poll::Pending,
        }
    }

    /// The time that a call without an answer had, once that is over: `limit`, or what is left to the current deadline;
    /// never without a limit.
    #[inline]
    pub(crate) fn poll_over(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        limit: Option<Duration>,
    ) -> Poll<Given> {
        let mut this = self.project();
        let cut = || limit.map(|limit| scope::current().cut(limit));
        let Poll::Ready(given) = this.timer.poll(cx, cut) else { return Poll::Pending };
        this.inner.set(None);
        Poll::Ready(given)
    }
}
