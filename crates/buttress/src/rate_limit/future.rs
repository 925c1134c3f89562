//! The futures of one call.

use super::after::Task;
use super::held::Held;
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
        // Before the call: of who is dropped before their turn, the place in the queue goes first.
        turn: Option<Turn>,
        #[pin]
        call: Held<S, Req, F>,
        rejected: Option<Rejected>,
        refuse: R,
        task: T,
    }
}

impl<S, Req, F, R, T> TurnFuture<S, Req, F, R, T> {
    #[inline]
    pub(super) const fn called(call: F, refuse: R, task: T) -> Self {
        Self { turn: None, call: Held::called(call), rejected: None, refuse, task }
    }

    pub(super) const fn refused(rejected: Rejected, refuse: R, task: T) -> Self {
        Self { turn: None, call: Held::gone(), rejected: Some(rejected), refuse, task }
    }

    pub(super) const fn waiting(turn: Turn, service: S, request: Req, refuse: R, task: T) -> Self {
        Self { turn: Some(turn), call: Held::waiting(service, request), rejected: None, refuse, task }
    }
}

impl<S, Req, F, R, T> Future for TurnFuture<S, Req, F, R, T>
where
    S: Service<Req, Future = F>,
    F: Future<Output = Result<S::Response, S::Error>>,
    R: Refuse<S::Response, S::Error>,
    T: Task<S::Response>,
{
    type Output = Result<S::Response, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut result = loop {
            if let Some(polled) = this.call.as_mut().poll_call(cx) {
                break ready!(polled).map_err(R::inner);
            }
            if let Some(rejected) = *this.rejected {
                break this.refuse.refuse(rejected);
            }
            match this.turn {
                Some(turn) => {
                    *this.rejected = ready!(turn.as_mut().poll(cx)).err();
                    *this.turn = None;
                    if this.rejected.is_some() {
                        this.call.as_mut().let_go();
                    }
                }
                // It is its turn: what was ready when it came may not be so any more, so this asks anew.
                None => match ready!(this.call.as_mut().poll_ready(cx)) {
                    Ok(()) => this.call.as_mut().send(),
                    Err(error) => {
                        this.call.as_mut().let_go();
                        return Poll::Ready(Err(R::inner(error)));
                    }
                },
            }
        };
        if let Ok(response) = &mut result {
            this.task.answered(response);
        }
        Poll::Ready(result)
    }
}

impl<S, Req, F, R, T> fmt::Debug for TurnFuture<S, Req, F, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnFuture").field("waits", &self.turn.is_some()).finish_non_exhaustive()
    }
}
