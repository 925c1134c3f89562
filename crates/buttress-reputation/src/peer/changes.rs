//! What changed about a peer.

use crate::outlier::Rule;
use crate::{Score, Tick, Tier};
use std::fmt;

/// Something that changed about a peer: told once, to whoever made it change.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// It is not asked at all.
    Banned {
        /// Its score then.
        score: Score,
        /// How often it was banned, with this time and without those that are forgotten.
        times: u32,
        /// When the ban is over; `None` if somebody has to lift it.
        until: Option<Tick>,
    },
    /// Its ban is over, or somebody lifted it.
    Unbanned,
    /// It is in another group.
    Tier {
        /// The one before.
        from: Tier,
        /// The one since.
        to: Tier,
    },
    /// Its breaker opened.
    Opened,
    /// The open time of its breaker is over: a few calls find out whether it is back.
    HalfOpened,
    /// Its breaker closed.
    Closed,
    /// It is left out for a while, as it does worse than the others.
    Ejected {
        /// In what it does worse.
        by: Rule,
        /// Until then.
        until: Tick,
    },
    /// It is no longer left out.
    Readmitted,
}

impl Change {
    /// What happened, in one lower-case word with underscores.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Banned { .. } => "banned",
            Self::Unbanned => "unbanned",
            Self::Tier { .. } => "tier",
            Self::Opened => "opened",
            Self::HalfOpened => "half_opened",
            Self::Closed => "closed",
            Self::Ejected { .. } => "ejected",
            Self::Readmitted => "readmitted",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Banned { score, times, until: Some(until) } => {
                write!(f, "banned at {score} until {until} (time {times})")
            }
            Self::Banned { score, times, until: None } => write!(f, "banned at {score} (time {times})"),
            Self::Tier { from, to } => write!(f, "{from} -> {to}"),
            Self::Ejected { by, until } => write!(f, "ejected until {until} ({by})"),
            other => f.write_str(other.as_str()),
        }
    }
}

/// As many as one judgement can make: a ban and an ejection that are over, the breaker's, a ban that begins, another group.
const MOST: usize = 5;

/// What one judgement changed, in the order it did. Most change nothing, and that is a word to hand on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes(Option<Box<[Option<Change>; MOST]>>);

impl IntoIterator for Changes {
    type Item = Change;
    type IntoIter = std::iter::Flatten<std::array::IntoIter<Option<Change>, MOST>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map_or([None; MOST], |changes| *changes).into_iter().flatten()
    }
}

impl Changes {
    pub(super) fn holds(&self, change: Change) -> bool {
        self.0.as_ref().is_some_and(|changes| changes.contains(&Some(change)))
    }

    /// Whether nothing changed.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the breaker may tell more: a ban and another group may come yet.
    pub(crate) fn have_room(&self) -> bool {
        self.0.as_ref().is_none_or(|changes| changes[MOST - 3].is_none())
    }

    #[cold]
    pub(crate) fn push(&mut self, change: Change) {
        let changes = self.0.get_or_insert_default();
        let free = changes.iter_mut().find(|place| place.is_none());
        debug_assert!(free.is_some(), "more changes than one judgement makes");
        if let Some(free) = free {
            *free = Some(change);
        }
    }
}
