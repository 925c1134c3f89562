//! The future of one call.

use super::running::Running;
use crate::observe::InOperation;
use crate::{Judge, Rejected, Settle, classify};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response of an [`OperationService`](super::OperationService).
    pub struct ResponseFuture<F, J> {
        // Before the call that it makes: the inner future ends first when this one is dropped.
        #[pin]
        inner: InOperation<F>,
        running: Running,
        judge: J,
    }
}

impl<F, J> ResponseFuture<F, J> {
    pub(super) const fn new(inner: InOperation<F>, running: Running, judge: J) -> Self {
        Self { inner, running, judge }
    }
}

impl<F, J, Res, Err> Future for ResponseFuture<F, J>
where
    F: Future<Output = Result<Res, Err>>,
    J: Judge<Res, Err>,
    Err: 'static,
{
    type Output = Result<J::Response<Running>, Err>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match ready!(this.inner.poll(cx)) {
            Ok(response) => Poll::Ready(Ok(this.judge.response(response, this.running))),
            Err(error) => {
                match Rejected::within(&error) {
                    Some(rejected) => this.running.settle(classify::outcome_of(rejected), None),
                    None => this.judge.error(&error, this.running),
                }
                Poll::Ready(Err(error))
            }
        }
    }
}

impl<F, J> fmt::Debug for ResponseFuture<F, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
