//! The choice among candidates that are made up.

mod choice;
mod fleet;
mod members;
mod outliers;
mod simulation;
mod world;

use super::choice::{Candidate, Prices, Refused, Standing};
use crate::Tick;
use std::cell::Cell;
use std::time::Duration;

pub(super) const T0: Tick = Tick::from_nanos(1_000_000_000_000);

/// For those whose costs are written down.
pub(super) const EVEN: Prices = Prices { tiers: [1.0; 5], dear: f64::INFINITY };

/// A candidate whose answers are written down.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) breaker: Result<(), Refused>,
    pub(super) out: bool,
    pub(super) standing: Standing,
    pub(super) asked: Option<Tick>,
    /// How often it was asked whether it may be asked.
    pub(super) looks: Cell<u32>,
}

impl Written {
    pub(super) fn costing(millis: f64) -> Self {
        Self {
            breaker: Ok(()),
            out: false,
            standing: Standing { cost: Some(millis), calls: 1.0, warmth: 1.0, is_dear: false },
            asked: Some(T0),
            looks: Cell::new(0),
        }
    }
}

impl Candidate for Written {
    fn may(&self, despite: bool, _: Tick) -> Result<(), Refused> {
        self.looks.set(self.looks.get() + 1);
        if self.out && !despite {
            return Err(Some(Duration::from_secs(60)));
        }
        self.breaker
    }

    fn is_clear(&self) -> bool {
        !self.out && self.breaker.is_ok()
    }

    fn standing(&self, _: &Prices, _: Tick) -> Standing {
        self.standing
    }

    fn last_asked(&self) -> Option<Tick> {
        self.asked
    }

    fn is_out(&self, _: Tick) -> bool {
        self.out
    }
}
