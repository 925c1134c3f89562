//! In what two settings differ, by the names of the knobs.

use super::Config;
use crate::config::Difference;

impl Config {
    /// The first knob that `other` has set differently, in the order of the builder; `None` if there is none.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        Difference::first(self.knobs(), other.knobs())
    }

    /// Every knob and its value, exactly.
    fn knobs(&self) -> [(&'static str, String); 6] {
        // Without `..`, so that a new knob cannot be forgotten.
        let Self { max_attempts, backoff, jitter, cap, cap_before_jitter, max_hint } = *self;
        [
            ("attempts", format!("{max_attempts:?}")),
            ("backoff", format!("{backoff:?}")),
            ("jitter", format!("{jitter:?}")),
            ("cap", format!("{cap:?}")),
            ("cap_before_jitter", format!("{cap_before_jitter:?}")),
            ("max_hint", format!("{max_hint:?}")),
        ]
    }
}
