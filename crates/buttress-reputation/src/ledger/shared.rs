//! What peers are judged by for whom there is no room.

use crate::breaker::Kind;
use crate::peer::Rules;
use crate::score::Scoring;
use crate::{Config, Deed, Score, Tick};
use std::sync::Arc;
use std::time::SystemTime;

/// Rules that hold nothing against a peer and nothing in its favour, as many share one state: what one of them does must not lift
/// or ban the others.
pub(super) fn lenient(config: &Config, now: Tick, wall: SystemTime) -> Rules {
    let scoring = Arc::new(Unmoved(Arc::clone(&config.scoring)));
    Rules::new(&Config { scoring, ban: None, breaker: Kind::Off, ..config.clone() }, 0, now, wall)
}

/// A score that stays where it begins.
#[derive(Debug)]
struct Unmoved(Arc<dyn Scoring>);

impl Scoring for Unmoved {
    fn fresh(&self) -> u64 {
        self.0.fresh()
    }

    fn judged(&self, state: u64, _deed: &Deed, _at: u32) -> u64 {
        state
    }

    fn score(&self, _state: u64, at: u32) -> Score {
        self.0.score(self.0.fresh(), at)
    }

    fn set(&self, _score: Score, _at: u32) -> u64 {
        self.0.fresh()
    }

    fn confidence(&self, _state: u64, _samples: u64) -> f64 {
        self.0.confidence(self.0.fresh(), 0)
    }
}
