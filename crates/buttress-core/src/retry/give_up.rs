//! Why there is no other attempt.

use std::fmt;

/// Why a call that failed was not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUp {
    /// It had all the attempts it may have.
    Attempts,
    /// The budget bears no other retry now.
    Budget,
    /// The wait would not end before the deadline.
    Deadline,
    /// The server asks for a longer wait than is acceptable.
    Hint,
    /// Trying again would not help, or the peer forbids it.
    NotRetryable,
    /// The request cannot be sent a second time.
    NotReplayable,
}

impl GiveUp {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 6] =
        [Self::Attempts, Self::Budget, Self::Deadline, Self::Hint, Self::NotRetryable, Self::NotReplayable];

    /// The name in labels, such as `not_retryable`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Budget => "budget",
            Self::Deadline => "deadline",
            Self::Hint => "hint",
            Self::NotRetryable => "not_retryable",
            Self::NotReplayable => "not_replayable",
        }
    }
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attempts => "no attempts left",
            Self::Budget => "the retry budget is spent",
            Self::Deadline => "the wait would not end before the deadline",
            Self::Hint => "the server asks for too long a wait",
            Self::NotRetryable => "not to be retried",
            Self::NotReplayable => "the request cannot be sent again",
        })
    }
}
