//! How a call ended, as the machines understand it.

use std::fmt;

/// How an admitted call ended.
///
/// A classifier maps a result to all but the last; a permit that is dropped unsettled says [`Outcome::Cancelled`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The peer did what it was asked.
    Success,
    /// The peer failed.
    Failure(FailureKind),
    /// The peer said that it is asked too much (429, `RESOURCE_EXHAUSTED`).
    Throttled,
    /// Says nothing about the peer: a refusal of our own that was never sent, a caller's mistake.
    Ignored,
    /// The caller lost interest before there was a result.
    Cancelled,
}

/// In what way a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum FailureKind {
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke before an answer.
    Connection,
    /// An answer that says the peer failed, such as a status of 500 and above.
    Response,
    /// An answer whose body broke off.
    Body,
    /// Any other error.
    Error,
}

impl FailureKind {
    /// All kinds, in the order of their discriminants.
    pub(crate) const ALL: [Self; 5] =
        [Self::Timeout, Self::Connection, Self::Response, Self::Body, Self::Error];

    /// The kind as one lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Response => "response",
            Self::Body => "body",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
