//! Requests that are sent again from memory: right, or wrong in one way.

use buttress::retry::Replay;
use http::Request;
use std::num::NonZeroU32;
use support::checks::Upload;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    SendsAChunkTwice,
    SendsNothingAgain,
    LosesTheTrailers,
}

/// Keeps the body before it is sent.
pub(crate) struct Tape(pub(crate) Fault);

impl Replay<Request<Upload>> for Tape {
    type Attempt = Request<Upload>;
    type Tape = Upload;

    fn first(&self, request: Request<Upload>) -> (Request<Upload>, Upload) {
        let kept = request.body().clone();
        (request, kept)
    }

    fn again(&self, kept: &Upload, _: NonZeroU32) -> Option<Request<Upload>> {
        let mut body = kept.clone();
        match self.0 {
            Fault::Nothing => {}
            Fault::SendsAChunkTwice => body.chunks.insert(1, kept.chunks[0].clone()),
            Fault::SendsNothingAgain => body = Upload::default(),
            Fault::LosesTheTrailers => body.trailers = None,
        }
        Some(Request::new(body))
    }
}
