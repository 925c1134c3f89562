//! The future of one call.

use super::scope::{self, Scope};
use crate::Refuse;
use crate::timeout::{Given, Limited, Source};
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
        deadline: Scope,
        // What was left when it was called.
        given: Given,
        source: H,
        refuse: R,
    }
}

impl<F, R, H> ResponseFuture<F, R, H> {
    #[inline]
    pub(super) fn new(inner: Option<F>, deadline: Scope, given: Given, source: H, refuse: R) -> Self {
        Self { call: Limited::new(inner), deadline, given, source, refuse }
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
        let deadline = *this.deadline;
        let mut call = this.call;
        scope::scope(deadline, || {
            if let Poll::Ready(result) = call.as_mut().poll_call(cx) {
                return Poll::Ready(result.map_err(R::inner));
            }
            if !call.is_under_way() {
                return Poll::Ready(this.refuse.refuse(this.source.expired()));
            }
            let limit = deadline.deadline.was_there().then_some(Duration::MAX);
            ready!(call.poll_over(cx, limit));
            Poll::Ready(this.refuse.refuse(this.source.timed_out(*this.given)))
        })
    }
}

impl<F, R, H> fmt::Debug for ResponseFuture<F, R, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("given", &self.given).finish_non_exhaustive()
    }
}
