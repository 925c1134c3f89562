//! The one place that draws random numbers.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

thread_local! {
    static DICE: Cell<u64> = Cell::new(RandomState::new().hash_one(0));
}

/// What the counter of a sequence moves on by.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Draws a number, each as likely as any other. Threads do not share dice, so none waits for another.
#[inline]
pub(crate) fn roll() -> u64 {
    DICE.with(|dice| {
        let at = dice.get().wrapping_add(STEP);
        dice.set(at);
        mixed(at)
    })
}

/// A sequence of numbers that one roll decides, for a choice that needs more than one.
#[derive(Clone, Debug)]
pub(crate) struct Rolls(u64);

impl Rolls {
    #[inline]
    pub(crate) const fn of(roll: u64) -> Self {
        Self(roll)
    }

    /// The next one.
    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// The next one in `0.0..1.0`.
    #[inline]
    pub(crate) fn share(&mut self) -> f64 {
        // As many bits as a number has.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The next one below `count`, which is not zero.
    #[inline]
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }
}

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
#[inline]
const fn mixed(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_are_those_of_the_paper() {
        // The first three outputs for the seed 1234567, as its reference implementation gives them.
        let mut rolls = Rolls::of(1_234_567);
        for output in [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423] {
            assert_eq!(rolls.next(), output);
        }
    }

    #[test]
    fn shares_and_indices_stay_below_their_bounds() {
        let mut rolls = Rolls::of(roll());
        let mut seen = [false; 5];
        for _ in 0..1_000 {
            seen[rolls.below(5)] = true;
            assert!((0.0..1.0).contains(&rolls.share()));
            assert_eq!(rolls.below(1), 0);
        }
        assert_eq!(seen, [true; 5]);
    }

    #[test]
    fn threads_have_dice_of_their_own() {
        let here: Vec<_> = (0..4).map(|_| roll()).collect();
        let there = std::thread::spawn(|| (0..4).map(|_| roll()).collect::<Vec<_>>()).join().unwrap();
        assert!(here.iter().all(|roll| !there.contains(roll)), "{here:?} and {there:?}");
    }
}
