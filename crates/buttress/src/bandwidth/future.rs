//! The future of one call.

use super::line::Line;
use super::{Direction, ShapedBody};
use http::Response;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response of a [`BandwidthService`](super::BandwidthService).
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        line: Option<Line>,
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(super) const fn new(inner: F, line: Option<Line>) -> Self {
        Self { inner, line }
    }
}

impl<F, B, Err> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, Err>>,
{
    type Output = Result<Response<ShapedBody<B>>, Err>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx)?);
        let line = this.line.take();
        Poll::Ready(Ok(response.map(|body| ShapedBody::new(body, line, Direction::Download))))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
