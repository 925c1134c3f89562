//! What follows an attempt: the one place that decides it, for services and functions alike.

use super::Outlook;
use super::budget::Token;
use super::condition::{Condition, Decision};
use super::handle::{Handle, Shared};
use super::hooks::{Retrying, Watch};
use crate::{Deadline, EventKind, Reason, Rejected, Tick, clock};
use buttress_core::retry::GiveUp;
use std::num::NonZeroU32;
use std::time::Duration;

/// What a layer was told about which calls to try again, and how.
#[derive(Clone, Debug)]
pub(super) struct Rules<W, K> {
    pub(super) condition: W,
    pub(super) hooks: K,
    /// Whether what was refused beneath and never sent is worth another attempt.
    pub(super) elsewhere: bool,
}

/// Whoever has the state of the retry that a call belongs to.
pub(super) trait Owner {
    fn shared(&self) -> &Shared;
}

impl Owner for Handle {
    fn shared(&self) -> &Shared {
        &self.0
    }
}

/// A call on its way through its attempts. One that is dropped before its end is counted as cancelled.
pub(super) struct Course<O: Owner> {
    pub(super) owner: O,
    pub(super) progress: Progress,
}

/// How far a call is.
pub(super) struct Progress {
    attempt: NonZeroU32,
    stage: Stage,
    /// The backoff before this attempt, which the next can grow from.
    backoff: Duration,
    /// When it began, where somebody wants to know how long it took.
    began: Option<Tick>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// An attempt has not ended.
    Attempting,
    /// An attempt ended and was counted, the next is not sent.
    Between,
    Over,
}

/// What came of an attempt, beside its result.
pub(super) struct Came {
    pub(super) decision: Decision,
    /// The rejection that the result is, if a layer of buttress made it.
    rejected: Option<Rejected>,
    /// When the request says its call is over.
    pub(super) deadline: Option<Deadline>,
    /// Who another attempt would come to, if anybody knows.
    pub(super) outlook: Option<Outlook>,
}

impl Came {
    /// Of an attempt with this `result`. `find` sees the rejection in an error.
    pub(super) fn of<Res, Err>(
        condition: &impl Condition<Res, Err>,
        decision: Decision,
        result: Result<&Res, &Err>,
        find: impl FnOnce(&Err) -> Option<Rejected>,
    ) -> Self {
        let rejected = match result {
            Ok(response) => condition.rejected(response),
            Err(error) => find(error),
        };
        Self { decision, rejected, deadline: None, outlook: None }
    }
}

/// Another attempt, and what it costs.
pub(super) struct Retry<A> {
    pub(super) attempt: A,
    pub(super) delay: Duration,
    pub(super) token: Token,
}

/// Whether the deadline around the call, or that of its request, leaves it no more time than this.
pub(super) fn leaves_no_more_than(time: Duration, of_request: Option<Deadline>) -> bool {
    let mut deadlines = [Deadline::current(), of_request].into_iter().flatten();
    deadlines.any(|deadline| deadline.remaining() <= time)
}

impl<O: Owner> Course<O> {
    /// A call begins. `timed`: somebody wants to know how long it takes.
    #[inline]
    pub(super) fn begin(owner: O, timed: bool) -> Self {
        Self::resume(owner, timed.then(clock::precise))
    }

    /// The course of a call that has begun already, at `began` where somebody wants to know how long it takes.
    #[inline]
    pub(super) fn resume(owner: O, began: Option<Tick>) -> Self {
        let progress =
            Progress { attempt: NonZeroU32::MIN, stage: Stage::Attempting, backoff: Duration::ZERO, began };
        Self { owner, progress }
    }
}

impl<O: Owner> Drop for Course<O> {
    #[inline]
    fn drop(&mut self) {
        if self.progress.stage != Stage::Over {
            self.progress.cancel(self.owner.shared());
        }
    }
}

impl Progress {
    /// The number of the attempt that is under way or was the last.
    pub(super) const fn attempt(&self) -> NonZeroU32 {
        self.attempt
    }

    /// The call ended in success.
    #[inline(always)]
    pub(super) fn succeed<Res, Err, K: Watch<Res, Err>>(&mut self, shared: &Shared, hooks: &K) {
        if self.attempt == NonZeroU32::MIN {
            shared.succeeded_at_once();
        } else {
            shared.counters.succeeded(self.attempt.get());
        }
        self.stage = Stage::Over;
        if K::TELLS_SUCCESS
            && let Some(began) = self.began
        {
            let elapsed = clock::precise().since(began);
            shared.guard(|| hooks.succeeded(self.attempt.get(), elapsed));
        }
    }

