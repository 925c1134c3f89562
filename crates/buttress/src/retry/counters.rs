//! What is counted about retries.

use crate::Ratio;
use buttress_core::retry::GiveUp;
use std::sync::atomic::{AtomicU64, Ordering};

/// Attempts up to this number are counted one by one, and together beyond it: more are rare, and each number is a series in
/// the metrics.
const COUNTED: usize = 10;

/// One for each number of attempts that is counted by itself, and one for those beyond.
type ByAttempt<T> = [T; COUNTED + 1];

const REASONS: usize = GiveUp::ALL.len();

/// They only ever grow.
#[derive(Default)]
pub(super) struct Counters {
    /// Of the first attempts, those that ended in another way than as the call's success: a call that succeeds at once is
    /// counted in one place alone.
    attempts: ByAttempt<AtomicU64>,
    /// Where the budget counts those that succeeded at once, the first of them is what was shown of it last.
    succeeded: ByAttempt<AtomicU64>,
    gave_up: [AtomicU64; REASONS],
    cancelled: AtomicU64,
    panicked: AtomicU64,
    hook_panics: AtomicU64,
}

impl Counters {
    /// A call succeeded with its attempt of this number, and nobody else counts it.
    pub(super) fn succeeded(&self, attempt: u32) {
        count(&self.succeeded[place(attempt)]);
    }

    /// An attempt was sent; of first ones, it ended in no success.
    pub(super) fn attempted(&self, attempt: u32) {
        count(&self.attempts[place(attempt)]);
    }

    pub(super) fn gave_up(&self, why: GiveUp) {
        count(&self.gave_up[why as usize]);
    }

    /// A call was dropped before its end.
    pub(super) fn cancelled(&self) {
        if std::thread::panicking() {
            count(&self.panicked);
        }
        count(&self.cancelled);
    }

    pub(super) fn hook_panicked(&self) {
        count(&self.hook_panics);
    }

    /// `ended`: the calls whose first attempt ended, in any way, where somebody else counts them. It was read before, and each
    /// was counted here before that, so no other call is taken for one that succeeded.
    pub(super) fn read(&self, ended: Option<u64>) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut attempts = self.attempts.each_ref().map(read);
        if let Some(ended) = ended {
            // What was shown before stands.
            self.succeeded[0].fetch_max(ended.saturating_sub(attempts[0]), Ordering::Relaxed);
        }
        let succeeded = self.succeeded.each_ref().map(read);
        attempts[0] += succeeded[0];
        Totals {
            attempts,
            succeeded,
            gave_up: self.gave_up.each_ref().map(read),
            cancelled: read(&self.cancelled),
            panicked: read(&self.panicked),
            hook_panics: read(&self.hook_panics),
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Where the attempt of this number is counted.
#[inline]
fn place(attempt: u32) -> usize {
    (attempt.max(1) as usize - 1).min(COUNTED)
}

/// Calls and their attempts, since the handle was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    attempts: ByAttempt<u64>,
    succeeded: ByAttempt<u64>,
    gave_up: [u64; REASONS],
    /// Calls that were dropped before they had a result.
    pub cancelled: u64,
    /// Cancelled calls that were dropped by a panic.
    pub panicked: u64,
    /// Panics of what the owner wants to be told with, such as [`on_retry`](super::RetryLayer::on_retry); they cost no call.
    pub hook_panics: u64,
}

impl Totals {
    /// Attempts by their number from 1 to 10, and the last of these for all numbers beyond. A first attempt is counted when it
    /// ends, any other when it is sent.
    #[must_use]
    pub const fn attempts(&self) -> &[u64; COUNTED + 1] {
        &self.attempts
    }

    /// Calls that succeeded, by the number of attempts that took: 1 to 10, and more.
    #[must_use]
    pub const fn succeeded(&self) -> &[u64; COUNTED + 1] {
        &self.succeeded
    }

    /// Calls that failed for this reason: why there was no further attempt.
    #[must_use]
    pub const fn gave_up(&self, why: GiveUp) -> u64 {
        self.gave_up[why as usize]
    }

    /// All attempts after the first of a call.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.attempts[1..].iter().sum()
    }

    /// All calls that succeeded.
    #[must_use]
    pub fn successes(&self) -> u64 {
        self.succeeded.iter().sum()
    }

    /// All calls that failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.gave_up.iter().sum()
    }

    /// The share of calls that succeeded, of those that had a result; `None` without any.
    #[must_use]
    pub fn success_rate(&self) -> Option<Ratio> {
        Ratio::of(self.successes(), self.successes() + self.failures())
    }
}
