//! A permit on its way through a body.

use super::{Settle, hint};
use crate::classify::{self, End, Until};
use crate::{Classify, FailureKind, Outcome, Rejected};
use bytes::Buf;
use http_body::Frame;
use std::time::Duration;

/// What a classifier says of an end, without the type of the response whose end it is.
type JudgeEnd<C> = fn(&C, End<'_>) -> (Outcome, Option<Duration>);

pub(super) fn judge_end<Res, Err, C: Classify<Res, Err>>(
    classify: &C,
    end: End<'_>,
) -> (Outcome, Option<Duration>) {
    let outcome = classify.classify_end(end);
    (outcome, hint(outcome, || classify.retry_after_end(end)))
}

/// Settles a permit by the end of the body and by what a classifier says of it.
pub(super) fn settle_end(
    permit: &mut impl Settle,
    (outcome, retry_after): (Outcome, Option<Duration>),
    end: End<'_>,
) {
    if outcome != Outcome::Success {
        permit.because(outcome, end);
    }
    permit.settle(outcome, retry_after);
}

/// The permit of a call whose head was a success. Dropped before the body was touched, that is its outcome, unless the
/// trailers decide; otherwise, the permit says by itself that the call was cancelled.
pub(super) struct Watch<P: Settle, C> {
    permit: P,
    classify: C,
    judge: JudgeEnd<C>,
    until: Until,
    announced: Option<u64>,
    passed: u64,
    touched: bool,
}

impl<P: Settle, C> Watch<P, C> {
    pub(super) const fn new(
        permit: P,
        classify: C,
        judge: JudgeEnd<C>,
        until: Until,
        announced: Option<u64>,
    ) -> Self {
        Self { permit, classify, judge, until, announced, passed: 0, touched: false }
    }

    /// Somebody wants the body.
    pub(super) const fn touch(&mut self) {
        self.touched = true;
    }

    /// Somebody waited for the body too long.
    pub(super) fn stalled(&mut self) {
        self.permit.settle(Outcome::Failure(FailureKind::Timeout), None);
    }

    /// Settles the permit if the call ends with `frame`, and says whether it did. `is_end` is what the body says after it.
    pub(super) fn ends_with<D: Buf, E: 'static>(
        &mut self,
        frame: Option<&Result<Frame<D>, E>>,
        is_end: bool,
    ) -> bool {
        match frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.ended(End::Trailers(trailers));
                    return true;
                }
                self.passed += frame.data_ref().map_or(0, |data| data.remaining() as u64);
                // Who knows the length asks for nothing after the last byte, not even whether it was the last.
                let whole = self.until == Until::LastByte && self.announced == Some(self.passed);
                let ended = is_end || whole;
                if ended {
                    self.ended(End::Complete);
                } else {
                    self.permit.progress();
                }
                ended
            }
            Some(Err(error)) => {
                match Rejected::within(error) {
                    Some(rejected) => {
                        let outcome = classify::outcome_of(rejected);
                        settle_end(&mut self.permit, (outcome, None), End::Broken(error));
                    }
                    None => self.settle(End::Broken(error)),
                }
                true
            }
            None => {
                self.ended(End::Complete);
                true
            }
        }
    }

    /// A clean end, if all came that was announced.
    fn ended(&mut self, end: End<'_>) {
        match self.announced.map_or(0, |announced| announced.saturating_sub(self.passed)) {
            0 => self.settle(end),
            missing => self.settle(End::Short { missing }),
        }
    }

    fn settle(&mut self, end: End<'_>) {
        settle_end(&mut self.permit, (self.judge)(&self.classify, end), end);
    }
}

impl<P: Settle, C> Drop for Watch<P, C> {
    fn drop(&mut self) {
        // A head whose trailers have the last word says nothing yet.
        if !self.touched && self.until != Until::Trailers {
            self.permit.settle(Outcome::Success, None);
        }
    }
}
