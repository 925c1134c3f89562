//! Randomness that is the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is drawn next depends on the seed and on how often was drawn, and on nothing else.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

/// The odd number that splitmix64 counts by.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(splitmix64(seed.wrapping_mul(STEP))))
    }

    /// True in that share of the draws.
    pub(crate) fn falls(&self, share: f64) -> bool {
        let bits = splitmix64(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP));
        // The upper 53 bits are what a float between 0 and 1 can hold.
        ((bits >> 11) as f64 / (1_u64 << 53) as f64) < share
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
const fn splitmix64(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_fall_as_often_as_they_should_and_the_same_way_each_time() {
        let draws = |seed| {
            let dice = Dice::new(seed);
            (0..10_000).map(|_| dice.falls(0.3)).collect::<Vec<_>>()
        };
        let fallen = draws(1).iter().filter(|fell| **fell).count();
        assert!((2_850..3_150).contains(&fallen), "{fallen}");
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }
}
