//! What is lost when a bulkhead is forgotten, for those who keep one per key.

use super::Bulkhead;
use crate::Tick;
use crate::keyed::{Keep, Worth};

impl Bulkhead {
    /// What is lost if it is forgotten: one made anew has nobody in it and the limit of its settings.
    ///
    /// | worth | the bulkhead |
    /// |---|---|
    /// | [`Worth::Nothing`] | nobody in it, and its first limit |
    /// | [`Worth::Memory`] | calls in flight, which would not count; or another limit, which it had learned |
    /// | [`Worth::Penalty`] | full, or closed, or somebody waits |
    ///
    /// Totals are not looked at: they decide nothing.
    #[must_use]
    pub fn worth(&self) -> Worth {
        let (word, limit) = (self.word(), self.limit());
        if word.is_waiting() || word.is_closed() || word.free() <= 0 {
            Worth::Penalty
        } else if word.free() < i64::from(limit) || limit != self.config.max_concurrent {
            Worth::Memory
        } else {
            Worth::Nothing
        }
    }
}

impl Keep for Bulkhead {
    fn worth(&self, _: Tick) -> Worth {
        self.worth()
    }
}
