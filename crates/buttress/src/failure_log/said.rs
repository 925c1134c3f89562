//! What can be seen of a failure without being told.

use super::details::Details;
#[cfg(feature = "http")]
use super::grpc;
use crate::Rejected;
#[cfg(feature = "http")]
use crate::classify::End;
use crate::rejected::as_error;
use crate::retry::Exhausted;
use std::any::{Any, type_name};
use std::error::Error;
use std::fmt::{self, Display};

/// Where a failure shows.
#[derive(Clone, Copy)]
pub(super) enum Said<'a> {
    /// In an error that says what happened.
    Error(&'a (dyn Error + 'static)),
    /// In an error of a type that the layer knows nothing about but the name.
    Unknown(&'static str),
    /// In a response.
    Response,
    /// In a body that nothing came of any more.
    Silence,
    /// In the end of a body.
    #[cfg(feature = "http")]
    End(End<'a>),
    /// In a panic.
    Panic,
}

impl<'a> Said<'a> {
    /// By an error whose type may be anything.
    pub(super) fn by<E: 'static>(error: &'a E) -> Self {
        Self::by_any(error).unwrap_or(Self::Unknown(type_name::<E>()))
    }

    fn by_any(error: &'a dyn Any) -> Option<Self> {
        if let Some(rejected) = error.downcast_ref::<Rejected>() {
            return Some(Self::Error(rejected));
        }
        as_error(error).map(Self::Error)
    }

    /// By the end of a body.
    #[cfg(feature = "http")]
    pub(super) fn by_end(end: End<'a>) -> Self {
        match end {
            End::Broken(error) => Self::by_any(error).unwrap_or(Self::End(end)),
            end => Self::End(end),
        }
    }

    /// The error, without what a retry put around it, and how many attempts that says there were.
    pub(super) fn error(self) -> Option<(&'a (dyn Error + 'static), Option<u32>)> {
        let Self::Error(error) = self else { return None };
        match error.downcast_ref::<Exhausted>() {
            Some(exhausted) => Some((error.source().unwrap_or(error), Some(exhausted.attempts()))),
            None => Some((error, None)),
        }
    }

    /// The name of a type, where the error itself does not give one.
    pub(super) fn error_type(self) -> Option<&'static str> {
        match self {
            Self::Error(error) if error.is::<Rejected>() => Some("Rejected"),
            Self::Error(_) => None,
            Self::Unknown(name) => Some(last_segment(name)),
            Self::Response => Some("response"),
            Self::Silence => Some("body::Silent"),
            #[cfg(feature = "http")]
            Self::End(End::Short { .. }) => Some("body::Short"),
            #[cfg(feature = "http")]
            Self::End(_) => Some("body::End"),
            Self::Panic => Some("panic"),
        }
    }

    /// Adds what only shows in the end of a body.
    pub(super) fn add(self, details: &mut Details) {
        #[cfg(feature = "http")]
        if let Self::End(End::Trailers(trailers)) = self {
            grpc::describe(trailers, details);
        }
        #[cfg(not(feature = "http"))]
        let _ = details;
    }
}

impl Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Unknown(name) => write!(f, "an error of type {}", last_segment(name)),
            Self::Response => f.write_str("the response was judged a failure"),
            Self::Silence => f.write_str("no more of the body in time"),
            #[cfg(feature = "http")]
            Self::End(End::Short { missing }) => write!(f, "the body ended {missing} bytes early"),
            #[cfg(feature = "http")]
            Self::End(End::Broken(_)) => f.write_str("the body broke off"),
            #[cfg(feature = "http")]
            Self::End(End::Complete | End::Trailers(_)) => f.write_str("the body ended without a status"),
            Self::Panic => f.write_str("the call panicked"),
        }
    }
}

/// `OrderError` of `shop::order::OrderError`. Of a type with parameters, all of it: they are often what matters.
fn last_segment(name: &'static str) -> &'static str {
    match name.rsplit_once("::") {
        Some((_, last)) if !name.contains('<') => last,
        _ => name,
    }
}
