//! The future of one call.

use super::permit::Permit;
use super::shared::Shared;
use super::turn::Turn;
use crate::{Judge, Refuse, Rejected};
use pin_project_lite::pin_project;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// The response of a [`BulkheadService`](super::BulkheadService).
    pub struct ResponseFuture<S, Req, F, L: Deref<Target = Shared>, R, J> {
        #[pin]
        stage: Stage<S, Req, F, L>,
        refuse: R,
        judge: J,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<S, Req, F, L: Deref<Target = Shared>> {
        Called {
            // Before the permit: the inner future ends first when this one is dropped.
            #[pin]
            call: F,
            permit: Permit<L>,
        },
        // Boxed, so that a call which need not wait does not carry the room for it.
        Waits {
            waits: Option<Box<Waits<S, Req, L>>>,
        },
        Refused {
            rejected: Rejected,
        },
    }
}

/// A request with the service that was ready for it, and its place in the queue.
pub(super) struct Waits<S, Req, L: Deref<Target = Shared>> {
    pub(super) turn: Turn<L>,
    pub(super) service: S,
    pub(super) request: Req,
}

impl<S, Req, F, L: Deref<Target = Shared>, R, J> ResponseFuture<S, Req, F, L, R, J> {
    #[inline]
    pub(super) const fn called(call: F, permit: Permit<L>, refuse: R, judge: J) -> Self {
        Self { stage: Stage::Called { call, permit }, refuse, judge }
    }

    #[inline]
    pub(super) const fn waiting(waits: Box<Waits<S, Req, L>>, refuse: R, judge: J) -> Self {
        Self { stage: Stage::Waits { waits: Some(waits) }, refuse, judge }
    }

    #[inline]
    pub(super) const fn refused(rejected: Rejected, refuse: R, judge: J) -> Self {
        Self { stage: Stage::Refused { rejected }, refuse, judge }
    }
}

impl<S, Req, L, R, J> Future for ResponseFuture<S, Req, S::Future, L, R, J>
where
    S: Service<Req>,
    L: Deref<Target = Shared> + Send + Sync + 'static,
    J: Judge<S::Response, S::Error>,
    R: Refuse<J::Response<Permit<L>>, S::Error>,
{
    type Output = Result<J::Response<Permit<L>>, R::Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let (call, permit) = match this.stage.project() {
            StageProj::Called { call, permit } => (call, permit),
            StageProj::Refused { rejected } => return Poll::Ready(this.refuse.refuse(*rejected)),
            StageProj::Waits { .. } => return self.poll_turn(cx),
        };
        let result = ready!(call.poll(cx));
        Poll::Ready(match result {
            Ok(response) => Ok(this.judge.response(response, permit)),
            Err(error) => {
                this.judge.settle_error::<R, _>(&error, permit);
                Err(R::inner(error))
            }
        })
    }
}

impl<S, Req, L, R, J> ResponseFuture<S, Req, S::Future, L, R, J>
where
    S: Service<Req>,
    L: Deref<Target = Shared> + Send + Sync + 'static,
    J: Judge<S::Response, S::Error>,
    R: Refuse<J::Response<Permit<L>>, S::Error>,
{
    /// Out of line, so that the way of a call that found room is short.
    #[cold]
    #[inline(never)]
    fn poll_turn(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<<Self as Future>::Output> {
        let mut this = self.as_mut().project();
        let StageProj::Waits { waits } = this.stage.as_mut().project() else {
            unreachable!("a call that does not wait is polled itself")
        };
        match ready!(waits.as_mut().expect("it is taken once").turn.poll(cx)) {
            Ok(permit) => {
                let mut waits = waits.take().expect("it was polled");
                let call = waits.service.call(waits.request);
                this.stage.set(Stage::Called { call, permit });
                self.poll(cx)
            }
            Err(rejected) => {
                // What it held is free, however long somebody keeps the rest.
                this.stage.set(Stage::Refused { rejected });
                Poll::Ready(this.refuse.refuse(rejected))
            }
        }
    }
}

impl<S, Req, F, L: Deref<Target = Shared>, R, J> fmt::Debug for ResponseFuture<S, Req, F, L, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = matches!(self.stage, Stage::Waits { .. });
        f.debug_struct("ResponseFuture").field("waits", &waits).finish_non_exhaustive()
    }
}
