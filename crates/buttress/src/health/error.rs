//! Why a check is not taken.

use std::fmt;
use std::num::NonZeroUsize;

/// A check that a monitor does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotRegistered {
    /// Its name is empty: nobody could ask for it.
    EmptyName,
    /// There is another of its name.
    Taken {
        /// The name.
        name: String,
    },
    /// There are as many checks as there may be.
    Full {
        /// How many that are.
        capacity: NonZeroUsize,
    },
}

impl fmt::Display for NotRegistered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("a health check has a name, and this one is empty"),
            Self::Taken { name } => write!(f, "there is another health check {name:?} already"),
            Self::Full { capacity } => write!(f, "the monitor has {capacity} checks, as many as it may"),
        }
    }
}

impl std::error::Error for NotRegistered {}
