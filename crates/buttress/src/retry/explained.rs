//! Errors that say how often it was tried.

use crate::{BoxError, Boxed, Refuse, Rejected};
use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;

/// The last error of a call whose attempts were all in vain, and how many those were.
#[derive(Debug)]
pub struct Exhausted {
    attempts: u32,
    last: BoxError,
}

impl Exhausted {
    pub(super) fn new(attempts: u32, last: impl Into<BoxError>) -> Self {
        Self { attempts, last: last.into() }
    }

    /// How many attempts were made.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The error of the last one, as it was.
    #[must_use]
    pub fn into_last(self) -> BoxError {
        self.last
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, "{} attempt{plural} failed, the last with: {}", self.attempts, self.last)
    }
}

impl Error for Exhausted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.last)
    }
}

/// As [`Boxed`], with the last error of a call that could have been tried again in an [`Exhausted`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Explained;

#[diagnostic::do_not_recommend]
impl<Res, Err: Into<BoxError> + 'static> Refuse<Res, Err> for Explained {
    type Error = BoxError;

    fn refuse(&self, rejected: Rejected) -> Result<Res, BoxError> {
        Refuse::<Res, Err>::refuse(&Boxed, rejected)
    }

    fn inner(error: Err) -> BoxError {
        <Boxed as Refuse<Res, Err>>::inner(error)
    }

    fn rejected(error: &Err) -> Option<Rejected> {
        <Boxed as Refuse<Res, Err>>::rejected(error)
    }

    fn with_fallback(error: Err, fallback: BoxError) -> BoxError {
        <Boxed as Refuse<Res, Err>>::with_fallback(error, fallback)
    }

    fn exhausted(error: Err, attempts: NonZeroU32) -> BoxError {
        Box::new(Exhausted::new(attempts.get(), error))
    }
}
