//! A request that was sent, and may be again.

use buttress::Deadline;
use buttress::retry::{ByBody, RepeatBody, Replay, RequestTape};
use http::Request;
use std::num::NonZeroU32;

pub(crate) struct Sent<B> {
    replay: ByBody,
    tape: RequestTape<B>,
}

impl<B: RepeatBody> Sent<B> {
    /// The first attempt.
    pub(crate) fn first(replay: ByBody, request: Request<B>) -> (Request<B::Attempt>, Self) {
        let (first, tape) = replay.first(request);
        (first, Self { replay, tape })
    }

    /// The attempt of that number.
    pub(crate) fn again(&self, attempt: u32) -> Option<Request<B::Attempt>> {
        Replay::<Request<B>>::again(&self.replay, &self.tape, NonZeroU32::new(attempt).unwrap())
    }

    pub(crate) fn permits(&self, unprocessed: bool) -> bool {
        Replay::<Request<B>>::permits(&self.replay, &self.tape, unprocessed)
    }

    pub(crate) fn counts(&self) -> bool {
        Replay::<Request<B>>::counts(&self.replay, &self.tape)
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        Replay::<Request<B>>::deadline(&self.replay, &self.tape)
    }
}
