//! What changed about a peer.

use crate::outlier::Rule;
use crate::{Score, Tick, Tier};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// A change, as [listeners](crate::Ledger::on_event) are told it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct PeerEvent {
    /// Greater than that of whatever happened to the same peer before: two threads may tell what they did in another order than
    /// they did it. There are gaps.
    pub number: u64,
    /// What happened.
    pub change: Change,
}

impl fmt::Display for PeerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.change.fmt(f)
    }
}

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
        /// It was banned already: by hand, for another time or reason.
        again: bool,
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
            Self::Banned { score, times, until: Some(until), .. } => {
                write!(f, "banned at {score} until {until} (time {times})")
            }
            Self::Banned { score, times, until: None, .. } => write!(f, "banned at {score} (time {times})"),
            Self::Tier { from, to } => write!(f, "{from} -> {to}"),
            Self::Ejected { by, until } => write!(f, "ejected until {until} ({by})"),
            other => f.write_str(other.as_str()),
        }
    }
}

/// As many as one judgement can make: a ban that is over and the group it comes back to, an ejection that is over, the breaker's, a
/// ban that begins, another group.
const MOST: usize = 6;

/// What one judgement changed, in the order it did. Most change nothing, and that is a word to hand on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes(Option<Box<[Option<PeerEvent>; MOST]>>);

impl IntoIterator for Changes {
    type Item = PeerEvent;
    type IntoIter = std::iter::Flatten<std::array::IntoIter<Option<PeerEvent>, MOST>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map_or([None; MOST], |changes| *changes).into_iter().flatten()
    }
}

impl Changes {
    pub(super) fn holds(&self, change: Change) -> bool {
        self.0.as_ref().is_some_and(|told| told.iter().flatten().any(|event| event.change == change))
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

    /// One more. Whoever made it holds the lock it was made under still, so that the later one of two has the greater number.
    #[cold]
    pub(crate) fn push(&mut self, change: Change) {
        // Of all peers together, as changes are seldom and a word for each peer is dear. Not one of the model checker's: nothing
        // is decided by it.
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let changes = self.0.get_or_insert_default();
        let free = changes.iter_mut().find(|place| place.is_none());
        debug_assert!(free.is_some(), "more changes than one judgement makes");
        if let Some(free) = free {
            *free = Some(PeerEvent { number, change });
        }
    }

    /// What changed, without the numbers.
    #[cfg(test)]
    pub(crate) fn told(self) -> impl Iterator<Item = Change> {
        self.into_iter().map(|event| event.change)
    }
}
