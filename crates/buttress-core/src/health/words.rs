//! What checks find, and what that means.

use std::fmt;

/// What one check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finding {
    /// It is as it should be.
    Healthy,
    /// It answers, and not as it should.
    Degraded,
    /// It does not answer, or says that it is unwell.
    Unhealthy,
    /// It could not be asked, as by a breaker that is open: this says nothing for it and nothing against it.
    Unknown,
}

impl Finding {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Healthy, Self::Degraded, Self::Unhealthy, Self::Unknown];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How something is, by all that was found so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// Too little was found to say. Whatever is new counts as usable, as nothing speaks against it.
    #[default]
    Unknown,
    /// It is well.
    Healthy,
    /// It answers, and not as it should.
    Degraded,
    /// It is not to be relied on.
    Unhealthy,
}

impl Status {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Healthy, Self::Degraded, Self::Unhealthy];

    /// Whether it can be asked for something: all but [`Status::Unhealthy`].
    #[must_use]
    pub const fn is_usable(self) -> bool {
        !matches!(self, Self::Unhealthy)
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The status became another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it was.
    pub from: Status,
    /// What it is.
    pub to: Status,
}
