//! The future of one call.

use super::common::{Common, PeerId};
use super::permit::Permit;
use super::trail::Trail;
use super::turn::{No, Polled, Turn};
use buttress::{Judge, Refuse, Rejected};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// The response of a [`PeerRouter`](super::PeerRouter).
    pub struct ResponseFuture<K: PeerId, S, Req, R, J>
    where
        S: Service<Req>,
    {
        #[pin]
        stage: Stage<K, S, S::Future, Req>,
        judge: J,
        refuse: R,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<K: PeerId, S, F, Req> {
        Called {
            // Before the permit: the inner future ends first when this one is dropped.
            #[pin]
            inner: F,
            permit: Permit<K, S>,
        },
        // Boxed, as few calls come here.
        Choosing {
            choosing: Box<Choosing<K, S, Req>>,
        },
        Refused {
            rejected: Rejected,
        },
    }
}

/// A call that has no peer yet.
pub(super) struct Choosing<K: PeerId, S, Req> {
    turn: Turn<K, S>,
    common: Arc<Common<K, S>>,
    request: Option<Req>,
    trail: Option<Trail>,
}

impl<K: PeerId, S: Service<Req>, Req, R, J> ResponseFuture<K, S, Req, R, J> {
    #[inline]
    pub(super) const fn called(inner: S::Future, permit: Permit<K, S>, judge: J, refuse: R) -> Self {
        Self { stage: Stage::Called { inner, permit }, judge, refuse }
    }

    #[cold]
    pub(super) fn choosing(
        turn: Turn<K, S>,
        common: Arc<Common<K, S>>,
        request: Req,
        trail: Option<Trail>,
        judge: J,
        refuse: R,
    ) -> Self {
        let choosing = Choosing { turn, common, request: Some(request), trail };
        Self { stage: Stage::Choosing { choosing: Box::new(choosing) }, judge, refuse }
    }
}

impl<K: PeerId, S, Req, R, J> Future for ResponseFuture<K, S, Req, R, J>
where
    K: PeerId,
    S: Service<Req> + Clone + Send + Sync + 'static,
    J: Judge<S::Response, S::Error>,
    R: Refuse<J::Response<Permit<K, S>>, S::Error>,
{
    type Output = Result<J::Response<Permit<K, S>>, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.stage.as_mut().project() {
                StageProj::Called { inner, permit } => {
                    let result = ready!(inner.poll(cx));
                    return Poll::Ready(match result {
                        Ok(response) => Ok(this.judge.response(response, permit)),
                        Err(error) => {
                            this.judge.settle_error::<R, _>(&error, permit);
                            Err(R::inner(error))
                        }
                    });
                }
                StageProj::Choosing { choosing } => match ready!(choosing.poll::<R, J>(this.judge, cx)) {
                    Ok((inner, permit)) => this.stage.set(Stage::Called { inner, permit }),
                    Err(No::Peer(no_peer)) => {
                        let rejected = choosing.common.reject(no_peer);
                        this.stage.set(Stage::Refused { rejected });
                    }
                    Err(No::Ready(last)) => {
                        let Choosing { common, trail, .. } = &**choosing;
                        let error = last.charge::<Req, R, J>(common, trail.as_ref(), this.judge);
                        return Poll::Ready(Err(R::inner(error)));
                    }
                },
                StageProj::Refused { rejected } => return Poll::Ready(this.refuse.refuse(*rejected)),
            }
        }
    }
}

impl<K: PeerId, S, Req> Choosing<K, S, Req>
where
    K: PeerId,
    S: Service<Req> + Clone + Send + Sync + 'static,
{
    /// Makes the call with the first peer that is ready.
    fn poll<R, J>(&mut self, judge: &J, cx: &mut Context<'_>) -> Polled<K, S, Sent<K, S, Req>, S::Error>
    where
        J: Judge<S::Response, S::Error>,
        R: Refuse<J::Response<Permit<K, S>>, S::Error>,
    {
        let Self { turn, common, request, trail } = self;
        Poll::Ready(ready!(turn.poll::<Req, R, J>(common, trail.as_ref(), judge, cx)).map(|candidate| {
            let request = request.take().expect("a choice ends once");
            candidate.call(common, request, trail.take())
        }))
    }
}

/// A call on its way, and what it holds of its peer.
type Sent<K, S, Req> = (<S as Service<Req>>::Future, Permit<K, S>);

impl<K: PeerId, S: Service<Req>, Req, R, J> fmt::Debug for ResponseFuture<K, S, Req, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
