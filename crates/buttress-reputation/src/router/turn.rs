//! Whose turn it is: from a pick to a service that is ready.

use super::common::{Common, PeerId};
use super::permit::{Permit, settle_error};
use super::trail::Trail;
use crate::selection::{NoPeer, Picked};
use buttress::{Judge, Refuse};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// So many peers are asked whether they are ready before a call is given up: beyond two or three choices another adds little, and
/// a call that waits takes a place at each of them.
const MOST: usize = 3;

/// A peer that was picked, and the service of its own that the call will be made with. Dropped, it gives back what it took.
pub(super) struct Candidate<K: PeerId, S> {
    // Before the leave: what the service has reserved is free first.
    service: S,
    picked: Picked<K, S>,
}

/// The choice of a peer that is ready, of those that were picked: whoever is first. One that is ready at once
/// never comes here.
pub(super) struct Turn<K: PeerId, S> {
    waiting: Vec<Candidate<K, S>>,
    /// The numbers of all that were picked, those that failed among them.
    picked: Vec<u64>,
}

/// Why there is no peer for a call.
pub(super) enum No<E> {
    /// None may be asked.
    Peer(NoPeer),
    /// None became ready, and this is what the last one said.
    Ready(E),
}

/// What came of a look at who is ready.
pub(super) type Polled<T, E> = Poll<Result<T, No<E>>>;

impl<K: PeerId, S> Candidate<K, S> {
    pub(super) fn number(&self) -> u64 {
        self.picked.number()
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

    /// It could not be made ready, which is how the call that it was for ended.
    #[cold]
    pub(super) fn fail<Req, R, J>(
        self,
        common: &Arc<Common<K, S>>,
        error: &S::Error,
        trail: Option<&Trail>,
        judge: &J,
    ) where
        S: Service<Req> + Send + Sync + 'static,
        K: PeerId,
        J: Judge<S::Response, S::Error>,
        R: Refuse<J::Response<Permit<K, S>>, S::Error>,
    {
        common.note(trail, self.number());
        let mut permit = Permit::begin(self.picked, trail.cloned());
        settle_error::<_, _, _, R, _, _>(judge, error, &mut permit);
    }
}

impl<K: PeerId, S> Turn<K, S> {
    pub(super) const fn new() -> Self {
        Self { waiting: Vec::new(), picked: Vec::new() }
    }

    /// One that was picked already and waits.
    pub(super) fn with(candidate: Candidate<K, S>) -> Self {
        Self { picked: vec![candidate.number()], waiting: vec![candidate] }
    }

    /// The same of one that was picked and failed.
    pub(super) fn after(number: u64) -> Self {
        Self { waiting: Vec::new(), picked: vec![number] }
    }
}

impl<K: PeerId, S: Clone + Send + Sync + 'static> Turn<K, S> {
    /// The first of those that wait to be ready, or of others as long as there are few. Each that fails has that charged to it.
    ///
    /// With a `trail`, one that is on it is asked only where no other may be.
    #[cold]
    pub(super) fn poll<Req, R, J>(
        &mut self,
        common: &Arc<Common<K, S>>,
        trail: Option<&Trail>,
        judge: &J,
        cx: &mut Context<'_>,
    ) -> Polled<Candidate<K, S>, S::Error>
    where
        S: Service<Req>,
        J: Judge<S::Response, S::Error>,
        R: Refuse<J::Response<Permit<K, S>>, S::Error>,
    {
        let mut last = None;
        let mut at = 0;
        while at < self.waiting.len() {
            match self.waiting[at].poll_ready(cx) {
                Poll::Pending => at += 1,
                Poll::Ready(ready) => {
                    let candidate = self.waiting.remove(at);
                    match ready {
                        Ok(()) => return Poll::Ready(Ok(candidate)),
                        Err(error) => {
                            candidate.fail::<Req, R, J>(common, &error, trail, judge);
                            last = Some(No::Ready(error));
                        }
                    }
                }
            }
        }
        self.poll_others::<Req, R, J>(last, common, trail, judge, cx)
    }

    /// The same of others alone, where those that wait have just been asked, and one of them may have failed.
    #[cold]
    pub(super) fn poll_others<Req, R, J>(
        &mut self,
        mut last: Option<No<S::Error>>,
        common: &Arc<Common<K, S>>,
        trail: Option<&Trail>,
        judge: &J,
        cx: &mut Context<'_>,
    ) -> Polled<Candidate<K, S>, S::Error>
    where
        S: Service<Req>,
        J: Judge<S::Response, S::Error>,
        R: Refuse<J::Response<Permit<K, S>>, S::Error>,
    {
        while self.picked.len() < MOST {
            let mut candidate = match self.next(common, trail) {
                Ok(candidate) => candidate,
                Err(no_peer) => {
                    last.get_or_insert(No::Peer(no_peer));
                    break;
                }
            };
            self.picked.push(candidate.number());
            match candidate.poll_ready(cx) {
                Poll::Pending => self.waiting.push(candidate),
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(candidate)),
                Poll::Ready(Err(error)) => {
                    candidate.fail::<Req, R, J>(common, &error, trail, judge);
                    last = Some(No::Ready(error));
                }
            }
        }
        match last {
            Some(no) if self.waiting.is_empty() => Poll::Ready(Err(no)),
            _ => Poll::Pending,
        }
    }

    /// Another one.
    fn next(&self, common: &Common<K, S>, trail: Option<&Trail>) -> Result<Candidate<K, S>, NoPeer> {
        let is_other = |number: u64| !self.picked.contains(&number);
        let Some(trail) = trail else { return Candidate::next(common, is_other) };
        match Candidate::next(common, |number| is_other(number) && trail.is_new(number)) {
            Err(_) if !self.waiting.iter().any(|candidate| trail.is_new(candidate.number())) => {
                Candidate::next(common, |number| is_other(number) && trail.may_have(number))
            }
            found => found,
        }
    }
}
