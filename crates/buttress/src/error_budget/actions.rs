//! What is done while a budget is low.

use crate::Ratio;
use crate::retry::{Budget, Limiter};
use buttress_core::error_budget::Level;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

/// The retries that are fewer while the budget is low.
#[derive(Default)]
pub(super) struct Actions(Mutex<Vec<Shrunk>>);

/// A budget of retries, the share of it that is left at each level, and who looks whether that is over.
struct Shrunk {
    retries: Budget,
    careful: Ratio,
    spent: Ratio,
    by: Weak<dyn Limiter>,
}

impl Actions {
    pub(super) fn shrink(
        &self,
        (whose, by): (u64, Weak<dyn Limiter>),
        retries: &Budget,
        [careful, spent]: [Ratio; 2],
        level: impl FnOnce() -> Level,
    ) {
        let mut shrunk = self.lock();
        let mut one = Shrunk { retries: retries.clone(), careful, spent, by };
        if let Some(before) = shrunk.iter().position(|other| other.retries.is(retries)) {
            let Shrunk { careful, spent, .. } = shrunk.swap_remove(before);
            (one.careful, one.spent) = (one.careful.min(careful), one.spent.min(spent));
        }
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
        self.retries.limit_to(whose, share, &self.by);
    }
}
