//! What a reset does, and to what.

use std::fmt::{self, Display};

/// What [`Registry::reset`](super::Registry::reset) and [`Registry::reset_all`](super::Registry::reset_all) did. What is in
/// neither list holds nothing against calls that could be forgotten, as a retry or a failure log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Resets {
    /// What was reset.
    pub reset: Vec<Part>,
    /// What is reset only by its name, and was not: the error budgets.
    pub left: Vec<Part>,
}

/// One handle in a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Part {
    /// The kind, as `circuit_breaker`.
    pub kind: &'static str,
    /// The name.
    pub name: &'static str,
}

impl Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// How a reset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// By the name of what is to be reset.
    ByName,
    /// With everything.
    WithAll,
}

/// What a handle answers to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has forgotten what it had against calls.
    Reset,
    /// It is not reset with everything.
    Left,
    /// It has nothing against calls.
    Nothing,
}

impl Resets {
    pub(super) fn note(&mut self, part: Part, answer: Answer) {
        match answer {
            Answer::Reset => self.reset.push(part),
            Answer::Left => self.left.push(part),
            Answer::Nothing => {}
        }
    }
}
