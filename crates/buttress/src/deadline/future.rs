//! The future of one call.

use super::{Deadline, scope};
use crate::Refuse;
use crate::timeout::{Limited, Over, Source};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

pin_project! {
    /// The response of a [`DeadlineService`](super::DeadlineService).
    pub struct ResponseFuture<F, R, H> {
        #[pin]
        call: Limited<F>,
        // What was left when it was called.
        limit: Duration,
        source: H,
        refuse: R,
    }
}

impl<F, R, H> ResponseFuture<F, R, H> {
    #[inline]
    pub(super) fn begun(inner: F, deadline: Deadline, limit: Duration, source: H, refuse: R) -> Self {
        Self { call: Limited::begun(inner, deadline), limit, source, refuse }
    }

    pub(super) fn expired(deadline: Deadline, source: H, refuse: R) -> Self {
        Self { call: Limited::expired(deadline), limit: Duration::ZERO, source, refuse }
    }
}

impl<F, R, H, Res, Err> Future for ResponseFuture<F, R, H>
where
    F: Future<Output = Result<Res, Err>>,
    R: Refuse<Res, Err>,
    H: Source,
{
    type Output = Result<Res, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let deadline = this.call.deadline();
        let rejected = match ready!(scope::scope(deadline, || this.call.poll(cx, || None))) {
            Ok(result) => return Poll::Ready(result.map_err(R::inner)),
            Err(Over::TimedOut(_)) => this.source.timed_out(*this.limit, deadline),
            Err(Over::Expired) => this.source.expired(),
        };
        Poll::Ready(this.refuse.refuse(rejected))
    }
}

impl<F, R, H> fmt::Debug for ResponseFuture<F, R, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("limit", &self.limit).finish_non_exhaustive()
    }
}
