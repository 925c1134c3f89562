//! Error budgets beside an oracle that remembers every call.
#![cfg(not(buttress_loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod oracle;
mod random;
mod restart;
mod threads;
mod traffic;

use buttress_core::{Ratio, Tick};
use std::time::Duration;

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn at(secs: u64) -> Tick {
    Tick::from_nanos(secs * SECOND)
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn share(value: f64) -> Ratio {
    Ratio::new(value).unwrap()
}

/// Dice that fall the same way each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    /// So many times in a hundred thousand.
    fn falls(&mut self, in_100_000: u64) -> bool {
        self.below(100_000) < in_100_000
    }
}
