//! A call with a permit, or one that was refused.

use super::{Judge, Settle};
use crate::{Refuse, Rejected};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response of a service that lets a call through with a permit `P`, which is settled by how the call ends, or refuses it.
    /// Made by breakers and error budgets, and for a service of your own.
    pub struct JudgedCall<F, P, R, J> {
        #[pin]
        stage: Stage<F, P, R, J>,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<F, P, R, J> {
        Called {
            // Before the permit: the inner future ends first when this one is dropped.
            #[pin]
            inner: F,
            permit: P,
            judge: J,
        },
        Refused {
            rejected: Rejected,
            refuse: R,
        },
    }
}

impl<F, P, R, J> JudgedCall<F, P, R, J> {
    /// A call that was let through: `judge` settles the permit. Dropped before that, the call was cancelled.
    #[inline]
    pub const fn called(inner: F, permit: P, judge: J) -> Self {
        Self { stage: Stage::Called { inner, permit, judge } }
    }

    /// A call that was not made: `refuse` says so.
    #[inline]
    pub const fn refused(rejected: Rejected, refuse: R) -> Self {
        Self { stage: Stage::Refused { rejected, refuse } }
    }
}

impl<F, P, R, J, Res, Err> Future for JudgedCall<F, P, R, J>
where
    F: Future<Output = Result<Res, Err>>,
    P: Settle,
    J: Judge<Res, Err>,
    R: Refuse<J::Response<P>, Err>,
{
    type Output = Result<J::Response<P>, R::Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().stage.project() {
            StageProj::Called { inner, permit, judge } => {
                let result = ready!(inner.poll(cx));
                Poll::Ready(match result {
                    Ok(response) => Ok(judge.response(response, permit)),
                    Err(error) => {
                        judge.settle_error::<R, _>(&error, permit);
                        Err(R::inner(error))
                    }
                })
            }
            StageProj::Refused { rejected, refuse } => Poll::Ready(refuse.refuse(*rejected)),
        }
    }
}

impl<F, P, R, J> fmt::Debug for JudgedCall<F, P, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JudgedCall").finish_non_exhaustive()
    }
}
