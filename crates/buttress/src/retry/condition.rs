//! Which results are worth another attempt.

use crate::{Classify, Outcome, Rejected};
use std::fmt;
use std::time::Duration;

/// Says which results are worth another attempt.
///
/// What another layer of buttress refused beneath and never sent is not tried again whatever it says, unless by
/// [`RetryLayer::retry_elsewhere`](super::RetryLayer::retry_elsewhere).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say whether a call with the response `{Res}` and the error `{Err}` is worth another attempt",
    label = "the condition of the retry layer on this service",
    note = "`.retry_if(…)` takes a closure over `Result<&{Res}, &{Err}>`, with the type written out, that returns a `bool`"
)]
pub trait Condition<Res, Err> {
    /// What to do about this result.
    fn decide(&self, result: Result<&Res, &Err>) -> Decision;

    /// The rejection that a layer of buttress beneath answered with instead of an error, where responses can carry one. Asked
    /// about responses that [`decide`](Self::decide) does not keep.
    fn rejected(&self, response: &Res) -> Option<Rejected> {
        let _ = response;
        None
    }
}

/// What a [`Condition`] says about a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is nothing to mend: the call ends, with a response as a success. An error is a failure all the same.
    Keep,
    /// A failure that another attempt may mend.
    Retry {
        /// How long the peer asks to be left alone.
        hint: Option<Duration>,
        /// Whether it is known that nobody processed the request, so that sending it again cannot do a thing twice.
        unprocessed: bool,
    },
    /// A failure that no other attempt mends, or after which the peer forbids another.
    Stop,
}

impl Decision {
    /// A failure that another attempt may mend, of which nothing else is known.
    pub const RETRY: Self = Self::Retry { hint: None, unprocessed: false };

    #[inline]
    pub(super) const fn keeps(self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// Tries again what a classifier calls a failure or throttling, after the peer's own hint where it reads one. A response that
/// it ignores is as good as a success.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByClass<C>(pub C);

impl<Res, Err, C: Classify<Res, Err>> Condition<Res, Err> for ByClass<C> {
    #[inline]
    fn decide(&self, result: Result<&Res, &Err>) -> Decision {
        match self.0.classify(result) {
            Outcome::Failure(_) | Outcome::Throttled => {
                Decision::Retry { hint: self.0.retry_after(result), unprocessed: false }
            }
            Outcome::Success | Outcome::Ignored | Outcome::Cancelled => Decision::Keep,
        }
    }
}

/// Tries again what a function over the result says, and nothing else.
#[derive(Clone, Copy)]
pub struct When<F>(pub(super) F);

impl<Res, Err, F: Fn(Result<&Res, &Err>) -> bool> Condition<Res, Err> for When<F> {
    #[inline]
    fn decide(&self, result: Result<&Res, &Err>) -> Decision {
        if (self.0)(result) { Decision::RETRY } else { Decision::Keep }
    }
}

impl<F> fmt::Debug for When<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("When")
    }
}
