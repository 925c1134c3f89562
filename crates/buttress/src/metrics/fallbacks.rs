//! Series of fallbacks.

use super::collect::{Page, owned};
use super::families as is;
use crate::Trigger;
use crate::registry::FallbackStatus;

impl Page {
    pub(super) fn fallback(&mut self, name: &str, fallback: &FallbackStatus) {
        for trigger in Trigger::ALL {
            let ends = fallback.totals.of(trigger);
            for (result, calls) in
                [("answered", ends.answered), ("failed", ends.failed), ("cancelled", ends.cancelled)]
            {
                let labels = vec![
                    ("name", owned(name)),
                    ("trigger", trigger.as_str().into()),
                    ("result", result.into()),
                ];
                self.count(&is::FALLBACKS, labels, calls);
            }
        }
        self.count(&is::FALLBACK_PANICS, vec![("name", owned(name))], fallback.totals.panicked);
    }
}
