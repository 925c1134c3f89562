//! In what two settings differ, by the names of the knobs.

use crate::Config;
use buttress_core::Difference;
use std::fmt::Debug;

impl Config {
    /// The first knob that `other` has set differently, in the order of the builder; `None` if there is none. A scoring of your
    /// own is told apart by its `Debug`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        let knobs = self.knobs().into_iter().zip(other.knobs());
        let mut differing = knobs.filter(|(one, other)| one.1 != other.1);
        differing.next().map(|((knob, one), (_, other))| Difference { knob, one, other })
    }

    /// Every knob and its value, exactly.
    fn knobs(&self) -> [(&'static str, String); 10] {
        // Without `..`, so that a new knob cannot be forgotten.
        let Self {
            capacity,
            scoring,
            tiers,
            latency,
            latency_weight,
            ban,
            breaker,
            cost,
            bandwidth,
            outlier,
        } = self;
        [
            ("capacity", shown(capacity)),
            ("scoring", shown(scoring)),
            ("tiers", shown(tiers)),
            ("latency", shown(latency)),
            ("latency_weight", shown(latency_weight)),
            ("ban", ban.as_ref().map_or_else(off, shown)),
            ("breaker", shown(breaker)),
            ("cost", shown(cost)),
            ("bandwidth", shown(bandwidth)),
            ("outlier", outlier.as_ref().map_or_else(off, shown)),
        ]
    }
}

/// `Debug`, as it loses no digit of a number or a time.
fn shown(value: impl Debug) -> String {
    format!("{value:?}")
}

fn off() -> String {
    "off".to_owned()
}
