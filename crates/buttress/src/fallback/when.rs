//! When a fallback answers.

use crate::{Rejected, Trigger};
use buttress_core::circuit_breaker::State;
use std::fmt;

/// The result of a call, as the question sees it whether it needs a fallback.
pub struct Seen<'a, Res, Err> {
    /// The result itself.
    pub result: Result<&'a Res, &'a Err>,
    /// The rejection in it, if a layer of buttress beneath made it.
    pub rejected: Option<Rejected>,
    /// Whether it is an error, or a response that is as good as one.
    pub failed: bool,
}

impl<Res, Err> Seen<'_, Res, Err> {
    /// Whether a layer beneath refused the call, and it was not sent.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.rejected.is_some_and(|rejected| !rejected.was_sent())
    }

    /// What is behind a fallback for this result, whoever asks for one.
    #[must_use]
    pub fn trigger(&self) -> Trigger {
        match self.result {
            _ if self.is_refused() => Trigger::Rejected,
            Err(_) => Trigger::Error,
            Ok(_) => Trigger::Response,
        }
    }
}

impl<Res, Err> Clone for Seen<'_, Res, Err> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Res, Err> Copy for Seen<'_, Res, Err> {}

impl<Res, Err> fmt::Debug for Seen<'_, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("is_ok", &self.result.is_ok())
            .field("rejected", &self.rejected)
            .field("failed", &self.failed)
            .finish()
    }
}

/// Decides which results need a fallback: [`Open`], [`OpenOrOpening`], [`AnyError`], or a closure over the result.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say when a fallback answers for the response `{Res}` and the error `{Err}`",
    label = "the condition of the fallback on this service",
    note = "a closure can that takes `Result<&{Res}, &{Err}>`, with the type written out, and returns a `bool`"
)]
pub trait When<Res, Err> {
    /// What makes this result need a fallback; `None` lets it through.
    fn asks(&self, seen: Seen<'_, Res, Err>) -> Option<Trigger>;
}

/// When a layer beneath refused the call, so that it was not sent: the breaker is open, its probes are out. The default.
///
/// A call that was sent and failed comes through as it is, as long as the breaker is closed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl<Res, Err> When<Res, Err> for Open {
    #[inline]
    fn asks(&self, seen: Seen<'_, Res, Err>) -> Option<Trigger> {
        seen.is_refused().then_some(Trigger::Rejected)
    }
}

/// As [`Open`], and when a call fails while this circuit breaker is open: the very call at whose failure it opened, and those
/// that were under way then.
#[derive(Clone, Debug)]
pub struct OpenOrOpening(
    /// The breaker beneath.
    pub crate::circuit_breaker::Handle,
);

impl<Res, Err> When<Res, Err> for OpenOrOpening {
    #[inline]
    fn asks(&self, seen: Seen<'_, Res, Err>) -> Option<Trigger> {
        if !seen.failed {
            return None;
        }
        Open.asks(seen).or_else(|| {
            let open = matches!(self.0.state(), State::Open | State::ForcedOpen);
            open.then_some(Trigger::Opening)
        })
    }
}

/// When the call failed, whoever made it fail.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyError;

impl<Res, Err> When<Res, Err> for AnyError {
    #[inline]
    fn asks(&self, seen: Seen<'_, Res, Err>) -> Option<Trigger> {
        seen.failed.then(|| seen.trigger())
    }
}

#[diagnostic::do_not_recommend]
impl<Res, Err, W: Fn(Result<&Res, &Err>) -> bool> When<Res, Err> for W {
    fn asks(&self, seen: Seen<'_, Res, Err>) -> Option<Trigger> {
        self(seen.result).then(|| seen.trigger())
    }
}
