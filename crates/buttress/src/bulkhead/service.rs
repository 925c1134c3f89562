//! The service: carries out what the bulkhead decides.

use super::future::ResponseFuture;
use super::handle::Handle;
use super::permit::Permit;
use super::reserve::{Reservation, Taken};
use super::shared::{Admission, Shared};
use super::source::{Claim, Select, Source};
use crate::{AtHead, Boxed, Deadline, Judge, Refuse, classify};
use std::task::{Context, Poll, ready};
use std::{fmt, mem};
use tower_service::Service;

/// A service with a bulkhead before it.
pub struct BulkheadService<S, H: Source = Handle, R = Boxed, J = AtHead<classify::Errors>> {
    inner: S,
    source: H,
    refuse: R,
    judge: J,
    mode: Mode,
    /// The place it took ahead of its next call.
    reservation: Option<Reservation<H::Lease>>,
}

/// When a service asks for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// When it is called: a ready one holds none.
    InCall,
    /// When it is asked whether it is ready.
    Ahead,
}

impl<S, H: Source, R, J> BulkheadService<S, H, R, J> {
    pub(super) const fn new(inner: S, source: H, refuse: R, judge: J, mode: Mode) -> Self {
        Self { inner, source, refuse, judge, mode, reservation: None }
    }

    accessors!();
}

impl<S, Req, H, R, J> Service<Req> for BulkheadService<S, H, R, J>
where
    S: Service<Req> + Clone,
    H: Select<Req>,
    J: Judge<S::Response, S::Error> + Clone,
    R: Refuse<J::Response<Permit<H::Lease>>, S::Error> + Clone,
{
    type Response = J::Response<Permit<H::Lease>>;
    type Error = R::Error;
    type Future = ResponseFuture<S, Req, S::Future, H::Lease, R, J>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        if self.mode == Mode::Ahead {
            ready!(self.poll_reserve(cx));
            if self.reservation.as_ref().is_some_and(Reservation::is_refused) {
                // Its next call does not touch the inner service, which may never be ready.
                return Poll::Ready(Ok(()));
            }
        }
        match ready!(self.inner.poll_ready(cx)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(error) => {
                self.reservation = None;
                Poll::Ready(Err(R::inner(error)))
            }
        }
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let claim = self.source.claim(&request);
        if self.reservation.is_some() {
            return self.call_with_reservation(request, claim);
        }
        let permit = match self.source.ahead() {
            Some(shared) => match shared.try_acquire(claim.weight) {
                Ok(ticket) => Permit::begin(self.source.lease().expect(HELD), ticket),
                Err(refusal) if shared.refuses_at_once() => {
                    let rejected = shared.refuse(refusal);
                    return ResponseFuture::refused(rejected, self.refuse.clone(), self.judge.clone());
                }
                Err(_) => return self.call_when_full(request, claim),
            },
            None => match self.source.select(&request) {
                None => Permit::none(),
                Some(lease) => match lease.try_acquire(claim.weight) {
                    Ok(ticket) => Permit::begin(lease, ticket),
                    Err(_) => return self.wait_or_refuse(request, claim, lease),
                },
            },
        };
        ResponseFuture::called(self.inner.call(request), permit, self.refuse.clone(), self.judge.clone())
    }
}

// All out of line, so that the way of a call that finds room is short.
impl<S, H: Source, R: Clone, J: Clone> BulkheadService<S, H, R, J> {
    #[inline(never)]
    fn poll_reserve(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.reservation.is_none() {
            let Some(lease) = self.source.ahead().and_then(|_| self.source.lease()) else {
                return Poll::Ready(());
            };
            self.reservation = Some(Reservation::new(lease));
        }
        match &mut self.reservation {
            Some(reservation) => reservation.poll(cx),
            None => Poll::Ready(()),
        }
    }

    #[inline(never)]
    fn call_with_reservation<Req>(
        &mut self,
        request: Req,
        claim: Claim,
    ) -> ResponseFuture<S, Req, S::Future, H::Lease, R, J>
    where
        S: Service<Req> + Clone,
        H: Select<Req>,
    {
        let taken = self.reservation.as_ref().map_or(Taken::Nothing, Reservation::take);
        let lease = self.source.lease().expect(HELD);
        let ticket = match taken {
            Taken::Ticket(ticket) if claim.weight == Claim::ONE.weight => ticket,
            Taken::Refused(refusal) => {
                return ResponseFuture::refused(
                    lease.reject(refusal),
                    self.refuse.clone(),
                    self.judge.clone(),
                );
            }
            Taken::Ticket(ticket) => {
                lease.give_back(ticket);
                return self.wait_or_refuse(request, claim, lease);
            }
            Taken::Nothing => return self.wait_or_refuse(request, claim, lease),
        };
        let permit = Permit::begin(lease, ticket);
        ResponseFuture::called(self.inner.call(request), permit, self.refuse.clone(), self.judge.clone())
    }

    #[cold]
    #[inline(never)]
    fn call_when_full<Req>(
        &mut self,
        request: Req,
        claim: Claim,
    ) -> ResponseFuture<S, Req, S::Future, H::Lease, R, J>
    where
        S: Service<Req> + Clone,
        H: Select<Req>,
    {
        let lease = self.source.lease().expect(HELD);
        self.wait_or_refuse(request, claim, lease)
    }

    /// Asks for a place, or for one in the queue.
    #[cold]
    #[inline(never)]
    fn wait_or_refuse<Req>(
        &mut self,
        request: Req,
        claim: Claim,
        lease: H::Lease,
    ) -> ResponseFuture<S, Req, S::Future, H::Lease, R, J>
    where
        S: Service<Req> + Clone,
        H: Select<Req>,
    {
        let (refuse, judge) = (self.refuse.clone(), self.judge.clone());
        match Shared::admit(lease, claim, None, Deadline::current_or_never()) {
            Admission::Admitted(permit) => {
                ResponseFuture::called(self.inner.call(request), permit, refuse, judge)
            }
            Admission::Waits(turn) => {
                // The one that is ready goes with the request; what stays was never ready.
                let unready = self.inner.clone();
                let service = mem::replace(&mut self.inner, unready);
                ResponseFuture::waiting(service, request, turn, refuse, judge)
            }
            Admission::Refused(rejected) => ResponseFuture::refused(rejected, refuse, judge),
        }
    }
}

/// Of a source that named its bulkhead ahead of the request.
const HELD: &str = "what is ahead can be held";

impl<S: Clone, H: Source, R: Clone, J: Clone> Clone for BulkheadService<S, H, R, J> {
    /// Shares the bulkhead. The place that this one took is its own: the clone is not ready.
    fn clone(&self) -> Self {
        let (inner, source) = (self.inner.clone(), self.source.clone());
        Self::new(inner, source, self.refuse.clone(), self.judge.clone(), self.mode)
    }
}

impl<S: fmt::Debug, H: Source + fmt::Debug, R, J> fmt::Debug for BulkheadService<S, H, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("BulkheadService");
        debug.field("inner", &self.inner).field("source", &self.source).finish_non_exhaustive()
    }
}
