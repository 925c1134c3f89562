mod delays;
mod rows;
mod spread;
mod waits;
mod wrong_values;

use super::*;
use crate::{InvalidConfig, Ratio};
use std::time::Duration;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn share(value: f64) -> Ratio {
    Ratio::new(value).expect("the test's shares are in range")
}

fn with(change: impl FnOnce(Builder) -> Builder) -> Config {
    change(Config::builder()).build().expect("the test's settings are valid")
}

/// Steele, Lea and Flood's SplitMix64 (2014).
struct Dice(u64);

impl Dice {
    /// A number in `0.0..1.0`.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Every jitter, with a tenth where it takes a share.
fn jitters() -> [Jitter; 6] {
    let tenth = share(0.1);
    [
        Jitter::None,
        Jitter::Symmetric(tenth),
        Jitter::Additive(tenth),
        Jitter::Full,
        Jitter::Equal,
        Jitter::Decorrelated,
    ]
}

/// The waits before the first retries, one roll for all.
fn waits(config: &Config, retries: u32, roll: f64) -> Vec<Duration> {
    let mut waits: Vec<Duration> = Vec::new();
    for retry in 1..=retries {
        let previous = waits.last().copied().unwrap_or_default();
        waits.push(config.delay(retry, previous, roll));
    }
    waits
}
