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
    fn knobs(&self) -> [(&'static str, String); 13] {
        // Without `..`, so that a new knob cannot be forgotten.
        let Self {
            records,
            per_operation,
            classes,
            operations,
            message,
            chain,
            metadata,
            value,
            retention,
            new_for,
            regressed_after,
            spike_factor,
            spike_minimum,
        } = *self;
        [
            ("records", records.to_string()),
            ("per_operation", per_operation.to_string()),
            ("classes", classes.to_string()),
            ("operations", operations.to_string()),
            ("message", message.to_string()),
            ("chain", chain.to_string()),
            ("metadata", metadata.to_string()),
            ("value", value.to_string()),
            ("retention", format!("{retention:?}")),
            ("new_for", format!("{new_for:?}")),
            ("regressed_after", format!("{regressed_after:?}")),
            ("spike_factor", spike_factor.to_string()),
            ("spike_minimum", spike_minimum.to_string()),
        ]
    }
}
