//! What a call brings to a bulkhead and takes from it.

use std::num::NonZeroU32;

/// How much of the limit a call takes: one, for most.
pub type Weight = NonZeroU32;

/// Which calls go first when there is no room for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Can wait, and is the first to give way.
    Low,
    /// As most calls are.
    #[default]
    Normal,
    /// Goes before the others, and takes the place of one of them in a queue that is full.
    High,
}

impl Priority {
    /// All priorities, the lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// A part of the limit that is taken. It goes back with [`Bulkhead::release`](super::Bulkhead::release) to the bulkhead that
/// gave it; dropped, it is taken for ever.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a ticket that is dropped is never free again"]
pub struct Ticket {
    pub(super) weight: Weight,
}

impl Ticket {
    /// How much of the limit it takes.
    #[must_use]
    pub const fn weight(&self) -> Weight {
        self.weight
    }
}

/// A place in the queue. It is asked with [`Bulkhead::poll`](super::Bulkhead::poll) and given up with
/// [`Bulkhead::leave`](super::Bulkhead::leave), both of the bulkhead that gave it; dropped, it is taken for ever.
#[derive(Debug)]
#[must_use = "a place that is dropped is never free again"]
pub struct Place {
    /// Where in the queue; `None` once its wait is over.
    pub(super) slot: Option<u32>,
    pub(super) weight: Weight,
}

/// What came of joining.
#[derive(Debug)]
#[must_use = "a ticket or a place that is dropped is never free again"]
pub enum Joined {
    /// There was room.
    Admitted(Ticket),
    /// There was none, but a place to wait.
    Waiting(Place),
}

/// Why somebody stopped waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Left {
    /// Nobody wants the call any more.
    Cancelled,
    /// It waited as long as it may.
    TimedOut,
    /// The call's own deadline passed.
    Expired,
}
