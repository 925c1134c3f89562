//! The service: carries out what the breaker decides.

use super::future::ResponseFuture;
use super::handle::{Handle, Refused, Shared};
use super::permit::{Permit, Reservation};
use super::wait::{Wait, wait};
use crate::source::{Select, Source};
use crate::{AtHead, Boxed, Judge, Refuse, Rejected, classify, clock};
use buttress_core::circuit_breaker::Pass;
use std::task::{Context, Poll, ready};
use std::{fmt, mem};
use tower_service::Service;

/// A service with a circuit breaker before it.
pub struct CircuitBreakerService<
    S,
    H: Source<State = Shared> = Handle,
    R = Boxed,
    J = AtHead<classify::Errors>,
> {
    inner: S,
    source: H,
    refuse: R,
    judge: J,
    mode: Mode,
    decided: Decided<H::Lease>,
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
    /// Admitted by a closed breaker, which reserves nothing: the call takes its lease.
    Closed(Pass),
    Admitted(Reservation<L>),
    Refused(Refused),
    /// Not yet: the breaker refuses, and this service waits for it.
    Waiting(Wait<L>),
}

impl<L: std::ops::Deref<Target = Shared>> Decided<L> {
    /// Replaces a decision that holds nothing, and so spares the call the question what there is to drop.
    #[inline]
    fn replace_plain(&mut self, decided: Self) {
        debug_assert!(matches!(self, Self::Nothing | Self::Closed(_)), "what holds something is dropped");
        mem::forget(mem::replace(self, decided));
    }
}

impl<S, H: Source<State = Shared>, R, J> CircuitBreakerService<S, H, R, J> {
    pub(super) fn new(inner: S, source: H, refuse: R, judge: J, mode: Mode) -> Self {
        Self { inner, source, refuse, judge, mode, decided: Decided::Nothing }
    }

    accessors!();
}

impl<S, Req, H, R, J> Service<Req> for CircuitBreakerService<S, H, R, J>
where
    S: Service<Req>,
    H: Select<Req, State = Shared>,
    J: Judge<S::Response, S::Error> + Clone,
    R: Refuse<J::Response<Permit<H::Lease>>, S::Error> + Clone,
{
    type Response = J::Response<Permit<H::Lease>>;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, H::Lease, R, J>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        match self.decided {
            Decided::Closed(_) | Decided::Admitted(_) => {}
            Decided::Nothing => match self.source.ahead().map(Shared::pass_if_closed) {
                None => {}
                Some(Some(pass)) => self.decided.replace_plain(Decided::Closed(pass)),
                Some(None) => ready!(self.decide_unless_closed(cx)),
            },
            Decided::Refused(_) | Decided::Waiting(_) => ready!(self.decide_unless_closed(cx)),
        }
        if let Decided::Refused(_) = self.decided {
            // Its next call does not touch the inner service, which may never be ready.
            return Poll::Ready(Ok(()));
        }
        match ready!(self.inner.poll_ready(cx)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(error) => {
                // An outcome like that of a call: a peer that cannot be reached often shows here.
                if let Some(mut permit) = self.take_kept() {
                    self.judge.settle_error::<R, _>(&error, &mut permit);
                }
                Poll::Ready(Err(R::inner(error)))
            }
        }
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let permit = if let Decided::Closed(pass) = self.decided {
            self.decided.replace_plain(Decided::Nothing);
            Permit::begin(self.source.lease().expect(HELD), pass)
        } else if self.source.is_off() {
            Permit::none()
        } else {
            match self.admit(&request) {
                Ok(permit) => permit,
                Err(rejected) => return ResponseFuture::refused(rejected, self.refuse.clone()),
            }
        };
        ResponseFuture::called(self.inner.call(request), permit, self.judge.clone())
    }
}

// All out of line, so that a closed breaker's way is short whatever is around it.
impl<S, H: Source<State = Shared>, R, J> CircuitBreakerService<S, H, R, J> {
    /// Asks a breaker that is not closed, and keeps the answer; a refusal stays what it is until the call.
    #[inline(never)]
    fn decide_unless_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Decided::Nothing = self.decided {
            self.decided = match self.mode {
                Mode::Wait => Decided::Waiting(wait(self.source.lease().expect(HELD))),
                Mode::Refuse => match self.source.ahead().expect(HELD).try_acquire_unless_closed() {
                    Ok(ticket) => {
                        Decided::Admitted(Reservation::new(self.source.lease().expect(HELD), ticket))
                    }
                    Err(refused) => Decided::Refused(refused),
                },
            };
        }
        if let Decided::Waiting(wait) = &mut self.decided {
            self.decided = Decided::Admitted(ready!(wait.as_mut().poll(cx)));
        }
        Poll::Ready(())
    }

    /// The permit of the call whose admission is kept.
    #[inline(never)]
    fn take_kept(&mut self) -> Option<Permit<H::Lease>> {
        match mem::replace(&mut self.decided, Decided::Nothing) {
            Decided::Closed(pass) => Some(Permit::begin(self.source.lease()?, pass)),
            Decided::Admitted(reservation) => Some(reservation.begin()),
            Decided::Nothing | Decided::Refused(_) | Decided::Waiting(_) => None,
        }
    }

    /// The permit of a call that no closed breaker admitted ahead.
    #[inline(never)]
    fn admit<Req>(&mut self, request: &Req) -> Result<Permit<H::Lease>, Rejected>
    where
        H: Select<Req, State = Shared>,
    {
        match self.decided {
            // Where the request has a say, nothing was decided ahead.
            Decided::Nothing => {}
            Decided::Refused(Refused { refusal, at }) => {
                self.decided = Decided::Nothing;
                let refusal = refusal.kept(at, clock::now());
                return Err(self.source.ahead().expect(HELD).reject(refusal));
            }
            Decided::Closed(_) | Decided::Admitted(_) | Decided::Waiting(_) => {
                if let Some(permit) = self.take_kept() {
                    return Ok(permit);
                }
            }
        }
        let Some(lease) = self.source.select(request) else { return Ok(Permit::none()) };
        if let Some(pass) = lease.pass_if_closed() {
            return Ok(Permit::begin(lease, pass));
        }
        match lease.try_acquire_unless_closed() {
            Ok(ticket) => Ok(Reservation::new(lease, ticket).begin()),
            Err(Refused { refusal, .. }) => Err(lease.reject(refusal)),
        }
    }
}

/// Of a source that named its breaker ahead of the request.
const HELD: &str = "what is ahead can be held";

impl<S: Clone, H: Source<State = Shared>, R: Clone, J: Clone> Clone for CircuitBreakerService<S, H, R, J> {
    /// Shares the breaker. What this one reserved is its own: the clone is not ready.
    fn clone(&self) -> Self {
        let (inner, source) = (self.inner.clone(), self.source.clone());
        Self::new(inner, source, self.refuse.clone(), self.judge.clone(), self.mode)
    }
}

impl<S: fmt::Debug, H: Source<State = Shared> + fmt::Debug, R, J> fmt::Debug
    for CircuitBreakerService<S, H, R, J>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CircuitBreakerService");
        debug.field("inner", &self.inner).field("source", &self.source).finish_non_exhaustive()
    }
}
