//! Whose turn it is, where the one that was picked is not ready.

use super::alarm::Alarm;
use super::candidate::{Candidate, Failed};
use super::common::{Common, PeerId};
use super::permit::Permit;
use super::trail::Trail;
use crate::selection::{NoPeer, Waits};
use buttress::{Judge, Refuse};
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// So many peers are asked whether they are ready before a call that all of them failed is given up: beyond two or three choices
/// another adds little, and a call that waits takes a place at each of them.
const AT_FIRST: usize = 3;

/// A call waits for so many at once. Where all of them were waited for in vain, the first one, which may never be ready, makes room
/// for another.
const AT_ONCE: usize = 2 * AT_FIRST;

/// The choice of a peer that is ready, of those that were picked: whoever is first. One that is ready at once
/// never comes here.
pub(super) struct Turn<K: PeerId, S> {
    /// In the order in which they were picked.
    waiting: Vec<Candidate<K, S>>,
    /// The numbers of those that failed.
    failed: Vec<u64>,
    /// The numbers of those that made room. They are asked again where there is no other.
    given_up: Vec<u64>,
    /// Wakes this one when the members change.
    waits: Option<Waits>,
    alarm: Alarm,
}

/// Why there is no peer for a call.
pub(super) enum No<K: PeerId, S, E> {
    /// None may be asked.
    Peer(NoPeer),
    /// None became ready, and this is the last one.
    Ready(Failed<K, S, E>),
}

/// What came of a look at who is ready.
pub(super) type Polled<K, S, T, E> = Poll<Result<T, No<K, S, E>>>;

impl<K: PeerId, S> Turn<K, S> {
    pub(super) const fn new() -> Self {
        let alarm = Alarm::new();
        Self { waiting: Vec::new(), failed: Vec::new(), given_up: Vec::new(), waits: None, alarm }
    }

    /// One that was picked already and waits.
    pub(super) fn with(candidate: Candidate<K, S>) -> Self {
        Self { waiting: vec![candidate], ..Self::new() }
    }

    /// The same of one that was picked and failed.
    pub(super) fn after(number: u64) -> Self {
        Self { failed: vec![number], ..Self::new() }
    }

    /// Goes on in the call, as it came to nothing. The last one that failed is asked again there, as the call has to say what is
    /// wrong, and it is charged then.
    pub(super) fn left_to_call<E>(self, no: No<K, S, E>) -> Self {
        let mut failed = self.failed;
        if let No::Ready(last) = no {
            failed.retain(|number| *number != last.candidate.number());
        }
        Self { failed, ..Self::new() }
    }

    /// How many are asked as it is.
    fn asked(&self) -> usize {
        self.waiting.len() + self.failed.len()
    }

    /// Whether this one is among them.
    fn is_asked(&self, number: u64) -> bool {
        self.failed.contains(&number) || self.waiting.iter().any(|candidate| candidate.number() == number)
    }
}

