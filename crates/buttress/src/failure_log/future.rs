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

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = this
            .running
            .in_turn(|running| this.inner.poll(cx).map_ok(|response| this.judge.response(response, running)));
        if matches!(polled, Poll::Ready(Ok(_))) && this.running.is_over() {
            return polled;
        }
        go_on(&polled, this.running, this.describe, this.judge);
        polled
    }
}

/// All that a call that succeeds at once has no need of. Out of line, so that its way is short whatever is around it.
#[cold]
#[inline(never)]
fn go_on<N, D, J, Res, Err>(
    polled: &Poll<Result<J::Response<Running<N>>, Err>>,
    running: &mut Running<N>,
    describe: &D,
    judge: &J,
) where
    N: Seen,
    J: Judge<Res, Err>,
    D: Describe<J::Response<Running<N>>, Err>,
    Err: 'static,
{
    let Poll::Ready(result) = polled else { return running.waits() };
    if let Err(error) = result {
        match Rejected::within(error) {
            Some(rejected) => running.answered_by(rejected, Said::by(error)),
            None => running.in_turn(|running| judge.error(error, running)),
        }
    }
    if let Some(failed) = running.failed() {
        failed.write(describe, result.as_ref());
    }
}

impl<F, D, N: Seen, J> fmt::Debug for ResponseFuture<F, D, N, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
