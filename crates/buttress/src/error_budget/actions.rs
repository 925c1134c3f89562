//! What is done while a budget is low.

use crate::Ratio;
use crate::retry::Budget;
use buttress_core::error_budget::Level;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The retries that are fewer while the budget is low.
#[derive(Default)]
pub(super) struct Actions(Mutex<Vec<Shrunk>>);

/// A budget of retries, and the share of it that is left at each level.
struct Shrunk {
    retries: Budget,
    careful: Ratio,
    spent: Ratio,
}

impl Actions {
    pub(super) fn shrink(
        &self,
        whose: u64,
        retries: Budget,
        [careful, spent]: [Ratio; 2],
        level: impl FnOnce() -> Level,
    ) {
        let mut shrunk = self.lock();
        let one = Shrunk { retries, careful, spent };
        one.adjust(whose, level());
        shrunk.push(one);
    }

    /// Does what the level asks for, which is asked for under the lock: so the last to come does the last.
    pub(super) fn adjust(&self, whose: u64, level: impl FnOnce() -> Level) {
        let shrunk = self.lock();
        let level = level();
        shrunk.iter().for_each(|one| one.adjust(whose, level));
    }

    /// Gives everything back.
    pub(super) fn end(&self, whose: u64) {
        self.lock().drain(..).for_each(|one| one.adjust(whose, Level::Normal));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Shrunk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shrunk {
    fn adjust(&self, whose: u64, level: Level) {
        let share = match level {
            Level::Normal => Ratio::ONE,
            Level::Careful => self.careful,
            Level::Spent => self.spent,
        };
        self.retries.limit_to(whose, share);
    }
}
