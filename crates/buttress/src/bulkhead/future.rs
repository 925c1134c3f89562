//! The future of one call.

use super::permit::Permit;
use super::shared::Shared;
use super::turn::Turn;
use crate::held::Held;
use crate::{Judge, Refuse, Rejected, Settle, classify};
use pin_project_lite::pin_project;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// The response of a [`BulkheadService`](super::BulkheadService).
    pub struct ResponseFuture<S, Req, F, L: Deref<Target = Shared>, R, J> {
        // Before the permit: the inner future ends first when this one is dropped.
        #[pin]
        held: Held<S, Req, F>,
        permit: Permit<L>,
        stands: Stands<L>,
        refuse: R,
        judge: J,
    }
}

/// What a call does that had no room at once.
enum Stands<L: Deref<Target = Shared>> {
    Waits(Box<Turn<L>>),
    Refused(Rejected),
    /// It has been sent.
    Not,
}

impl<S, Req, F, L: Deref<Target = Shared>, R, J> ResponseFuture<S, Req, F, L, R, J> {
    #[inline]
    pub(super) const fn called(call: F, permit: Permit<L>, refuse: R, judge: J) -> Self {
        Self { held: Held::called(call), permit, stands: Stands::Not, refuse, judge }
    }

    pub(super) fn waiting(service: S, request: Req, turn: Box<Turn<L>>, refuse: R, judge: J) -> Self {
        let held = Held::waiting(service, request);
        Self { held, permit: Permit::none(), stands: Stands::Waits(turn), refuse, judge }
    }

    #[inline]
    pub(super) const fn refused(rejected: Rejected, refuse: R, judge: J) -> Self {
        let stands = Stands::Refused(rejected);
        Self { held: Held::gone(), permit: Permit::none(), stands, refuse, judge }
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
        let Some(call) = this.held.poll_call(cx) else { return self.poll_turn(cx) };
        let result = ready!(call);
        Poll::Ready(match result {
            Ok(response) => Ok(this.judge.response(response, this.permit)),
            Err(error) => {
                settle_error::<_, _, _, R, _>(this.judge, &error, this.permit);
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
        let turn = match this.stands {
            Stands::Waits(turn) => ready!(turn.poll(cx)),
            Stands::Refused(rejected) => Err(*rejected),
            Stands::Not => panic!("polled after it was done"),
        };
        match turn {
            Ok(permit) => {
                *this.permit = permit;
                *this.stands = Stands::Not;
                this.held.send();
                self.poll(cx)
            }
            Err(rejected) => {
                *this.stands = Stands::Refused(rejected);
                this.held.as_mut().let_go();
                Poll::Ready(this.refuse.refuse(rejected))
            }
        }
    }
}

/// Settles a permit by an error. A rejection by our own stack is settled here, so that no classifier can take it for a
/// failure of the peer.
#[cold]
#[inline(never)]
fn settle_error<Res, Err, J, R, L>(judge: &J, error: &Err, permit: &mut Permit<L>)
where
    J: Judge<Res, Err>,
    R: Refuse<J::Response<Permit<L>>, Err>,
    L: Deref<Target = Shared> + Send + Sync + 'static,
{
    match R::rejected(error) {
        Some(rejected) => permit.settle(classify::outcome_of(rejected), None),
        None => judge.error(error, permit),
    }
}

impl<S, Req, F, L: Deref<Target = Shared>, R, J> fmt::Debug for ResponseFuture<S, Req, F, L, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = matches!(self.stands, Stands::Waits(_));
        f.debug_struct("ResponseFuture").field("waits", &waits).finish_non_exhaustive()
    }
}
