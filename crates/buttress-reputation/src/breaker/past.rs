//! How often a breaker opened, and for how long.

use super::Config;
use super::window::Tally;
use buttress_core::Tick;
use std::time::Duration;

/// What only changes of state touch. Most breakers see none, and have none of this.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    /// Sets of probes in a row without a success.
    pub(super) level: u32,
    /// When it closed last.
    pub(super) closed_at: Tick,
    /// The present open time.
    pub(super) open_for: Duration,
}

impl Past {
    /// Whether the next open time is longer than the first one.
    pub(crate) fn escalates(&self, config: &Config, now: Tick) -> bool {
        self.level > 0 && self.closed_at + config.failure_window >= now
    }
}

impl Config {
    /// How long a part of the window is, in nanoseconds.
    #[inline]
    pub(super) const fn part(&self) -> u64 {
        self.part
    }

    /// Whether a window that holds so much opens.
    pub(super) fn is_met_by(&self, window: Tally) -> bool {
        let enough = window.failures >= self.failure_threshold.into();
        let share = window.failures as f64 / window.calls as f64;
        // A quotient is rounded as the decimal it is compared with was; a product can end just above it.
        enough && share >= self.failure_rate.get()
    }

    /// An open time of this level: spread by the seed, then capped.
    pub(super) fn open_time(&self, level: u32, seed: u64) -> Duration {
        let base = self.open_for.as_nanos() as f64;
        let exponent = i32::try_from(level).unwrap_or(i32::MAX);
        let grown = (base * self.escalation.powi(exponent)).min(self.open_for_max.as_nanos() as f64);
        let spread = self.jitter.get().mul_add(2.0 * share_of(seed) - 1.0, 1.0);
        // The conversion saturates, and nothing times infinity is no number, which it makes nothing.
        Duration::from_nanos((grown * spread).round() as u64).min(self.open_for_max).max(SHORTEST)
    }
}

/// No open time is shorter, however it is spread.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);

/// A number from 0 to 1 that nobody foretells from those of seeds beside it (SplitMix64: Steele, Lea and Flood, "Fast
/// Splittable Pseudorandom Number Generators", 2014).
fn share_of(seed: u64) -> f64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}
