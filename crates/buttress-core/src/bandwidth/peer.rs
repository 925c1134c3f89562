//! What one peer let pass.

use super::level::Level;
use super::words::Direction;
use crate::Tick;
use crate::keyed::Worth;
use crate::sync::{Mutex, lock};
use std::fmt;

/// The debts of one peer, one for each direction. The limits are those of the [`Bandwidth`](super::Bandwidth) that is asked.
pub struct Peer {
    levels: [Mutex<Level>; 2],
}

impl Default for Peer {
    fn default() -> Self {
        Self::new()
    }
}

impl Peer {
    /// Begins without debt: the whole burst is there.
    #[must_use]
    pub fn new() -> Self {
        Self { levels: Direction::ALL.map(|_| Mutex::new(Level::NONE)) }
    }

    /// What is lost if it is forgotten at `now`: nothing without debts, and a penalty where it has used up more than half of a
    /// burst.
    #[must_use]
    pub fn worth(&self, now: Tick) -> Worth {
        let worth = |level: &Mutex<Level>| lock(level).worth(now);
        self.levels.iter().map(worth).max().unwrap_or(Worth::Nothing)
    }

    /// Forgets its debts.
    pub fn reset(&self) {
        self.levels.iter().for_each(|level| *lock(level) = Level::NONE);
    }

    pub(super) const fn level(&self, direction: Direction) -> &Mutex<Level> {
        &self.levels[direction as usize]
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").finish_non_exhaustive()
    }
}
