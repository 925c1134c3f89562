//! In what two settings differ, by the names of the knobs.

use super::Config;
use super::pair::Words;
use crate::config::Difference;
use std::time::Duration;

impl Config {
    /// The first knob that `other` has set differently, in the order of the builder; `None` if there is none.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        Difference::first(self.knobs(), other.knobs())
    }

    /// Every knob and its value, exactly.
    fn knobs(&self) -> [(&'static str, String); 10] {
        // Without `..`, so that a new knob cannot be forgotten.
        let Self {
            objective,
            window,
            tumbling,
            slower_than,
            count_rejections,
            alerts,
            minimum_calls,
            low,
            exhausted,
            hysteresis,
        } = *self;
        let words = |time: Duration| Words(time).to_string();
        let alerts: Vec<_> = alerts.into_iter().flatten().map(|pair| pair.to_string()).collect();
        [
            ("objective", objective.get().to_string()),
            ("window", words(window)),
            ("tumbling", tumbling.to_string()),
            ("slower_than", slower_than.map_or_else(|| "off".to_owned(), words)),
            ("count_rejections", count_rejections.to_string()),
            ("alerts", if alerts.is_empty() { "none".to_owned() } else { alerts.join(", ") }),
            ("minimum_calls", minimum_calls.to_string()),
            ("low", low.get().to_string()),
            ("exhausted", exhausted.get().to_string()),
            ("hysteresis", hysteresis.get().to_string()),
        ]
    }
}
