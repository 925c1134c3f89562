//! Errors of fallbacks.

use crate::BoxError;
use std::error::Error;
use std::fmt;

/// A call failed, and its fallback did too.
///
/// The source is the error of the call: what looks for a [`Rejected`](crate::Rejected) finds the one there, so a fallback above
/// falls back, and an operation above sees a call that was not sent.
#[derive(Debug)]
pub struct Failed {
    original: BoxError,
    fallback: BoxError,
}

impl Failed {
    pub(crate) const fn new(original: BoxError, fallback: BoxError) -> Self {
        Self { original, fallback }
    }

    /// The error of the call.
    #[must_use]
    pub fn original(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.original
    }

    /// The error of the fallback.
    #[must_use]
    pub fn fallback(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.fallback
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; its fallback failed too: {}", self.original, self.fallback)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.original)
    }
}
