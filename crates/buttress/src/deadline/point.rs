//! The point in time itself.

use super::scope;
use crate::{Tick, clock};
use std::time::Duration;

/// When a call is over, with all its attempts and waits.
///
/// A point and no duration: whoever passes it on loses nothing by the time that takes.
///
/// ```
/// use buttress::Deadline;
/// use std::time::Duration;
///
/// let deadline = Deadline::within(Duration::from_secs(30));
/// assert!(deadline.remaining() <= Duration::from_secs(30));
/// assert!(!deadline.is_over());
/// assert!(Deadline::within(Duration::ZERO).is_over());
/// assert_eq!(Deadline::within(Duration::from_secs(60)).earlier(deadline), deadline);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(Tick);

impl Deadline {
    /// The deadline that is over `limit` from now.
    #[must_use]
    pub fn within(limit: Duration) -> Self {
        Self(clock::precise() + limit)
    }

    /// The deadline that is over at `at`.
    #[must_use]
    pub const fn at(at: Tick) -> Self {
        Self(at)
    }

    /// The deadline of the call that is being made or polled on this thread: that of the [`DeadlineLayer`](super::DeadlineLayer)
    /// around it, and of several the earliest.
    ///
    /// It is there for requests of any type and does not cross a spawn; the extension of an `http::Request` does.
    #[inline]
    #[must_use]
    pub fn current() -> Option<Self> {
        let current = Self::current_or_never();
        current.was_there().then_some(current)
    }

    /// The deadline of `request`: that of its extensions or the current one, whichever is earlier.
    #[cfg(feature = "http")]
    pub(crate) fn of<B>(request: &http::Request<B>) -> Self {
        let current = Self::current_or_never();
        request.extensions().get().map_or(current, |deadline| current.earlier(*deadline))
    }

    /// None, as a deadline that no call reaches.
    pub(crate) const NEVER: Self = Self(Tick::MAX);

    #[inline]
    pub(crate) fn current_or_never() -> Self {
        scope::current().deadline
    }

    /// Whether it is one, and not [`Deadline::NEVER`].
    #[inline]
    pub(crate) fn was_there(self) -> bool {
        self != Self::NEVER
    }

    /// When it is over.
    #[must_use]
    pub const fn tick(self) -> Tick {
        self.0
    }

    /// The time that is left; zero when it is over.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.remaining_at(clock::precise())
    }

    /// The time that is left at `now`.
    #[inline]
    #[must_use]
    pub const fn remaining_at(self, now: Tick) -> Duration {
        self.0.since(now)
    }

    /// Whether no time is left.
    #[must_use]
    pub fn is_over(self) -> bool {
        self.0 <= clock::precise()
    }

    /// The earlier of the two.
    #[inline]
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        self.min(other)
    }
}
