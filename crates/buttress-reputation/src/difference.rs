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

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use crate::{Additive, BanRules, Bayesian, CostRules, Estimator, Tiers, breaker, outlier, presets};
    use buttress_core::bandwidth;
    use std::time::Duration;

    #[test]
    fn c18_the_knob_that_differs_is_named_with_both_values() {
        let one = Config::default();
        assert_eq!(one.difference(&one.clone()), None);
        let shares = one.to_builder().capacity(5).latency_weight(0.3).build().unwrap();
        assert_eq!(one.difference(&shares).unwrap().to_string(), "capacity is 10000, not 5");
        let bandwidth = bandwidth::Config::builder().upload(9).build().unwrap();
        let lasting = Additive::default().hourly_decay(1.0).unwrap();
        for (knob, other) in [
            ("capacity", one.to_builder().capacity(9_999)),
            ("scoring", one.to_builder().scoring(Bayesian::default()).ban(None)),
            ("scoring", one.to_builder().scoring(lasting)),
            ("tiers", one.to_builder().tiers(Tiers::new(25.0, 60.0, 80.0, 2.1).unwrap())),
            ("latency", one.to_builder().latency(Estimator::moving(0.200_000_1).unwrap())),
            ("latency_weight", one.to_builder().latency_weight(0.100_000_1)),
            ("ban", one.to_builder().ban(None)),
            ("ban", one.to_builder().ban(BanRules::builder().probation(26.0).build().unwrap())),
            ("breaker", one.to_builder().breaker(breaker::Kind::Off)),
            ("cost", one.to_builder().cost(CostRules::default().slow_start(Duration::ZERO).unwrap())),
            ("bandwidth", one.to_builder().bandwidth(bandwidth)),
            ("outlier", one.to_builder().outlier(outlier::Config::default())),
        ] {
            let other = other.build().unwrap();
            assert_eq!(one.difference(&other).unwrap().knob, knob);
            assert_eq!(other.difference(&one).unwrap().knob, knob);
        }
    }

    #[test]
    fn c18_presets_are_their_own() {
        let (network, router) = (presets::cyberfly(), presets::router());
        assert_eq!(network.difference(&presets::cyberfly()), None);
        assert_eq!(router.difference(&presets::router()), None);
        assert_eq!(network.difference(&router).unwrap().knob, "scoring");
    }
}