    /// What follows an attempt that was no success: another, which `again` makes, or the end of the call. `again` is told the
    /// number of the attempt, and whether the request is known not to have been processed.
    #[cold]
    pub(super) fn next<Res, Err, A, W, K: Watch<Res, Err>>(
        &mut self,
        shared: &Shared,
        rules: &Rules<W, K>,
        result: Result<&Res, &Err>,
        came: Came,
        again: impl FnOnce(NonZeroU32, bool) -> Option<A>,
    ) -> Result<Retry<A>, GiveUp> {
        self.ended(shared);
        match self.plan(shared, rules, result, came, again) {
            Ok(retry) => {
                let (attempt, delay) = (self.attempt.get(), retry.delay);
                shared.guard(|| rules.hooks.retrying(&Retrying { attempt, result, delay }));
                shared.waits(attempt, delay);
                Ok(retry)
            }
            Err(why) => {
                let attempts = self.attempt.get();
                self.stage = Stage::Over;
                shared.counters.gave_up(why);
                shared.guard(|| rules.hooks.failed(attempts, result));
                shared.tell(EventKind::GaveUp { attempts, why });
                Err(why)
            }
        }
    }

    /// The questions in their order: what can be said without a cost comes first, what costs something comes last.
    fn plan<Res, Err, A, W, K: Watch<Res, Err>>(
        &mut self,
        shared: &Shared,
        rules: &Rules<W, K>,
        result: Result<&Res, &Err>,
        came: Came,
        again: impl FnOnce(NonZeroU32, bool) -> Option<A>,
    ) -> Result<Retry<A>, GiveUp> {
        let refused = came.rejected.is_some_and(|rejected| !rejected.was_sent());
        let elsewhere = match (came.outlook, came.rejected) {
            (Some(Outlook::Nowhere), _) => return Err(GiveUp::NotRetryable),
            (Some(outlook), _) => outlook == Outlook::Elsewhere,
            // Who had no peer for it has none for the next attempt.
            (None, Some(rejected)) if rejected.reason() == Reason::NoPeer => false,
            (None, _) => rules.elsewhere,
        };
        let (hint, unprocessed) = match came.decision {
            // Whether anybody has processed the request only the condition can know: a handler beneath may have worked
            // before a call of its own was refused.
            Decision::Retry { hint, unprocessed } if !refused || elsewhere => (hint, unprocessed),
            _ if refused && elsewhere => (None, false),
            _ => return Err(GiveUp::NotRetryable),
        };
        let config = &shared.config;
        if self.attempt >= config.max_attempts() {
            return Err(GiveUp::Attempts);
        }
        let attempt = again(self.attempt.saturating_add(1), unprocessed).ok_or(GiveUp::NotReplayable)?;
        let delay = if refused || came.outlook == Some(Outlook::Elsewhere) {
            // Who refused or failed is not asked again, so there is nobody to wait for.
            Duration::ZERO
        } else {
            let (number, roll) = (self.attempt.get(), shared.dice.roll());
            self.backoff = match rules.hooks.backoff(number, result) {
                Some(plain) => config.spread(plain, self.backoff, roll),
                None => config.delay(number, self.backoff, roll),
            };
            config.wait(self.backoff, hint).ok_or(GiveUp::Hint)?
        };
        if leaves_no_more_than(delay, came.deadline) {
            return Err(GiveUp::Deadline);
        }
        let token = match &shared.budget {
            Some(budget) => budget.withdraw().ok_or(GiveUp::Budget)?,
            None => Token::default(),
        };
        Ok(Retry { attempt, delay, token })
    }

    /// The call's time was over before its next attempt could be sent.
    #[cold]
    pub(super) fn late(&mut self, shared: &Shared) {
        self.stage = Stage::Over;
        shared.counters.gave_up(GiveUp::Deadline);
        shared.tell(EventKind::GaveUp { attempts: self.attempt.get(), why: GiveUp::Deadline });
    }

    /// The next attempt begins.
    pub(super) fn attempt_again(&mut self, shared: &Shared) {
        self.attempt = self.attempt.saturating_add(1);
        self.stage = Stage::Attempting;
        shared.counters.attempted(self.attempt.get());
    }

    fn ended(&mut self, shared: &Shared) {
        if self.stage == Stage::Attempting && self.attempt == NonZeroU32::MIN {
            shared.first_ended();
        }
        self.stage = Stage::Between;
    }

    #[cold]
    fn cancel(&mut self, shared: &Shared) {
        self.ended(shared);
        shared.counters.cancelled();
    }
}
