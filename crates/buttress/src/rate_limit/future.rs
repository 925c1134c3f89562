//! The futures of one call.

use super::after::Task;
use super::queue::Turn;
use crate::{Refuse, Rejected};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// The response of a [`RateLimitService`](super::RateLimitService).
    pub struct ResponseFuture<F, R, T> {
        #[pin]
        stage: Stage<F, R>,
        task: T,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<F, R> {
        Called {
            #[pin]
            inner: F,
        },
        Refused {
            rejected: Rejected,
            refuse: R,
        },
    }
}

impl<F, R, T> ResponseFuture<F, R, T> {
    #[inline]
    pub(super) const fn called(inner: F, task: T) -> Self {
        Self { stage: Stage::Called { inner }, task }
    }

    #[inline]
    pub(super) const fn refused(rejected: Rejected, refuse: R, task: T) -> Self {
        Self { stage: Stage::Refused { rejected, refuse }, task }
    }
}

impl<F, R, T, Res, Err> Future for ResponseFuture<F, R, T>
where
    F: Future<Output = Result<Res, Err>>,
    R: Refuse<Res, Err>,
    T: Task<Res>,
{
    type Output = Result<Res, R::Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut result = match this.stage.project() {
            StageProj::Called { inner } => ready!(inner.poll(cx)).map_err(R::inner),
            StageProj::Refused { rejected, refuse } => refuse.refuse(*rejected),
        };
        if let Ok(response) = &mut result {
            this.task.answered(response);
        }
        Poll::Ready(result)
    }
}

impl<F, R, T> fmt::Debug for ResponseFuture<F, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

pin_project! {
    /// The response of a [`RateLimitService`](super::RateLimitService) whose calls wait for their turn.
    pub struct TurnFuture<S, Req, F, R, T> {
        #[pin]
        stage: TurnStage<S, Req, F>,
        refuse: R,
        task: T,
    }
}

pin_project! {
    #[project = TurnStageProj]
    enum TurnStage<S, Req, F> {
        Called {
            #[pin]
            call: F,
        },
        // Boxed, so that a call which need not wait does not carry the room for it.
        Waits {
            waits: Option<Box<Waits<S, Req>>>,
        },
        Refused {
            rejected: Rejected,
        },
    }
}

/// A request with the service that will send it.
struct Waits<S, Req> {
    // Before the service: of who is dropped before their turn, the place in the queue goes first.
    turn: Option<Turn>,
    service: S,
    request: Req,
}

impl<S, Req, F, R, T> TurnFuture<S, Req, F, R, T> {
    #[inline]
    pub(super) const fn called(call: F, refuse: R, task: T) -> Self {
        Self { stage: TurnStage::Called { call }, refuse, task }
    }

    #[inline]
    pub(super) const fn refused(rejected: Rejected, refuse: R, task: T) -> Self {
        Self { stage: TurnStage::Refused { rejected }, refuse, task }
    }

    pub(super) fn waiting(turn: Turn, service: S, request: Req, refuse: R, task: T) -> Self {
        let waits = Some(Box::new(Waits { turn: Some(turn), service, request }));
        Self { stage: TurnStage::Waits { waits }, refuse, task }
    }
}

impl<S, Req, R, T> Future for TurnFuture<S, Req, S::Future, R, T>
where
    S: Service<Req>,
    R: Refuse<S::Response, S::Error>,
    T: Task<S::Response>,
{
    type Output = Result<S::Response, R::Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let TurnStageProj::Called { call } = this.stage.project() else { return self.poll_turn(cx) };
        let mut result = ready!(call.poll(cx)).map_err(R::inner);
        if let Ok(response) = &mut result {
            this.task.answered(response);
        }
        Poll::Ready(result)
    }
}

impl<S, Req, R, T> TurnFuture<S, Req, S::Future, R, T>
where
    S: Service<Req>,
    R: Refuse<S::Response, S::Error>,
    T: Task<S::Response>,
{
    /// Out of line, so that the way of a call that is admitted at once is short.
    #[cold]
    #[inline(never)]
    fn poll_turn(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<<Self as Future>::Output> {
        let mut this = self.as_mut().project();
        let rejected = match this.stage.as_mut().project() {
            TurnStageProj::Waits { waits } => {
                match ready!(waits.as_mut().expect("it is taken once").poll(cx)) {
                    Ok(()) => {
                        let mut waits = waits.take().expect("it was polled");
                        let call = waits.service.call(waits.request);
                        this.stage.set(TurnStage::Called { call });
                        return self.poll(cx);
                    }
                    Err(Vain::Rejected(rejected)) => rejected,
                    Err(Vain::Inner(error)) => {
                        *waits = None;
                        return Poll::Ready(Err(R::inner(error)));
                    }
                }
            }
            TurnStageProj::Refused { rejected } => *rejected,
            TurnStageProj::Called { .. } => unreachable!("a call that was sent is polled itself"),
        };
        // What it held is free, however long somebody keeps the rest.
        this.stage.set(TurnStage::Refused { rejected });
        let mut result = this.refuse.refuse(rejected);
        if let Ok(response) = &mut result {
            this.task.answered(response);
        }
        Poll::Ready(result)
    }
}

/// Why a call that waited is not sent.
enum Vain<E> {
    /// Its turn did not come in time.
    Rejected(Rejected),
    /// The service did not become ready.
    Inner(E),
}

impl<S, Req> Waits<S, Req> {
    /// Until it is its turn, and the service is ready.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Vain<S::Error>>>
    where
        S: Service<Req>,
    {
        if let Some(turn) = &mut self.turn {
            ready!(turn.as_mut().poll(cx)).map_err(Vain::Rejected)?;
            self.turn = None;
        }
        // What was ready when the call came may not be so any more, so this asks anew.
        self.service.poll_ready(cx).map_err(Vain::Inner)
    }
}

impl<S, Req, F, R, T> fmt::Debug for TurnFuture<S, Req, F, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = matches!(self.stage, TurnStage::Waits { .. });
        f.debug_struct("TurnFuture").field("waits", &waits).finish_non_exhaustive()
    }
}
