//! What a fallback is told.

use super::when::Seen;
use crate::{Rejected, Trigger};
use std::fmt;
use std::time::Duration;

/// Why a fallback is asked: the result that the call had, and what is wrong with it.
///
/// It borrows the result, which comes back if the fallback fails too. So whatever the future of a fallback needs of it is taken
/// out before, such as its text: `Display` tells the error, or that there was a response.
pub struct Cause<'a, Res, Err> {
    seen: Seen<'a, Res, Err>,
    trigger: Trigger,
}

impl<'a, Res, Err> Cause<'a, Res, Err> {
    pub(super) const fn new(seen: Seen<'a, Res, Err>, trigger: Trigger) -> Self {
        Self { seen, trigger }
    }

    /// Which rule asked for the fallback.
    #[must_use]
    pub const fn trigger(&self) -> Trigger {
        self.trigger
    }

    /// The error that the call ended with.
    #[must_use]
    pub fn error(&self) -> Option<&'a Err> {
        self.seen.result.err()
    }

    /// The response that is as good as none.
    #[must_use]
    pub fn response(&self) -> Option<&'a Res> {
        self.seen.result.ok()
    }

    /// The rejection, if a layer of buttress beneath answered the call.
    #[must_use]
    pub const fn rejected(&self) -> Option<Rejected> {
        self.seen.rejected
    }

    /// When to ask again, where the layer that refused knows: for those who tell people.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.seen.rejected?.retry_after()
    }
}

impl<Res, Err> Clone for Cause<'_, Res, Err> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Res, Err> Copy for Cause<'_, Res, Err> {}

impl<Res, Err> fmt::Debug for Cause<'_, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cause").field("trigger", &self.trigger).field("seen", &self.seen).finish()
    }
}

impl<Res, Err: fmt::Display> fmt::Display for Cause<'_, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.seen.rejected, self.seen.result) {
            (Some(rejected), _) => rejected.fmt(f),
            (None, Err(error)) => error.fmt(f),
            (None, Ok(_)) => f.write_str("a response that is as good as none"),
        }
    }
}
