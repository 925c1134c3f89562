//! The service: carries out what the bulkhead decides.

use super::future::{ResponseFuture, Waits};
use super::handle::Handle;
use super::permit::Permit;
use super::reserve::{Refused, Reservation, Taken};
use super::shared::{Admission, Shared};
use super::source::{Claim, Claims};
use super::turn::Turn;
use crate::source::{Select, Source};
use crate::{AtHead, Boxed, Judge, Refuse, classify};
use std::task::{Context, Poll, ready};
use std::{fmt, mem};
use tower_service::Service;

/// A service with a bulkhead before it.
pub struct BulkheadService<S, H: Source<State = Shared> = Handle, R = Boxed, J = AtHead<classify::Errors>> {
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

impl<S, H: Source<State = Shared>, R, J> BulkheadService<S, H, R, J> {
    pub(super) const fn new(inner: S, source: H, refuse: R, judge: J, mode: Mode) -> Self {
        Self { inner, source, refuse, judge, mode, reservation: None }
    }

    accessors!();
}

impl<S, Req, H, R, J> Service<Req> for BulkheadService<S, H, R, J>
where
    S: Service<Req> + Clone,
    H: Claims<Req>,
    J: Judge<S::Response, S::Error> + Clone,
    R: Refuse<J::Response<Permit<H::Lease>>, S::Error> + Clone,
{
    type Response = J::Response<Permit<H::Lease>>;
    type Error = R::Error;
    type Future = ResponseFuture<S, Req, S::Future, H::Lease, R, J>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        let mut refused = false;
        if self.mode == Mode::Ahead {
            refused = self.is_refused();
            ready!(self.poll_reserve(cx));
            if self.is_refused() {
                // Its next call does not touch the inner service, which may never be ready.
                return Poll::Ready(Ok(()));
            }
        }
        match self.inner.poll_ready(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            Poll::Pending if refused => {
                // It was ready, if only to refuse, and stays so.
                self.refuse_ahead();
                Poll::Ready(Ok(()))
            }
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => {
                self.reservation = None;
                Poll::Ready(Err(R::inner(error)))
            }
        }
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let claim = self.source.claim(&request);
        let permit = match self.enter(claim) {
            Some(permit) => permit,
            None if self.source.is_off() => Permit::none(),
            None => match self.admit(&request, claim) {
                Admission::Admitted(permit) => permit,
                Admission::Waits(turn) => {
                    let waits = self.wait(request, turn);
                    return ResponseFuture::waiting(waits, self.refuse.clone(), self.judge.clone());
                }
                Admission::Refused(rejected) => {
                    return ResponseFuture::refused(rejected, self.refuse.clone(), self.judge.clone());
                }
            },
        };
        ResponseFuture::called(self.inner.call(request), permit, self.refuse.clone(), self.judge.clone())
    }
}

impl<S, H: Source<State = Shared>, R, J> BulkheadService<S, H, R, J> {
    /// The permit of a call that finds room at once in a bulkhead which stands before every request.
    #[inline]
    fn enter(&self, claim: Claim) -> Option<Permit<H::Lease>> {
        if self.reservation.is_some() {
            return None;
        }
        let ticket = self.source.ahead()?.try_acquire(claim.weight).ok()?;
        Some(Permit::begin(self.source.lease().expect(HELD), ticket))
    }
}

// All out of line, so that the way of a call that finds room is short. None of them makes the future, as one that is made in
// several places is copied to where it is wanted.
impl<S, H: Source<State = Shared>, R, J> BulkheadService<S, H, R, J> {
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

    fn is_refused(&self) -> bool {
        self.reservation.as_ref().is_some_and(Reservation::is_refused)
    }

    #[cold]
    fn refuse_ahead(&self) {
        if let Some(reservation) = &self.reservation {
            reservation.refuse();
        }
    }

    /// Asks for a place, or for one in the queue.
    #[inline(never)]
    fn admit<Req>(&self, request: &Req, claim: Claim) -> Admission<H::Lease>
    where
        H: Select<Req, State = Shared>,
    {
        if let Some(reservation) = &self.reservation {
            return self.admit_with_reservation(reservation, claim);
        }
        let Some(shared) = self.source.ahead() else {
            return match self.source.select(request) {
                Some(lease) => Shared::admit(lease, claim, None),
                None => Admission::Admitted(Permit::none()),
            };
        };
        if shared.refuses_at_once() {
            // It may have room by now.
            return match shared.try_acquire(shared.at_most_all(claim.weight)) {
                Ok(ticket) => Admission::Admitted(Permit::begin(self.source.lease().expect(HELD), ticket)),
                Err(refusal) => Admission::Refused(shared.refuse(refusal)),
            };
        }
        Shared::admit(self.source.lease().expect(HELD), claim, None)
    }

    #[cold]
    fn admit_with_reservation(
        &self,
        reservation: &Reservation<H::Lease>,
        claim: Claim,
    ) -> Admission<H::Lease> {
        let lease = self.source.lease().expect(HELD);
        match reservation.take() {
            Taken::Ticket(ticket) if lease.machine.is_closed() => lease.give_back(ticket),
            Taken::Ticket(ticket) if claim.weight == Claim::ONE.weight => {
                return Admission::Admitted(Permit::begin(lease, ticket));
            }
            Taken::Refused(Refused { refusal, counted: true }) => {
                return Admission::Refused(lease.reject(refusal));
            }
            Taken::Refused(Refused { refusal, .. }) => return Admission::Refused(lease.refuse(refusal)),
            Taken::Ticket(ticket) => lease.give_back(ticket),
            Taken::Nothing => {}
        }
        Shared::admit(lease, claim, None)
    }

    /// The one that is ready goes with the request; what stays was never ready.
    #[cold]
    #[inline(never)]
    fn wait<Req>(&mut self, request: Req, turn: Turn<H::Lease>) -> Box<Waits<S, Req, H::Lease>>
    where
        S: Clone,
    {
        let unready = self.inner.clone();
        let service = mem::replace(&mut self.inner, unready);
        Box::new(Waits { turn, service, request })
    }
}

/// Of a source that named its bulkhead ahead of the request.
const HELD: &str = "what is ahead can be held";

impl<S: Clone, H: Source<State = Shared>, R: Clone, J: Clone> Clone for BulkheadService<S, H, R, J> {
    /// Shares the bulkhead. The place that this one took is its own: the clone is not ready.
    fn clone(&self) -> Self {
        let (inner, source) = (self.inner.clone(), self.source.clone());
        Self::new(inner, source, self.refuse.clone(), self.judge.clone(), self.mode)
    }
}

impl<S: fmt::Debug, H: Source<State = Shared> + fmt::Debug, R, J> fmt::Debug for BulkheadService<S, H, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("BulkheadService");
        debug.field("inner", &self.inner).field("source", &self.source).finish_non_exhaustive()
    }
}
