//! One call under way.

use super::ask::Seen;
use super::describe::Describe;
use super::details::Details;
use super::operation::Slot;
use super::said::Said;
use super::{Recorded, Severity};
#[cfg(feature = "http")]
use crate::classify::End;
use crate::{FailureKind, Outcome, Rejected, Settle, Tick, clock};
use std::error::Error;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

/// A call under way. Settled with the outcome; dropped, it counts as cancelled, and as a failure if the call panicked.
#[must_use = "a dropped call is a cancelled call"]
pub struct Running<N: Seen = ()>(Option<Call<N>>);

struct Call<N> {
    slot: &'static Slot,
    began: Tick,
    seen: N,
    stage: Stage,
}

/// How far a call has come.
#[derive(Clone, Copy)]
enum Stage {
    /// It had not to wait so far, so that it ends when it began as far as the coarse clock can tell.
    Begun,
    /// It had to wait.
    Waited,
    /// It failed, and what there is to be said of that comes next.
    Failed(Outcome),
    /// The head of its response is there.
    InBody,
}

/// The time in which what panics is the call. Forgotten when that is over, it is dropped by a panic alone, and the call need
/// not note that it has the turn.
struct Turn<'a, N: Seen>(&'a mut Running<N>);

impl<N: Seen> Drop for Turn<'_, N> {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        if let Some(call) = self.0.0.take() {
            call.panicked();
        }
    }
}

impl<N: Seen> Running<N> {
    #[inline(always)]
    pub(super) fn new(slot: &'static Slot, seen: N) -> Self {
        Self(Some(Call { slot, began: clock::now(), seen, stage: Stage::Begun }))
    }

    /// A call that nobody writes down.
    #[inline]
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Does what the call does itself.
    #[inline(always)]
    pub(super) fn in_turn<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let turn = Turn(self);
        let done = work(&mut *turn.0);
        mem::forget(turn);
        done
    }

    /// The call gives its turn away.
    #[inline]
    pub(super) const fn waits(&mut self) {
        if let Some(call) = &mut self.0 {
            call.stage = Stage::Waited;
        }
    }

    /// The call ended with this rejection by a layer beneath.
    #[cold]
    pub(super) fn answered_by(&mut self, rejected: Rejected, said: Said<'_>) {
        if let Some(call) = self.0.take() {
            call.rejected(rejected, said);
        }
    }

    /// Whether there is no more to do for the call.
    #[inline(always)]
    pub(super) const fn is_over(&self) -> bool {
        self.0.is_none()
    }

    /// The call, if it failed and is to be written down.
    pub(super) fn failed(&mut self) -> Option<Failed<N>> {
        match self.0.as_ref()?.stage {
            Stage::Failed(outcome) => Some(Failed { call: self.0.take()?, outcome }),
            _ => None,
        }
    }

    /// The call ended like this.
    #[inline(always)]
    fn end(&mut self, outcome: Outcome) {
        if let Some(Call { slot, began, stage: Stage::Begun, .. }) = &self.0
            && outcome == Outcome::Success
            && slot.succeeded_at_once(*began)
        {
            self.0 = None;
        } else {
            self.end_later(outcome);
        }
    }

    /// The call had to wait, or was no success, or nobody writes it down.
    #[cold]
    #[inline(never)]
    fn end_later(&mut self, outcome: Outcome) {
        match &mut self.0 {
            None | Some(Call { stage: Stage::Failed(_), .. }) => {}
            Some(call) if outcome == Outcome::Success => {
                call.slot.succeeded(if let Stage::Begun = call.stage { call.began } else { clock::now() });
                self.0 = None;
            }
            Some(Call { stage: Stage::InBody, .. }) => self.write(outcome, Said::Silence),
            Some(call) => call.stage = Stage::Failed(outcome),
        }
    }

    /// Writes the call down, if it still is to be.
    #[cold]
    fn write(&mut self, outcome: Outcome, said: Said<'_>) {
        if let Some(call) = self.0.take() {
            call.write(outcome, said, &mut call.details());
        }
    }

    /// The call ends without a result.
    #[cold]
    #[inline(never)]
    fn dropped(&mut self) {
        let Some(call) = self.0.take() else { return };
        match call.stage {
            Stage::Failed(outcome) => {
                call.write(outcome, Said::Response, &mut call.details());
            }
            Stage::InBody if thread::panicking() => call.panicked(),
            // A panic while others have the turn is not the call's.
            Stage::Begun | Stage::Waited | Stage::InBody => call.slot.cancelled(),
        }
    }
}

