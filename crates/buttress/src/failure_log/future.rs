//! The future of one call.

use super::ask::Seen;
use super::describe::Describe;
use super::running::Running;
use super::said::Said;
use crate::{Judge, Rejected};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The response of a [`FailureLogService`](super::FailureLogService).
    pub struct ResponseFuture<F, D, N: Seen, J> {
        // Before the call that it makes: the inner future ends first when this one is dropped.
        #[pin]
        inner: F,
        running: Running<N>,
        describe: D,
        judge: J,
    }
}

impl<F, D, N: Seen, J> ResponseFuture<F, D, N, J> {
    #[inline]
    pub(super) const fn new(inner: F, running: Running<N>, describe: D, judge: J) -> Self {
        Self { inner, running, describe, judge }
    }
}

impl<F, D, N, J, Res, Err> Future for ResponseFuture<F, D, N, J>
where
    F: Future<Output = Result<Res, Err>>,
    N: Seen,
    J: Judge<Res, Err>,
    D: Describe<J::Response<Running<N>>, Err>,
    Err: 'static,
{
    type Output = Result<J::Response<Running<N>>, Err>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.running.works();
        let result = match this.inner.poll(cx) {
            Poll::Pending => {
                this.running.waits();
                return Poll::Pending;
            }
            Poll::Ready(Ok(response)) => Ok(this.judge.response(response, this.running)),
            Poll::Ready(Err(error)) => {
                match Rejected::within(&error) {
                    Some(rejected) => this.running.answered_by(rejected, Said::by(&error)),
                    None => this.judge.error(&error, this.running),
                }
                Err(error)
            }
        };
        if let Some(failed) = this.running.failed() {
            failed.write(this.describe, result.as_ref());
        }
        Poll::Ready(result)
    }
}

impl<F, D, N: Seen, J> fmt::Debug for ResponseFuture<F, D, N, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
