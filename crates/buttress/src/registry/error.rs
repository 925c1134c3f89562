//! What a registry does not do, and why.

use crate::circuit_breaker::Difference;
use std::fmt;
use std::num::NonZeroUsize;

/// A name that a registry does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryError {
    /// The name is empty: nobody could ask for it.
    EmptyName {
        /// The kind that was to be named.
        kind: &'static str,
    },
    /// The name is taken.
    Taken {
        /// The kind.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// The name is taken, by one with other settings.
    OtherSettings {
        /// The kind.
        kind: &'static str,
        /// The name.
        name: String,
        /// In what they differ: there, and here.
        difference: Difference,
    },
    /// There are as many names as there may be.
    Full {
        /// How many that are.
        capacity: NonZeroUsize,
    },
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName { kind } => write!(f, "a {kind} in a registry has a name, and this one is empty"),
            Self::Taken { kind, name } => write!(f, "there is another {kind} {name:?} already"),
            Self::OtherSettings { kind, name, difference } => {
                write!(f, "there is a {kind} {name:?} with other settings already: its {difference}")
            }
            Self::Full { capacity } => write!(f, "the registry has {capacity} names, as many as it may"),
        }
    }
}

impl std::error::Error for RegistryError {}

/// A name that is not in a registry, and those that are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownName {
    /// The kind that was asked for.
    pub kind: &'static str,
    /// The name that was asked for.
    pub name: String,
    /// The names that there are, in order.
    pub known: Vec<String>,
}

/// How alike two names must be, from 0 to 1, for the one to be a slip of the other.
const ALIKE: f64 = 0.8;

/// How many names a message lists.
const LISTED: usize = 10;

impl UnknownName {
    /// The name that was probably meant.
    #[must_use]
    pub fn closest(&self) -> Option<&str> {
        let likeness = |known: &&String| strsim::jaro_winkler(known, &self.name);
        let closest = self.known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(&closest) >= ALIKE).then_some(closest)
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {} {:?}", self.kind, self.name)?;
        if let Some(closest) = self.closest() {
            write!(f, ", did you mean {closest:?}?")?;
        }
        match &self.known[..] {
            [] => f.write_str("; there is none at all"),
            known => {
                let listed: Vec<_> = known.iter().take(LISTED).map(|name| format!("{name:?}")).collect();
                write!(f, "; there are {}", listed.join(", "))?;
                match known.len().saturating_sub(LISTED) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

impl std::error::Error for UnknownName {}
