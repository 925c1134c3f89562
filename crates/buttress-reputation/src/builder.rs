//! Setting the knobs, and the rules between them.

use crate::{BanRules, Config, Estimator, Score, Scoring, Tiers, breaker, outlier};
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
    /// succeeds, and anything else can be brought along.
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

    /// How many bytes may pass. No limits by default.
    pub const fn bandwidth(mut self, bandwidth: bandwidth::Config) -> Self {
        self.config.bandwidth = bandwidth;
        self
    }

    /// When a peer is left out because it does worse than the others. `None` by default, as among a few peers there is no telling.
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
            return Err(InvalidConfig::new("ban score", ban.score(), "below the score that peers begin with"));
        }
        Ok(self.config)
    }
}