impl<K: PeerId, S: Clone + Send + Sync + 'static> Turn<K, S> {
    /// The first of those that wait to be ready, or of others as long as there are few. What failed is charged, but for the last
    /// one if there is no other left.
    ///
    /// With a `trail`, one that is on it is asked only where no other may be.
    #[cold]
    pub(super) fn poll<Req, R, J>(
        &mut self,
        common: &Arc<Common<K, S>>,
        trail: Option<&Trail>,
        judge: &J,
        cx: &mut Context<'_>,
    ) -> Polled<K, S, Candidate<K, S>, S::Error>
    where
        S: Service<Req>,
        J: Judge<S::Response, S::Error>,
        R: Refuse<J::Response<Permit<K, S>>, S::Error>,
    {
        let has_changed = self.listen(common, cx);
        let mut failures = Vec::new();
        let polled = match self.poll_waiting(&mut failures, cx) {
            Some(candidate) => Poll::Ready(Ok(candidate)),
            None => self.poll_others(has_changed, &mut failures, common, trail, cx),
        };
        charge::<_, _, _, R, _>(failures, common, trail, judge);
        polled
    }

    /// The same the first time, where the one that was picked has just been asked and may have failed.
    #[cold]
    pub(super) fn start<Req, R, J>(
        &mut self,
        failed: Option<Failed<K, S, S::Error>>,
        common: &Arc<Common<K, S>>,
        judge: &J,
        cx: &mut Context<'_>,
    ) -> Polled<K, S, Candidate<K, S>, S::Error>
    where
        S: Service<Req>,
        J: Judge<S::Response, S::Error>,
        R: Refuse<J::Response<Permit<K, S>>, S::Error>,
    {
        self.listen(common, cx);
        let mut failures = failed.into_iter().collect();
        let polled = self.poll_others(false, &mut failures, common, None, cx);
        charge::<_, _, _, R, _>(failures, common, None, judge);
        polled
    }

    /// Hears of all changes from now on, and lets go who has left: whether there were changes since the last time.
    fn listen(&mut self, common: &Common<K, S>, cx: &Context<'_>) -> bool {
        let has_changed = match &self.waits {
            Some(waits) => waits.go_on(cx.waker()),
            None => {
                self.waits = Some(common.selection.waiters().join(cx.waker()));
                false
            }
        };
        common.discover(cx);
        self.waiting.retain(|candidate| !candidate.has_left());
        has_changed
    }

    fn poll_waiting<Req>(
        &mut self,
        failures: &mut Vec<Failed<K, S, S::Error>>,
        cx: &mut Context<'_>,
    ) -> Option<Candidate<K, S>>
    where
        S: Service<Req>,
    {
        let mut at = 0;
        while at < self.waiting.len() {
            match self.waiting[at].poll_ready(cx) {
                Poll::Pending => at += 1,
                Poll::Ready(Ok(())) => return Some(self.waiting.remove(at)),
                Poll::Ready(Err(error)) => {
                    let candidate = self.waiting.remove(at);
                    self.failed.push(candidate.number());
                    failures.push(Failed { candidate, error });
                }
            }
        }
        None
    }

    /// The first of others, where those that wait have just been asked.
    fn poll_others<Req>(
        &mut self,
        has_changed: bool,
        failures: &mut Vec<Failed<K, S, S::Error>>,
        common: &Common<K, S>,
        trail: Option<&Trail>,
        cx: &mut Context<'_>,
    ) -> Polled<K, S, Candidate<K, S>, S::Error>
    where
        S: Service<Req>,
    {
        let mut one_more = has_changed && self.waiting.len() < AT_ONCE;
        loop {
            let mut none = None;
            while self.asked() < AT_FIRST || mem::take(&mut one_more) {
                let mut candidate = match self.next(common, trail) {
                    Ok(candidate) => candidate,
                    Err(no_peer) => {
                        none = Some(no_peer);
                        break;
                    }
                };
                match candidate.poll_ready(cx) {
                    Poll::Pending => self.wait_for(candidate),
                    Poll::Ready(Ok(())) => return Poll::Ready(Ok(candidate)),
                    Poll::Ready(Err(error)) => {
                        self.failed.push(candidate.number());
                        failures.push(Failed { candidate, error });
                    }
                }
            }
            if self.waiting.is_empty() {
                match (failures.pop(), none) {
                    (Some(last), _) => return Poll::Ready(Err(No::Ready(last))),
                    (None, Some(none)) => return Poll::Ready(Err(No::Peer(none))),
                    // Some failed earlier, and who was waited for has left.
                    (None, None) => one_more = true,
                }
            } else {
                let sooner = none.and_then(|none| none.retry_after);
                one_more =
                    common.selection.has(|number| !self.is_asked(number)) && self.alarm.rings(sooner, cx);
                if !one_more {
                    return Poll::Pending;
                }
            }
        }
    }

    fn wait_for(&mut self, candidate: Candidate<K, S>) {
        self.waiting.push(candidate);
        if self.waiting.len() > AT_ONCE {
            self.given_up.push(self.waiting.remove(0).number());
        }
    }

    /// Another one.
    fn next(&mut self, common: &Common<K, S>, trail: Option<&Trail>) -> Result<Candidate<K, S>, NoPeer> {
        match self.next_new(common, trail) {
            Err(_) if !self.given_up.is_empty() => {
                self.given_up.clear();
                self.next_new(common, trail)
            }
            found => found,
        }
    }

    /// The same, not one that was given up.
    fn next_new(&self, common: &Common<K, S>, trail: Option<&Trail>) -> Result<Candidate<K, S>, NoPeer> {
        let is_other = |number: u64| !(self.is_asked(number) || self.given_up.contains(&number));
        let Some(trail) = trail else { return Candidate::next(common, is_other) };
        match Candidate::next(common, |number| is_other(number) && trail.is_new(number)) {
            Err(_) if !self.waiting.iter().any(|candidate| trail.is_new(candidate.number())) => {
                Candidate::next(common, |number| is_other(number) && trail.may_have(number))
            }
            found => found,
        }
    }
}

/// What failed is charged to each.
fn charge<K, S, Req, R, J>(
    failures: Vec<Failed<K, S, S::Error>>,
    common: &Arc<Common<K, S>>,
    trail: Option<&Trail>,
    judge: &J,
) where
    K: PeerId,
    S: Service<Req> + Send + Sync + 'static,
    J: Judge<S::Response, S::Error>,
    R: Refuse<J::Response<Permit<K, S>>, S::Error>,
{
    for failed in failures {
        failed.charge::<Req, R, J>(common, trail, judge);
    }
}
