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
    /// | [`Worth::Memory`] | nobody in it, and another limit, which it had learned |
    /// | [`Worth::Penalty`] | calls in flight, or closed, or somebody waits |
    ///
    /// One call in flight is enough: if it were forgotten with its bulkhead, as many as the limit could come beside it, and again
    /// each time somebody has it forgotten.
    /// Totals are not looked at: they decide nothing.
    #[must_use]
    pub fn worth(&self) -> Worth {
        let (word, limit) = (self.word(), self.limit());
        if word.is_waiting() || word.is_closed() || word.free() < i64::from(limit) {
            Worth::Penalty
        } else if limit != self.config.max_concurrent {
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