impl Running {
    /// The call succeeded.
    pub fn succeeded(mut self) {
        self.end(Outcome::Success);
    }

    /// The call failed with this error.
    pub fn failed_with(mut self, error: &(dyn Error + 'static)) -> Option<Recorded> {
        let call = self.0.take()?;
        call.write(Outcome::Failure(FailureKind::Error), Said::Error(error), &mut call.details())
    }
}

/// A call that failed, of which there is more to be said.
pub(super) struct Failed<N: Seen> {
    call: Call<N>,
    outcome: Outcome,
}

impl<N: Seen> Failed<N> {
    /// Writes it down, with what `describe` and its result say.
    #[cold]
    #[inline(never)]
    pub(super) fn write<Res, Err: 'static>(
        self,
        describe: &impl Describe<Res, Err>,
        result: Result<&Res, &Err>,
    ) {
        let Self { call, outcome } = self;
        let mut details = call.details();
        if is_written(outcome) {
            // The user's functions are theirs to get wrong.
            let described = catch_unwind(AssertUnwindSafe(|| describe.describe(result, &mut details)));
            if described.is_err() {
                call.slot.count_hook_panic();
            }
        }
        let said = match result {
            Ok(_) => Said::Response,
            Err(error) => describe.error(error).map_or_else(|| Said::by(error), Said::Error),
        };
        call.write(outcome, said, &mut details);
    }
}

/// Whether a call that ended like this is written down.
const fn is_written(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failure(_) | Outcome::Throttled)
}

impl<N: Seen> Call<N> {
    /// What is known from its request.
    fn details(&self) -> Details {
        let mut details = Details::default();
        self.seen.add(&mut details);
        details
    }

    fn rejected(&self, rejected: Rejected, said: Said<'_>) {
        let mut details = self.details();
        if rejected.was_sent() {
            self.put(Some(FailureKind::Timeout), said, &mut details);
        } else if self.slot.refused() {
            details.severity.get_or_insert(Severity::Info);
            self.slot.put(self.began, None, said, &mut details, true);
        }
    }

    fn panicked(&self) {
        self.slot.count_panic();
        let mut details = self.details();
        details.severity.get_or_insert(Severity::Critical);
        self.put(Some(FailureKind::Error), Said::Panic, &mut details);
    }

    fn write(&self, outcome: Outcome, said: Said<'_>, details: &mut Details) -> Option<Recorded> {
        match outcome {
            Outcome::Success => self.slot.succeeded(clock::now()),
            Outcome::Ignored => self.slot.ignored(),
            Outcome::Cancelled => self.slot.cancelled(),
            Outcome::Throttled => {
                // The peer is well, and so are most who ask it: somebody asks too much.
                details.severity.get_or_insert(Severity::Warning);
                return self.put(None, said, details);
            }
            Outcome::Failure(kind) => return self.put(Some(kind), said, details),
        }
        None
    }

    fn put(&self, kind: Option<FailureKind>, said: Said<'_>, details: &mut Details) -> Option<Recorded> {
        self.slot.put(self.began, kind, said, details, false)
    }
}

impl<N: Seen> Settle for Running<N> {
    #[inline(always)]
    fn settle(&mut self, outcome: Outcome, _: Option<Duration>) {
        self.end(outcome);
    }

    fn rejected(&mut self, rejected: Rejected) {
        self.answered_by(rejected, Said::Error(&rejected));
    }

    #[cfg(feature = "http")]
    fn because(&mut self, outcome: Outcome, end: End<'_>) {
        let rejected = match end {
            End::Broken(error) => Rejected::within_any(error),
            _ => None,
        };
        match rejected {
            Some(rejected) => self.answered_by(rejected, Said::by_end(end)),
            None => self.write(outcome, Said::by_end(end)),
        }
    }

    fn take(&mut self) -> Self {
        let mut call = self.0.take();
        if let Some(call) = &mut call {
            call.stage = Stage::InBody;
        }
        Self(call)
    }
}

impl<N: Seen> Drop for Running<N> {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.dropped();
        }
    }
}

impl<N: Seen> fmt::Debug for Running<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("ended", &self.0.is_none()).finish()
    }
}
