//! The service: sends each call to the peer that was chosen for it.

use super::candidate::{Candidate, Failed};
use super::common::{Common, PeerId};
use super::discover::Discovery;
use super::future::ResponseFuture;
use super::permit::Permit;
use super::trail::{Follow, NoTrail};
use super::turn::{Polled, Turn};
use crate::selection::Selection;
use buttress::{AtHead, Boxed, Judge, Refuse, classify};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{fmt, mem};
use tower_service::Service;

/// Several peers as one service: each call goes to one that is ready and that the [`Selection`] prefers, and how it ends is judged
/// of that peer. See [the module](super).
pub struct PeerRouter<K: PeerId, S, R = Boxed, J = AtHead<classify::Errors>, T = NoTrail> {
    pub(super) common: Arc<Common<K, S>>,
    pub(super) refuse: R,
    pub(super) judge: J,
    pub(super) follow: T,
    /// What `poll_ready` did for the next call.
    pub(super) chosen: Chosen<K, S>,
}

/// What there is for the next call.
pub(super) enum Chosen<K: PeerId, S> {
    Nothing,
    Ready(Candidate<K, S>),
    Waiting(Box<Turn<K, S>>),
    /// No peer may be asked, or none became ready: the call goes on with this, and says so if it does no better.
    InCall(Box<Turn<K, S>>),
}

impl<K: PeerId, S, Req, R, J, T> Service<Req> for PeerRouter<K, S, R, J, T>
where
    K: PeerId,
    S: Service<Req> + Clone + Send + Sync + 'static,
    J: Judge<S::Response, S::Error> + Clone,
    R: Refuse<J::Response<Permit<K, S>>, S::Error> + Clone,
    T: Follow<Req>,
{
    type Response = J::Response<Permit<K, S>>;
    type Error = R::Error;
    type Future = ResponseFuture<K, S, Req, R, J>;

    /// Never an error: of a peer that cannot be made ready another call need not hear.
    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.common.discover(cx);
        let mut candidate = match mem::replace(&mut self.chosen, Chosen::Nothing) {
            Chosen::Ready(candidate) if candidate.holds() => candidate,
            Chosen::Ready(_) | Chosen::Nothing => match Candidate::next(&self.common, |_| true) {
                Ok(candidate) => candidate,
                Err(_) => return self.leave_to_call(Box::new(Turn::new())),
            },
            Chosen::InCall(turn) => return self.leave_to_call(turn),
            Chosen::Waiting(mut turn) => {
                let polled = turn.poll::<Req, R, J>(&self.common, None, &self.judge, cx);
                return self.keep(turn, polled);
            }
        };
        match candidate.poll_ready(cx) {
            Poll::Ready(Ok(())) => {
                self.chosen = Chosen::Ready(candidate);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => {
                self.start(Turn::after(candidate.number()), Some(Failed { candidate, error }), cx)
            }
            Poll::Pending => self.start(Turn::with(candidate), None, cx),
        }
    }

    #[inline]
    fn call(&mut self, mut request: Req) -> Self::Future {
        let trail = self.follow.trail(&mut request);
        let (judge, refuse) = (self.judge.clone(), self.refuse.clone());
        let chosen = mem::replace(&mut self.chosen, Chosen::Nothing);
        match (chosen, trail) {
            (Chosen::Ready(candidate), trail)
                if candidate.holds()
                    && trail.as_ref().is_none_or(|trail| trail.is_new(candidate.number())) =>
            {
                let (inner, permit) = candidate.call(&self.common, request, trail);
                ResponseFuture::called(inner, permit, judge, refuse)
            }
            (chosen, trail) => {
                let turn = match chosen {
                    Chosen::InCall(turn) => *turn,
                    // What was chosen goes back: it may not be called any more, or the request has been there and nobody knew.
                    _ => Turn::new(),
                };
                ResponseFuture::choosing(turn, Arc::clone(&self.common), request, trail, judge, refuse)
            }
        }
    }
}

impl<K: PeerId, S, R, J, T> PeerRouter<K, S, R, J, T> {
    /// Goes on with others than the one that was not ready.
    #[cold]
    fn start<Req>(
        &mut self,
        mut turn: Turn<K, S>,
        failed: Option<Failed<K, S, S::Error>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), R::Error>>
    where
        S: Service<Req> + Clone + Send + Sync + 'static,
        J: Judge<S::Response, S::Error>,
        R: Refuse<J::Response<Permit<K, S>>, S::Error>,
    {
        let polled = turn.start::<Req, R, J>(failed, &self.common, &self.judge, cx);
        self.keep(Box::new(turn), polled)
    }

    #[cold]
    fn leave_to_call<E>(&mut self, turn: Box<Turn<K, S>>) -> Poll<Result<(), E>> {
        self.chosen = Chosen::InCall(turn);
        Poll::Ready(Ok(()))
    }

    /// Keeps a turn, or what came of it.
    fn keep<E, E2>(
        &mut self,
        turn: Box<Turn<K, S>>,
        polled: Polled<K, S, Candidate<K, S>, E>,
    ) -> Poll<Result<(), E2>> {
        self.chosen = match polled {
            Poll::Ready(Ok(candidate)) => Chosen::Ready(candidate),
            Poll::Ready(Err(no)) => Chosen::InCall(Box::new(turn.left_to_call(no))),
            Poll::Pending => {
                self.chosen = Chosen::Waiting(turn);
                return Poll::Pending;
            }
        };
        Poll::Ready(Ok(()))
    }

    /// The peers it picks from, to look at and to change.
    #[must_use]
    pub fn selection(&self) -> &Selection<K, S> {
        &self.common.selection
    }

    /// What tells it of peers that come and go, if [anything does](Self::discover).
    #[must_use]
    pub fn discovery(&self) -> Option<&Discovery<K, S>> {
        self.common.discovery.as_ref()
    }
}

impl<K: PeerId, S, R: Clone, J: Clone, T: Clone> Clone for PeerRouter<K, S, R, J, T> {
    /// Shares the peers. What this one chose is its own: the clone is not ready.
    fn clone(&self) -> Self {
        Self {
            common: Arc::clone(&self.common),
            refuse: self.refuse.clone(),
            judge: self.judge.clone(),
            follow: self.follow.clone(),
            chosen: Chosen::Nothing,
        }
    }
}

impl<K: PeerId, S, R, J, T> fmt::Debug for PeerRouter<K, S, R, J, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerRouter").field("name", &self.common.rejected.name()).finish_non_exhaustive()
    }
}
