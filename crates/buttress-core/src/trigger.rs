//! Why a fallback answered.

use std::fmt;

/// What made a fallback answer in the place of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// A layer beneath refused the call, and it was not sent.
    Rejected,
    /// The call failed and the circuit breaker opened at it, or was open already.
    Opening,
    /// The call ended with an error.
    Error,
    /// The call ended with a response that is as good as none.
    Response,
}

impl Trigger {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Rejected, Self::Opening, Self::Error, Self::Response];

    /// The word for it, as metrics have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Opening => "opening",
            Self::Error => "error",
            Self::Response => "response",
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
