//! One peer that a call may be made with.

use super::common::{Common, PeerId};
use super::permit::Permit;
use super::trail::Trail;
use crate::selection::{NoPeer, Picked};
use buttress::{Judge, Refuse};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// A peer that was picked, and the service of its own that the call will be made with. Dropped, it gives back what it took.
pub(super) struct Candidate<K: PeerId, S> {
    // Before the leave: what the service has reserved is free first.
    service: S,
    picked: Picked<K, S>,
}

/// One that could not be made ready, which is how the call that it was for ended. That is still to be charged to it.
pub(super) struct Failed<K: PeerId, S, E> {
    pub(super) candidate: Candidate<K, S>,
    pub(super) error: E,
}

impl<K: PeerId, S> Candidate<K, S> {
    pub(super) fn number(&self) -> u64 {
        self.picked.number()
    }

    /// Whether it may still be called.
    #[inline]
    pub(super) fn holds(&self) -> bool {
        self.picked.holds()
    }

    /// Whether it is a member no longer.
    pub(super) fn has_left(&self) -> bool {
        self.picked.has_left()
    }

    /// The next one that may be asked, of those whose number is `wanted`.
    pub(super) fn next(common: &Common<K, S>, wanted: impl Fn(u64) -> bool) -> Result<Self, NoPeer>
    where
        S: Clone,
    {
        let picked = common.selection.pick_by(wanted)?;
        Ok(Self { service: picked.value().clone(), picked })
    }

    pub(super) fn poll_ready<Req>(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>>
    where
        S: Service<Req>,
    {
        let ready = self.service.poll_ready(cx);
        match ready {
            Poll::Pending => self.picked.wait(),
            Poll::Ready(_) => self.picked.keep(),
        }
        ready
    }

    /// The call begins.
    #[inline]
    pub(super) fn call<Req>(
        self,
        common: &Arc<Common<K, S>>,
        request: Req,
        trail: Option<Trail>,
    ) -> (S::Future, Permit<K, S>)
    where
        S: Service<Req> + Send + Sync + 'static,
        K: PeerId,
    {
        let Self { mut service, picked } = self;
        common.note(trail.as_ref(), picked.number());
        // Before the call, so that it is accounted for also if it panics.
        let permit = Permit::begin(picked, trail);
        (service.call(request), permit)
    }
}

impl<K: PeerId, S: Send + Sync + 'static, E> Failed<K, S, E> {
    /// Charges it to the peer: what remains is the error.
    #[cold]
    pub(super) fn charge<Req, R, J>(self, common: &Arc<Common<K, S>>, trail: Option<&Trail>, judge: &J) -> E
    where
        S: Service<Req, Error = E>,
        J: Judge<S::Response, E>,
        R: Refuse<J::Response<Permit<K, S>>, E>,
    {
        let Self { candidate, error } = self;
        common.note(trail, candidate.number());
        let mut permit = Permit::begin(candidate.picked, trail.cloned());
        judge.settle_error::<R, _>(&error, &mut permit);
        error
    }
}
