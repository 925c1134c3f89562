//! The future of one call.

use crate::{Refuse, Rejected};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Sleep, sleep};

pin_project! {
    /// The response of a [`TimeoutService`](super::TimeoutService).
    pub struct ResponseFuture<F, R> {
        // `None` once it is given up: whatever it holds is freed at the limit and not when the caller lets go.
        #[pin]
        inner: Option<F>,
        // Made when the call is first found waiting, and boxed, as most calls never need it.
        timer: Option<Pin<Box<Unconstrained<Sleep>>>>,
        limit: Duration,
        rejected: Rejected,
        refuse: R,
    }
}

impl<F, R> ResponseFuture<F, R> {
    #[inline]
    pub(super) const fn new(inner: F, limit: Duration, rejected: Rejected, refuse: R) -> Self {
        Self { inner: Some(inner), timer: None, limit, rejected, refuse }
    }
}

impl<F, R, Res, Err> Future for ResponseFuture<F, R>
where
    F: Future<Output = Result<Res, Err>>,
    R: Refuse<Res, Err>,
{
    type Output = Result<Res, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inner = this.inner.as_mut().as_pin_mut().expect("a future is not polled after its end");
        if let Poll::Ready(result) = inner.poll(cx) {
            return Poll::Ready(result.map_err(R::inner));
        }
        // Not subject to the task's budget: a call that uses it up must not hide that its time is over.
        let limit = *this.limit;
        let timer = this.timer.get_or_insert_with(|| Box::pin(unconstrained(sleep(limit))));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        this.inner.set(None);
        Poll::Ready(this.refuse.refuse(*this.rejected))
    }
}

impl<F, R> fmt::Debug for ResponseFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("limit", &self.limit).finish_non_exhaustive()
    }
}
