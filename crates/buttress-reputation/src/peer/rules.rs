//! What all peers of a ledger are judged by.

use crate::breaker::Plan;
use crate::{BanRules, Config, CostRules, Estimator, Scoring, Tick, Tiers};
use std::sync::Arc;
use std::time::SystemTime;

/// The settings as peers need them, and when it all began.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) scoring: Arc<dyn Scoring>,
    pub(crate) tiers: Tiers,
    pub(crate) latency: Estimator,
    pub(crate) ban: Option<BanRules>,
    pub(crate) breaker: Plan,
    pub(crate) cost: CostRules,
    pub(super) began: Tick,
    /// What the clock on the wall showed then.
    pub(super) wall: SystemTime,
    seed: u64,
}

impl Rules {
    /// The rules of `config` for a ledger that begins at `began`, when the clock on the wall shows `wall`; the seed spreads what is
    /// to be spread.
    pub(crate) fn new(config: &Config, seed: u64, began: Tick, wall: SystemTime) -> Self {
        Self {
            scoring: Arc::clone(&config.scoring),
            tiers: config.tiers,
            latency: config.latency,
            ban: config.ban,
            breaker: Plan::from(&config.breaker),
            cost: config.cost,
            began,
            wall,
            seed,
        }
    }

    /// Whole seconds since the beginning.
    #[inline]
    pub(crate) const fn seconds(&self, now: Tick) -> u32 {
        let seconds = now.as_nanos().saturating_sub(self.began.as_nanos()) / 1_000_000_000;
        if seconds > u32::MAX as u64 { u32::MAX } else { seconds as u32 }
    }

    /// The seed of the peer with this number.
    #[inline]
    pub(super) const fn seed_of(&self, number: usize) -> u64 {
        self.seed ^ (number as u64).rotate_left(32)
    }
}
