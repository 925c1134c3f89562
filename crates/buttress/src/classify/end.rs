//! The end of a response, and what it says.

use crate::{FailureKind, Outcome};
use http::HeaderMap;
use std::any::Any;

/// How far a call reaches whose head is a success, where the end of the body is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The head says it all.
    Head,
    /// The last byte says it all; of a body of unknown length, its end.
    LastByte,
    /// The trailers have the last word.
    Trailers,
}

/// How the body of a response ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum End<'a> {
    /// All of it came, without trailers.
    Complete,
    /// All of it came, and these trailers after it.
    Trailers(&'a HeaderMap),
    /// It ended cleanly so many bytes before the length it had announced.
    Short {
        /// The bytes that did not come.
        missing: u64,
    },
    /// It broke off with this error, which is no rejection by a layer beneath.
    Broken(&'a dyn Any),
}

impl End<'_> {
    /// What any protocol makes of it: all of it came, or the peer failed.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Complete | Self::Trailers(_) => Outcome::Success,
            Self::Short { .. } | Self::Broken(_) => Outcome::Failure(FailureKind::Body),
        }
    }
}
