//! The future of one call.

use super::limited::Limited;
use super::source::Source;
use crate::Refuse;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response of a [`TimeoutService`](super::TimeoutService).
    pub struct ResponseFuture<F, R, H: Source> {
        #[pin]
        call: Limited<F>,
        began: H::Began,
        source: H,
        refuse: R,
    }
}

impl<F, R, H: Source> ResponseFuture<F, R, H> {
    #[inline]
    pub(super) fn new(inner: F, began: H::Began, source: H, refuse: R) -> Self {
        Self { call: Limited::new(Some(inner)), began, source, refuse }
    }
}

impl<F, R, H, Res, Err> Future for ResponseFuture<F, R, H>
where
    F: Future<Output = Result<Res, Err>>,
    R: Refuse<Res, Err>,
    H: Source,
{
    type Output = Result<Res, R::Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let Poll::Ready(result) = this.call.poll_call(cx) else { return self.without_answer(cx) };
        this.source.ended(*this.began, result.is_ok());
        Poll::Ready(result.map_err(R::inner))
    }
}

impl<F: Future, R, H: Source> ResponseFuture<F, R, H> {
    /// Out of line, so that the way of an answer that is there at once is short whatever is around it.
    #[cold]
    #[inline(never)]
    fn without_answer<Res, Err>(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Res, R::Error>>
    where
        R: Refuse<Res, Err>,
    {
        let this = self.project();
        let given = ready!(this.call.poll_over(cx, this.source.limit()));
        Poll::Ready(this.refuse.refuse(this.source.timed_out(given)))
    }
}

impl<F, R, H: Source> fmt::Debug for ResponseFuture<F, R, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("limit", &self.source.limit()).finish_non_exhaustive()
    }
}
