//! What the result of a call says about the peer.

#[cfg(feature = "http")]
mod end;
#[cfg(feature = "http")]
pub(crate) mod grpc;
#[cfg(feature = "http")]
pub(crate) mod hint;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "reqwest")]
mod reqwest;

#[cfg(feature = "http")]
pub use end::{End, Until};
#[cfg(feature = "http")]
pub use grpc::Grpc;
#[cfg(feature = "http")]
pub use http::Http;

use crate::{FailureKind, Outcome, Reason, Rejected};
use std::time::Duration;

/// Maps a result to an [`Outcome`]. A closure will do:
///
/// ```
/// # use buttress::{Config, CircuitBreakerLayer, Outcome, FailureKind};
/// let layer = CircuitBreakerLayer::new(Config::default()).classify(|result: Result<&u32, &std::io::Error>| {
///     match result {
///         Ok(_) => Outcome::Success,
///         Err(error) if error.kind() == std::io::ErrorKind::NotFound => Outcome::Ignored,
///         Err(_) => Outcome::Failure(FailureKind::Error),
///     }
/// });
/// ```
///
/// A rejection by another layer of buttress beneath does not come here where the layer above can see it: one that was not
/// sent is [`Outcome::Ignored`], and so is one whose caller gave it less time than the peer has; any other that was sent is a
/// failure by [`FailureKind::Timeout`]. It is seen in a
/// [`BoxError`](crate::BoxError), in what [`Carry`](crate::Carry)s it, in an `io::Error`, and in the errors of axum, tonic and
/// reqwest with their features. In an error type of your own it is seen by a layer that is `.typed()` too, and otherwise comes
/// here: then [`Rejected::find`](crate::Rejected::find) tells it from a failure of the peer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot classify a call with the response `{Res}` and the error `{Err}`",
    label = "the classifier of the layer on this service",
    note = "a closure can that takes `Result<&{Res}, &{Err}>`, with the type written out, and returns a `buttress::Outcome`"
)]
pub trait Classify<Res, Err> {
    /// How the call ended.
    fn classify(&self, result: Result<&Res, &Err>) -> Outcome;

    /// How long the peer asks to be left alone. Asked only about failures and throttling.
    fn retry_after(&self, result: Result<&Res, &Err>) -> Option<Duration> {
        let _ = result;
        None
    }

    /// The rejection that a layer beneath made this result of. Asked only about what is [`Outcome::Ignored`], by those who mind
    /// refusals too.
    fn rejection(&self, result: Result<&Res, &Err>) -> Option<Rejected> {
        let _ = result;
        None
    }

    /// How far the call reaches whose head is the success `response`. Asked only where the end of the body is waited for.
    #[cfg(feature = "http")]
    fn until(&self, response: &Res) -> Until {
        let _ = response;
        Until::LastByte
    }

    /// How the call ended whose head was a success, by the end of its body.
    #[cfg(feature = "http")]
    fn classify_end(&self, end: End<'_>) -> Outcome {
        end.outcome()
    }

    /// How long the peer asks to be left alone, by the end of the body. Asked only about failures and throttling.
    #[cfg(feature = "http")]
    fn retry_after_end(&self, end: End<'_>) -> Option<Duration> {
        let _ = end;
        None
    }
}

#[diagnostic::do_not_recommend]
impl<Res, Err, F: Fn(Result<&Res, &Err>) -> Outcome> Classify<Res, Err> for F {
    fn classify(&self, result: Result<&Res, &Err>) -> Outcome {
        self(result)
    }
}

/// Any response is a success, any error a failure. The default of layers that know nothing about the protocol: an HTTP
/// response of status 500 is a success to it, so for HTTP take [`Http`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Errors;

impl<Res, Err> Classify<Res, Err> for Errors {
    #[inline]
    fn classify(&self, result: Result<&Res, &Err>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(_) => Outcome::Failure(FailureKind::Error),
        }
    }
}

/// What a rejection by a layer beneath says about the peer.
pub(crate) const fn outcome_of(rejected: Rejected) -> Outcome {
    match rejected.reason() {
        Reason::DeadlineExceeded => Outcome::Ignored,
        _ if rejected.was_sent() => Outcome::Failure(FailureKind::Timeout),
        _ => Outcome::Ignored,
    }
}
