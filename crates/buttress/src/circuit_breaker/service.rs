//! The service: carries out what the breaker decides.

use super::future::{ResponseFuture, settle_error};
use super::handle::{Handle, Shared, kept};
use super::permit::Permit;
use super::source::{Select, Source};
use super::wait::Wait;
use crate::{AtHead, Boxed, Judge, Refuse, Tick, classify, clock};
use buttress_core::Refusal;
use std::fmt;
use std::task::{Context, Poll, ready};
use tower_service::Service;

/// A service with a circuit breaker before it.
pub struct CircuitBreakerService<S, H: Source = Handle, R = Boxed, J = AtHead<classify::Errors>> {
    inner: S,
    source: H,
    refuse: R,
    judge: J,
    mode: Mode,
    decided: Decided<H::Lease>,
    wait: Wait<H::Lease>,
}

/// What a service does while its breaker refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Refuse,
    Wait,
}

/// What `poll_ready` decided for the next call.
enum Decided<L: std::ops::Deref<Target = Shared>> {
    Nothing,
    Admitted(Permit<L>),
    Refused(Refusal, Tick),
}

impl<S, H: Source, R, J> CircuitBreakerService<S, H, R, J> {
    pub(super) fn new(inner: S, source: H, refuse: R, judge: J, mode: Mode) -> Self {
        Self { inner, source, refuse, judge, mode, decided: Decided::Nothing, wait: Wait::new() }
    }

    accessors!();
}

impl<S, Req, H, R, J> Service<Req> for CircuitBreakerService<S, H, R, J>
where
    S: Service<Req>,
    H: Select<Req>,
    J: Judge<S::Response, S::Error> + Clone,
    R: Refuse<J::Response<Permit<H::Lease>>, S::Error> + Clone,
{
    type Response = J::Response<Permit<H::Lease>>;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, H::Lease, R, J>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        if let Decided::Nothing = self.decided {
            self.decided = ready!(self.decide(cx));
        }
        if let Decided::Refused(..) = self.decided {
            // Its next call does not touch the inner service, which may never be ready.
            return Poll::Ready(Ok(()));
        }
        match ready!(self.inner.poll_ready(cx)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(error) => {
                // An outcome like that of a call: a peer that cannot be reached often shows here.
                if let Decided::Admitted(permit) = std::mem::replace(&mut self.decided, Decided::Nothing) {
                    settle_error::<_, _, _, R, _>(&self.judge, &error, permit);
                }
                Poll::Ready(Err(R::inner(error)))
            }
        }
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let permit = match std::mem::replace(&mut self.decided, Decided::Nothing) {
            Decided::Admitted(permit) => permit,
            Decided::Refused(refusal, at) => return self.refused(refusal, at),
            Decided::Nothing => match self.source.select(&request) {
                None => Permit::none(),
                Some(lease) => match lease.try_acquire() {
                    Ok(ticket) => Permit::new(lease, ticket),
                    Err(refusal) => {
                        return ResponseFuture::refused(lease.reject(refusal), self.refuse.clone());
                    }
                },
            },
        };
        let permit = permit.called();
        ResponseFuture::called(self.inner.call(request), permit, self.judge.clone())
    }
}

impl<S, H: Source, R, J> CircuitBreakerService<S, H, R, J> {
    /// Asks the breaker, where one is known ahead of the request.
    #[inline]
    fn decide(&mut self, cx: &mut Context<'_>) -> Poll<Decided<H::Lease>> {
        let Some(lease) = self.source.ahead() else { return Poll::Ready(Decided::Nothing) };
        if !self.wait.is_under_way() {
            match lease.try_acquire() {
                Ok(ticket) => return Poll::Ready(Decided::Admitted(Permit::new(lease, ticket))),
                Err(refusal) if self.mode == Mode::Refuse => {
                    return Poll::Ready(Decided::Refused(refusal, clock::now()));
                }
                Err(_) => {}
            }
        }
        self.wait.poll(lease, cx).map(Decided::Admitted)
    }

    /// The answer to a call that was refused when readiness was asked for.
    #[cold]
    fn refused<F>(&self, refusal: Refusal, at: Tick) -> ResponseFuture<F, H::Lease, R, J>
    where
        R: Clone,
    {
        let lease = self.source.ahead().expect("what refused is known ahead");
        let rejected = lease.reject(kept(refusal, at, clock::now()));
        ResponseFuture::refused(rejected, self.refuse.clone())
    }
}

impl<S: Clone, H: Source, R: Clone, J: Clone> Clone for CircuitBreakerService<S, H, R, J> {
    /// Shares the breaker. What this one reserved is its own: the clone is not ready.
    fn clone(&self) -> Self {
        let (inner, source) = (self.inner.clone(), self.source.clone());
        Self::new(inner, source, self.refuse.clone(), self.judge.clone(), self.mode)
    }
}

impl<S: fmt::Debug, H: Source + fmt::Debug, R, J> fmt::Debug for CircuitBreakerService<S, H, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CircuitBreakerService");
        debug.field("inner", &self.inner).field("source", &self.source).finish_non_exhaustive()
    }
}
