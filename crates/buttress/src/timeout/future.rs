//! The future of one call.

use super::limited::{Limited, Over};
use super::source::Source;
use crate::{Deadline, Refuse};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response of a [`TimeoutService`](super::TimeoutService).
    pub struct ResponseFuture<F, R, H: Source> {
        #[pin]
        call: Limited<F>,
        began: Option<H::Began>,
        source: H,
        refuse: R,
    }
}

impl<F, R, H: Source> ResponseFuture<F, R, H> {
    #[inline]
    pub(super) fn begun(inner: F, began: H::Began, deadline: Deadline, source: H, refuse: R) -> Self {
        Self { call: Limited::begun(inner, deadline), began: Some(began), source, refuse }
    }

    #[inline]
    pub(super) fn expired(deadline: Deadline, source: H, refuse: R) -> Self {
        Self { call: Limited::expired(deadline), began: None, source, refuse }
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
        let rejected = match ready!(this.call.poll(cx, || this.source.limit())) {
            Ok(Ok(response)) => {
                if let Some(began) = *this.began {
                    this.source.answered(began);
                }
                return Poll::Ready(Ok(response));
            }
            Ok(Err(error)) => return Poll::Ready(Err(R::inner(error))),
            Err(Over::TimedOut(limit)) => this.source.timed_out(limit, deadline),
            Err(Over::Expired) => this.source.expired(),
        };
        Poll::Ready(this.refuse.refuse(rejected))
    }
}

impl<F, R, H: Source> fmt::Debug for ResponseFuture<F, R, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("limit", &self.source.limit()).finish_non_exhaustive()
    }
}
