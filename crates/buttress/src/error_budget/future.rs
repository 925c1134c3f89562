//! The future of one call.

use super::recording::Recording;
use super::shared::Shared;
use crate::{Judge, Refuse, Rejected, Settle};
use pin_project_lite::pin_project;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response of an [`ErrorBudgetService`](super::ErrorBudgetService).
    pub struct ResponseFuture<F, L: Deref<Target = Shared>, R, J> {
        #[pin]
        stage: Stage<F, L, R, J>,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<F, L: Deref<Target = Shared>, R, J> {
        Called {
            // Before what records it: the inner future ends first when this one is dropped.
            #[pin]
            inner: F,
            recording: Recording<L>,
            judge: J,
        },
        Refused {
            rejected: Rejected,
            refuse: R,
        },
    }
}

impl<F, L: Deref<Target = Shared>, R, J> ResponseFuture<F, L, R, J> {
    #[inline]
    pub(super) const fn called(inner: F, recording: Recording<L>, judge: J) -> Self {
        Self { stage: Stage::Called { inner, recording, judge } }
    }

    #[inline]
    pub(super) const fn refused(rejected: Rejected, refuse: R) -> Self {
        Self { stage: Stage::Refused { rejected, refuse } }
    }
}

impl<F, L, R, J, Res, Err> Future for ResponseFuture<F, L, R, J>
where
    F: Future<Output = Result<Res, Err>>,
    L: Deref<Target = Shared> + Send + Sync + 'static,
    J: Judge<Res, Err>,
    R: Refuse<J::Response<Recording<L>>, Err>,
{
    type Output = Result<J::Response<Recording<L>>, R::Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().stage.project() {
            StageProj::Called { inner, recording, judge } => {
                let result = ready!(inner.poll(cx));
                Poll::Ready(match result {
                    Ok(response) => Ok(judge.response(response, recording)),
                    Err(error) => {
                        settle_error::<_, _, _, R, _>(judge, &error, recording);
                        Err(R::inner(error))
                    }
                })
            }
            StageProj::Refused { rejected, refuse } => Poll::Ready(refuse.refuse(*rejected)),
        }
    }
}

/// Records a call that ended with an error. A rejection by our own stack is recorded as that, so that no classifier can take it
/// for a failure of the peer.
#[cold]
#[inline(never)]
fn settle_error<Res, Err, J, R, L>(judge: &J, error: &Err, recording: &mut Recording<L>)
where
    J: Judge<Res, Err>,
    R: Refuse<J::Response<Recording<L>>, Err>,
    L: Deref<Target = Shared> + Send + Sync + 'static,
{
    match R::rejected(error) {
        Some(rejected) => recording.rejected(rejected),
        None => judge.error(error, recording),
    }
}

impl<F, L: Deref<Target = Shared>, R, J> fmt::Debug for ResponseFuture<F, L, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
