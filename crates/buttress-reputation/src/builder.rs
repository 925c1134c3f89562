//! Setting the knobs, and the rules between them.

use crate::{BanRules, Config, CostRules, Estimator, Score, Scoring, Tiers, breaker, outlier};
use buttress_core::{InvalidConfig, bandwidth};
use std::sync::Arc;

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
}

/// More peers than anybody knows, and few enough to be numbered in 32 bits.
const MOST: usize = 1 << 24;

impl Builder {
    pub(crate) const fn of(config: Config) -> Self {
        Self { config }
    }

    /// Peers that are remembered. Default 10,000; 1 to 16,777,216. When there are more, those go first of which nothing is lost,
    /// and never one that is banned or whose breaker is open.
    pub const fn capacity(mut self, peers: usize) -> Self {
        self.config.capacity = peers;
        self
    }

    /// How scores come about. Default [`Additive`](crate::Additive); [`Bayesian`](crate::Bayesian) judges by the share that
    /// succeeds, and anything else can be brought along. One that never gets as low as the score that [bans](Self::ban) needs another
    /// one there, or none: of the failures that [`Bayesian`](crate::Bayesian) remembers by default, a score falls to 0.98.
    ///
    /// ```
    /// use buttress_reputation::{Additive, Config, InvalidConfig, Weights};
    ///
    /// # fn main() -> Result<(), InvalidConfig> {
    /// let strict = Weights { message_failure: -2.0, ..Weights::default() };
    /// let scoring = Additive::default().weights(strict)?.hourly_decay(0.95)?;
    /// let config = Config::builder().scoring(scoring).build()?;
    /// # let _ = config;
    /// # Ok(())
    /// # }
    /// ```
    pub fn scoring(mut self, scoring: impl Scoring) -> Self {
        self.config.scoring = Arc::new(scoring);
        self
    }

    /// Which scores are in which tier.
    pub const fn tiers(mut self, tiers: Tiers) -> Self {
        self.config.tiers = tiers;
        self
    }

    /// How latencies are estimated. Default a moving average that takes a fifth of each sample.
    pub const fn latency(mut self, estimator: Estimator) -> Self {
        self.config.latency = estimator;
        self
    }

    /// How many points candidates are ranked higher by, for each of at most ten times that they would answer within a second.
    /// Default 0.1, so that latency decides among peers that are about as good; 0 to 10, and 0 is for not at all.
    pub const fn latency_weight(mut self, weight: f64) -> Self {
        self.config.latency_weight = weight;
        self
    }

    /// When a peer is banned by itself, and how it comes back. By default at a score of 0, for 10 minutes the first time. `None`
    /// bans nobody who is not banned by hand.
    pub fn ban(mut self, rules: impl Into<Option<BanRules>>) -> Self {
        self.config.ban = rules.into();
        self
    }

    /// Which breaker each peer has. By default the compact one.
    pub fn breaker(mut self, breaker: impl Into<breaker::Kind>) -> Self {
        self.config.breaker = breaker.into();
        self
    }

    /// What failures cost, how long costs are remembered, and how a peer comes back.
    pub const fn cost(mut self, rules: CostRules) -> Self {
        self.config.cost = rules;
        self
    }

    /// How many bytes may pass. No limits by default.
    pub const fn bandwidth(mut self, bandwidth: bandwidth::Config) -> Self {
        self.config.bandwidth = bandwidth;
        self
    }

    /// When a member of a [selection](crate::selection) is left out because it does worse than the others
    /// ([`outlier`](crate::outlier)). `None` by default, as among a few peers there is no telling.
    pub fn outlier(mut self, outlier: impl Into<Option<outlier::Config>>) -> Self {
        self.config.outlier = outlier.into();
        self
    }

    /// Checks every setting and those that depend on each other.
    ///
    /// # Errors
    /// [`InvalidConfig`] names the first setting that cannot work, and what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let Config { capacity, latency_weight, ref scoring, ban, .. } = self.config;
        if !(1..=MOST).contains(&capacity) {
            return Err(InvalidConfig::new("capacity", capacity, "1 to 16777216 peers"));
        }
        if !(0.0..=10.0).contains(&latency_weight) {
            return Err(InvalidConfig::new("latency_weight", latency_weight, "0 to 10"));
        }
        let fresh = scoring.score(scoring.fresh(), 0);
        if let Some(ban) = ban
            && fresh <= Score::new(ban.score())
        {
            return Err(InvalidConfig::new(
                "ban score",
                ban.score(),
                "below the score that peers begin with",
            ));
        }
        if let Some(ban) = ban {
            let lowest = scoring.score(scoring.set(Score::MIN, 0), 0);
            if lowest > Score::new(ban.score()) {
                let shown = format_args!("{} where scores fall to {:.2}", ban.score(), lowest.get());
                return Err(InvalidConfig::new("ban score", shown, "none below the lowest score"));
            }
            if Score::new(ban.probation()) > fresh {
                return Err(InvalidConfig::new(
                    "probation",
                    ban.probation(),
                    "at most the score that peers begin with",
                ));
            }
        }
        Ok(self.config)
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use crate::{Additive, Bayesian, Deed, presets};
    use std::time::Duration;

