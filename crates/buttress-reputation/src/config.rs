//! The knobs and their defaults, with reasons.

use crate::{Additive, BanRules, Builder, CostRules, Estimator, Score, Scoring, Tiers, breaker, outlier};
use buttress_core::bandwidth;
use std::sync::Arc;
use std::time::Duration;

/// How peers are judged, and how many are remembered. Always valid: made by [`Config::default`], a preset, or a checked
/// [`Builder`]. Cloning it shares the scoring.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) capacity: usize,
    pub(crate) scoring: Arc<dyn Scoring>,
    pub(crate) tiers: Tiers,
    pub(crate) latency: Estimator,
    pub(crate) latency_weight: f64,
    pub(crate) ban: Option<BanRules>,
    pub(crate) breaker: breaker::Kind,
    pub(crate) cost: CostRules,
    pub(crate) bandwidth: bandwidth::Config,
    pub(crate) outlier: Option<outlier::Config>,
}

impl Default for Config {
    /// 10,000 peers, of which each takes about a quarter of a kilobyte; points for and against them ([`Additive`]), a ban at
    /// 0 and a compact breaker; no limits of bandwidth, and nobody is left out for doing worse than others.
    fn default() -> Self {
        Self {
            capacity: 10_000,
            scoring: Arc::new(Additive::default()),
            tiers: Tiers::default(),
            latency: Estimator::default(),
            latency_weight: 0.1,
            ban: Some(BanRules::default()),
            breaker: breaker::Kind::default(),
            cost: CostRules::default(),
            bandwidth: bandwidth::Config::default(),
            outlier: None,
        }
    }
}

impl Config {
    /// The defaults, ready to be changed.
    pub fn builder() -> Builder {
        Self::default().to_builder()
    }

    /// These settings, ready to be changed.
    pub fn to_builder(&self) -> Builder {
        Builder::of(self.clone())
    }

    /// How many peers are remembered at most.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// How scores come about.
    #[must_use]
    pub fn scoring(&self) -> &dyn Scoring {
        &*self.scoring
    }

    /// Which scores are in which tier.
    #[must_use]
    pub const fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    /// How latencies are estimated.
    #[must_use]
    pub const fn latency(&self) -> &Estimator {
        &self.latency
    }

    /// When a peer is banned by itself.
    #[must_use]
    pub const fn ban(&self) -> Option<&BanRules> {
        self.ban.as_ref()
    }

    /// Which breaker each peer has.
    #[must_use]
    pub const fn breaker(&self) -> &breaker::Kind {
        &self.breaker
    }

    /// What failures cost, how long costs are remembered, and how a peer comes back.
    #[must_use]
    pub const fn cost(&self) -> &CostRules {
        &self.cost
    }

    /// How many bytes may pass.
    #[must_use]
    pub const fn bandwidth(&self) -> &bandwidth::Config {
        &self.bandwidth
    }

    /// When a peer is left out because it does worse than the others.
    #[must_use]
    pub const fn outlier(&self) -> Option<&outlier::Config> {
        self.outlier.as_ref()
    }

    /// What candidates are ranked by: the score, and up to ten times the weight of latencies more for a peer that answers
    /// within 100 ms. A peer of which no latency is known gets nothing on top.
    #[must_use]
    pub fn rank(&self, score: Score, latency: Option<Duration>) -> f64 {
        // A thousand by the milliseconds; by none at all it is infinite, of which ten are left.
        let quick = latency.map_or(0.0, |latency| (1.0 / latency.as_secs_f64()).min(10.0));
        score.get() + self.latency_weight * quick
    }
}
