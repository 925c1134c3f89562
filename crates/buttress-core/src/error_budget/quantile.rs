//! Which of the calls, in the order of how long they took.

use crate::InvalidConfig;
use crate::config::ensure;
use std::fmt;

/// A share of the calls, the quickest first, above 0 and below 1: 0.95 is the 95th percentile.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub struct Quantile(f64);

impl Quantile {
    /// Half of the calls: 0.5.
    pub const MEDIAN: Self = Self(0.5);
    /// 0.95.
    pub const P95: Self = Self(0.95);
    /// 0.99.
    pub const P99: Self = Self(0.99);

    /// The quantile `share`.
    ///
    /// # Errors
    /// It is not above 0 and below 1. A number of percent is a hundred times too large.
    pub fn new(share: f64) -> Result<Self, InvalidConfig> {
        let allowed = "above 0 and below 1, such as 0.95 for the 95th percentile";
        ensure(share > 0.0 && share < 1.0, "quantile", share, allowed)?;
        Ok(Self(share))
    }

    /// The share as a number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The place of the call among so many, the quickest first, that so large a share does not exceed: from 1 on.
    pub(super) fn rank(self, calls: u64) -> u64 {
        let share = (self.0 * super::rule::WHOLE as f64).round() as u128;
        let rank = (share * u128::from(calls)).div_ceil(super::rule::WHOLE.into());
        u64::try_from(rank).unwrap_or(u64::MAX).clamp(1, calls.max(1))
    }
}

impl fmt::Debug for Quantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Quantile").field(&self.0).finish()
    }
}

impl fmt::Display for Quantile {
    /// As the percentile: `p95`, `p99.9`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // To a billionth, as a hundred times 0.999 is not quite 99.9.
        write!(f, "p{}", (self.0 * 1e9).round() / 1e7)
    }
}