    fn knob(builder: Builder) -> &'static str {
        builder.build().expect_err("refused").knob()
    }

    #[test]
    fn f3_a_setting_that_cannot_work_is_refused_by_name() {
        for peers in [0, MOST + 1, usize::MAX] {
            assert_eq!(knob(Config::builder().capacity(peers)), "capacity");
        }
        for weight in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 10.1] {
            assert_eq!(knob(Config::builder().latency_weight(weight)), "latency_weight");
        }
        let low = Additive::default().start(5.0).unwrap();
        let ban = BanRules::builder().score(5.0).build().unwrap();
        assert_eq!(knob(Config::builder().scoring(low).ban(ban)), "ban score");
        let error = Config::builder().scoring(low).ban(ban).build().unwrap_err();
        assert_eq!(error.to_string(), "ban score is 5, allowed is below the score that peers begin with");
        assert!(Config::builder().scoring(low).ban(None).build().is_ok());
        assert!(Config::builder().capacity(1).latency_weight(0.0).build().is_ok());
        assert!(Config::builder().capacity(MOST).latency_weight(10.0).build().is_ok());
    }

    #[test]
    fn g2_f3_a_probation_that_is_better_than_a_new_peer_is_refused() {
        let low = Additive::default().start(10.0).unwrap();
        assert_eq!(knob(Config::builder().scoring(low)), "probation");
        let ban = BanRules::builder().probation(10.0).build().unwrap();
        assert!(Config::builder().scoring(low).ban(ban).build().is_ok());
        assert!(Config::builder().scoring(low).ban(None).build().is_ok());
    }

    #[test]
    fn c31_f3_a_score_that_nobody_falls_to_is_refused_as_the_one_that_bans() {
        let error = Config::builder().scoring(Bayesian::default()).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "ban score is 0 where scores fall to 0.98, allowed is none below the lowest score"
        );
        let ban = BanRules::builder().score(1.0).build().unwrap();
        let config = Config::builder().scoring(Bayesian::default()).ban(ban).build().unwrap();
        let scoring = config.scoring();
        let failed =
            (0..10_000).fold(scoring.fresh(), |state, _| scoring.judged(state, &Deed::sync(false), 0));
        assert!(scoring.score(failed, 0).get() <= 1.0);
        assert!(Config::builder().scoring(Bayesian::default()).ban(None).build().is_ok());
    }

    #[test]
    fn s3_31_s3_32_candidates_are_ranked_by_score_and_a_little_by_latency() {
        let config = presets::cyberfly();
        let rank = |score, latency| config.rank(Score::new(score), latency);
        assert_eq!(rank(50.0, None), 50.0);
        for (millis, more) in [(0, 1.0), (1, 1.0), (100, 1.0), (200, 0.5), (1_000, 0.1), (10_000, 0.01)] {
            let ranked = rank(50.0, Some(Duration::from_millis(millis)));
            assert!((ranked - 50.0 - more).abs() < 1e-9, "{millis} ms: {ranked}");
        }
        assert!(rank(50.0, Some(Duration::MAX)).is_finite());
        // So latency decides among peers that are about as good, and no further.
        assert!(rank(60.0, Some(Duration::from_millis(50))) > rank(60.5, Some(Duration::from_secs(1))));
        assert!(rank(60.0, Some(Duration::from_millis(50))) < rank(61.1, None));
    }

    #[test]
    fn s3_66_a_scoring_of_ones_own_is_asked() {
        /// Whoever did anything is as good as can be.
        #[derive(Debug)]
        struct Credulous;

        impl Scoring for Credulous {
            fn fresh(&self) -> u64 {
                0
            }

            fn judged(&self, _state: u64, _deed: &Deed, _at: u32) -> u64 {
                1
            }

            fn score(&self, state: u64, _at: u32) -> Score {
                if state == 0 { Score::START } else { Score::MAX }
            }

            fn set(&self, score: Score, _at: u32) -> u64 {
                u64::from(score == Score::MAX)
            }

            fn confidence(&self, _state: u64, _samples: u64) -> f64 {
                1.0
            }
        }

        let config = Config::builder().scoring(Credulous).ban(None).build().unwrap();
        let scoring = config.to_builder().capacity(7).build().unwrap();
        let scoring = scoring.scoring();
        assert_eq!(scoring.score(scoring.judged(scoring.fresh(), &Deed::sync(false), 0), 9), Score::MAX);
        let bayesian = config.to_builder().scoring(Bayesian::default()).build().unwrap();
        let difference = config.difference(&bayesian).unwrap();
        assert_eq!((difference.knob, difference.one.as_str()), ("scoring", "Credulous"));
    }
}
