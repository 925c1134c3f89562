//! In what two settings differ, by the names of the knobs.

use super::Config;
use crate::clock::Span;
use crate::config::Difference;

impl Config {
    /// The first knob that `other` has set differently, in the order of the builder; `None` if there is none.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        Difference::first(self.knobs(), other.knobs())
    }

    /// Every knob and its value, exactly.
    fn knobs(&self) -> [(&'static str, String); 3] {
        // Without `..`, so that a new knob cannot be forgotten.
        let Self { max_concurrent, queue, max_wait } = *self;
        let wait = max_wait.map_or_else(|| "off".to_owned(), |wait| format!("{:?}", Span::get(wait)));
        [("max_concurrent", max_concurrent.to_string()), ("queue", queue.to_string()), ("max_wait", wait)]
    }
}
