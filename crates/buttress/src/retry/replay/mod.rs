//! What it takes to send a request again.

#[cfg(feature = "http")]
mod body;
#[cfg(feature = "http")]
mod by_body;
#[cfg(feature = "http")]
mod chunks;
#[cfg(feature = "reqwest")]
mod of_reqwest;
#[cfg(feature = "http")]
mod reel;
#[cfg(feature = "http")]
mod repeat;
#[cfg(feature = "http")]
mod rules;

#[cfg(feature = "http")]
pub use self::body::ReplayBody;
#[cfg(feature = "http")]
pub use self::by_body::{ByBody, RequestTape};
#[cfg(feature = "reqwest")]
pub use self::of_reqwest::ReqwestTape;
#[cfg(feature = "http")]
pub use self::repeat::RepeatBody;

use super::Outlook;
use crate::Deadline;
use std::num::NonZeroU32;

/// Sends a request once, and again.
///
/// [`ByClone`] is for requests that can be cloned. A request that flows, such as an HTTP request with a body, is kept on a
/// tape while it is first sent.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not know how to send `{Req}` again",
    label = "the requests of the service under the retry layer",
    note = "`RetryLayer::new` sends clones, so the request must be `Clone`; for HTTP requests take `RetryLayer::http` or `RetryLayer::grpc`"
)]
pub trait Replay<Req> {
    /// The request as the service beneath gets it.
    type Attempt;

    /// What is kept of the request while it may be sent again.
    type Tape;

    /// The request for the first attempt, and what is kept of it.
    fn first(&self, request: Req) -> (Self::Attempt, Self::Tape);

    /// The request when it is sent once and no more: by a layer that is off, or whose attempt is part of another retry.
    fn once(&self, request: Req) -> Self::Attempt {
        self.first(request).0
    }

    /// The request for another attempt, whose number is 2 when it is the first retry. `None` if there is no more of it.
    ///
    /// The attempt before has ended and is dropped when this is asked.
    fn again(&self, tape: &Self::Tape, attempt: NonZeroU32) -> Option<Self::Attempt>;

    /// Whether the request may be sent again, as far as it has a say. `unprocessed`: the last attempt is known not to
    /// have been processed by anybody, so that sending it again cannot do a thing twice.
    fn permits(&self, tape: &Self::Tape, unprocessed: bool) -> bool {
        let _ = (tape, unprocessed);
        true
    }

    /// Whether it is a request of its own. One that is an attempt of somebody else's retry is passed on as it is: that one
    /// tries again, and its budget counts.
    fn counts(&self, tape: &Self::Tape) -> bool {
        let _ = tape;
        true
    }

    /// When the request says its call is over.
    fn deadline(&self, tape: &Self::Tape) -> Option<Deadline> {
        let _ = tape;
        None
    }

    /// Who another attempt would come to, where there are several and somebody knows. Asked when one has failed.
    fn outlook(&self, tape: &Self::Tape) -> Option<Outlook> {
        let _ = tape;
        None
    }
}

/// Keeps a clone of the request: for requests that are cheap to clone and harmless to send twice.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByClone;

#[diagnostic::do_not_recommend]
impl<Req: Clone> Replay<Req> for ByClone {
    type Attempt = Req;
    type Tape = Req;

    #[inline]
    fn first(&self, request: Req) -> (Req, Req) {
        (request.clone(), request)
    }

    #[inline]
    fn once(&self, request: Req) -> Req {
        request
    }

    fn again(&self, tape: &Req, _: NonZeroU32) -> Option<Req> {
        Some(tape.clone())
    }
}
