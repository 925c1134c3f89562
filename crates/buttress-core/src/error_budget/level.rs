//! How low a budget is, and what changed.

use super::Pair;
use crate::Ratio;
use std::fmt;

/// How low a budget is: what is to be done about it goes by this. With [too few calls](super::Builder::minimum_calls) in the
/// window it does not become worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Level {
    /// There is enough left.
    #[default]
    Normal,
    /// It is low: what can wait should.
    Careful,
    /// It is exhausted.
    Spent,
}

impl Level {
    /// All levels, the best first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Careful, Self::Spent];

    /// `normal`, `careful` or `spent`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Careful => "careful",
            Self::Spent => "spent",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something a budget came to, told once each time.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// It is low: from normal to careful.
    Low {
        /// What is left.
        remaining: Ratio,
    },
    /// It is exhausted, from whichever level.
    Exhausted {
        /// The bad calls in the window.
        bad: u64,
        /// All calls in the window.
        total: u64,
    },
    /// It is at a better level than before.
    Recovered {
        /// The level before.
        from: Level,
        /// The level since.
        to: Level,
        /// What is left.
        remaining: Ratio,
    },
    /// It burns too fast.
    Burning {
        /// By this alert.
        pair: Pair,
    },
    /// It burns too fast no more.
    Cooled {
        /// By this alert.
        pair: Pair,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Low { remaining } => write!(f, "low, {remaining} left"),
            Self::Exhausted { bad, total } => write!(f, "exhausted, {bad} of {total} calls were bad"),
            Self::Recovered { from, to, remaining } => {
                write!(f, "recovered, {from} -> {to}, {remaining} left")
            }
            Self::Burning { pair } => write!(f, "burns at {pair}"),
            Self::Cooled { pair } => write!(f, "burns no more at {pair}"),
        }
    }
}

/// What changed at one time: at most one change of the level and one of each alert, in that order.
///
/// A list, so that a call that changes nothing, as all but a few an hour, has no room for changes to hand back.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "each change is told once"]
pub struct Changes(Vec<Change>);

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, change: Change) {
        self.0.push(change);
    }
}

impl IntoIterator for Changes {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
