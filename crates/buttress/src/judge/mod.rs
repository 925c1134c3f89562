//! When an outcome is known. *What* it is, [`Classify`] says.

#[cfg(feature = "http")]
mod at_end;
#[cfg(feature = "http")]
mod boxed;
#[cfg(feature = "http")]
mod judged_body;
mod judged_call;
#[cfg(feature = "http")]
mod stall;
#[cfg(feature = "http")]
mod watch;

#[cfg(feature = "http")]
pub use at_end::AtEnd;
#[cfg(feature = "http")]
pub use boxed::{AtEndBoxed, Rebox};
#[cfg(feature = "http")]
pub use judged_body::JudgedBody;
pub use judged_call::JudgedCall;
#[cfg(feature = "http")]
pub(crate) use stall::Stall;

#[cfg(feature = "http")]
use crate::classify::End;
use crate::{Classify, Outcome, Refuse, Rejected, classify};
use std::time::Duration;

/// What a call holds until its outcome is known: a permit. Dropped unsettled, it says that the call was cancelled.
pub trait Settle: Send + Sync + Sized + 'static {
    /// The call ended like this, and the peer said how long to leave it alone. Only the first time counts.
    fn settle(&mut self, outcome: Outcome, retry_after: Option<Duration>);

    /// A layer beneath answered the call itself. What that says about the peer is its outcome, unless the permit is for somebody
    /// who minds refusals too.
    fn rejected(&mut self, rejected: Rejected) {
        self.settle(classify::outcome_of(rejected), None);
    }

    /// The head of the response is there and no failure, and the call goes on until its body has ended.
    fn answered(&mut self) {}

    /// The head of the response has settled the outcome, and its body is yet to come. Whether the permit is held until that has
    /// ended, as one is that stands for what the call takes up; that end then says no more of the outcome.
    fn judged(&mut self, outcome: Outcome, retry_after: Option<Duration>) -> bool {
        self.settle(outcome, retry_after);
        false
    }

    /// The call has not ended, and something came of it: a part of a body.
    fn progress(&mut self) {}

    /// The call is settled next, with this `outcome`, which is no success: its body ended like this. For who wants to know more
    /// than the outcome says.
    #[cfg(feature = "http")]
    fn because(&mut self, outcome: Outcome, end: End<'_>) {
        let _ = (outcome, end);
    }

    /// Moves the permit elsewhere, and leaves a settled one behind.
    #[must_use = "a dropped permit is a cancelled call"]
    fn take(&mut self) -> Self;
}

/// Decides when a call has ended, and so how long its permit is held. The last type parameter of a layer.
pub trait Judge<Res, Err> {
    /// The response, which holds the permit where the end of the call lies beyond its head.
    type Response<P: Settle>;

    /// Settles the permit by `response` now, or lets the response hold it.
    fn response<P: Settle>(&self, response: Res, permit: &mut P) -> Self::Response<P>;

    /// Settles the permit of a call that ended with `error`.
    fn error<P: Settle>(&self, error: &Err, permit: &mut P);

    /// The same where `error` may be a rejection by our own stack, as `R` knows it: that is settled as one, so that no classifier can
    /// take it for a failure of the peer. What a service calls.
    #[cold]
    #[inline(never)]
    fn settle_error<R, P>(&self, error: &Err, permit: &mut P)
    where
        Self: Sized,
        R: Refuse<Self::Response<P>, Err>,
        P: Settle,
    {
        match R::rejected(error) {
            Some(rejected) => permit.rejected(rejected),
            None => self.error(error, permit),
        }
    }
}

/// The call has ended when its response is there; for HTTP, the head of it. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtHead<C>(pub(crate) C);

impl<C> AtHead<C> {
    /// Judges by `classify`. Layers have `.classify(…)` for it; this is for a service of your own.
    pub const fn new(classify: C) -> Self {
        Self(classify)
    }

    /// The classifier.
    pub fn into_inner(self) -> C {
        self.0
    }
}

impl<Res, Err, C: Classify<Res, Err>> Judge<Res, Err> for AtHead<C> {
    type Response<P: Settle> = Res;

    #[inline(always)]
    fn response<P: Settle>(&self, response: Res, permit: &mut P) -> Res {
        settle(&self.0, Ok(&response), permit);
        response
    }

    #[inline(always)]
    fn error<P: Settle>(&self, error: &Err, permit: &mut P) {
        settle(&self.0, Err(error), permit);
    }
}

#[inline(always)]
fn settle<Res, Err, C: Classify<Res, Err>>(
    classify: &C,
    result: Result<&Res, &Err>,
    permit: &mut impl Settle,
) {
    let outcome = classify.classify(result);
    match outcome {
        Outcome::Ignored => settle_ignored(classify, result, permit),
        _ => permit.settle(outcome, hint(outcome, || classify.retry_after(result))),
    }
}

/// Settles the permit of a call that says nothing about the peer.
#[cold]
#[inline(never)]
fn settle_ignored<Res, Err, C: Classify<Res, Err>>(
    classify: &C,
    result: Result<&Res, &Err>,
    permit: &mut impl Settle,
) {
    match classify.rejection(result) {
        Some(rejected) => permit.rejected(rejected),
        None => permit.settle(Outcome::Ignored, None),
    }
}

/// What the peer asks for, where the outcome is one that it is asked about.
#[inline(always)]
fn hint(outcome: Outcome, ask: impl FnOnce() -> Option<Duration>) -> Option<Duration> {
    match outcome {
        Outcome::Failure(_) | Outcome::Throttled => ask(),
        Outcome::Success | Outcome::Ignored | Outcome::Cancelled => None,
    }
}
