//! What time leaves of something.

use std::time::Duration;

/// A share of what there is that is left after each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decay {
    /// The logarithm to the base of two of what a second leaves; at most zero.
    per_second: f64,
}

impl Decay {
    /// `left` of it after each hour: above zero, at most one.
    pub(super) fn hourly(left: f64) -> Self {
        Self { per_second: left.log2() / 3600.0 }
    }

    /// Half of it after each of that time, above zero.
    pub(super) fn halving_in(time: Duration) -> Self {
        Self { per_second: -time.as_secs_f64().recip() }
    }

    /// What is left after so many seconds, from 0 to 1.
    #[inline]
    pub(super) fn left(&self, seconds: u32) -> f64 {
        // Most judgements follow another one within the same second.
        if seconds == 0 { 1.0 } else { (self.per_second * f64::from(seconds)).exp2() }
    }

    /// No more than is [left](Self::left): by a straight line, which an exponential curve never goes below.
    #[inline]
    pub(super) fn left_at_least(&self, seconds: u32) -> f64 {
        (1.0 - self.exponent(seconds)).max(0.0)
    }

    /// No more than how many times what is [left](Self::left) there was: by the first terms of the exponential series, all of
    /// which are positive.
    #[inline]
    pub(super) fn shrunk_at_least(&self, seconds: u32) -> f64 {
        let by = self.exponent(seconds);
        1.0 + by * (1.0 + by * (1.0 / 2.0 + by * (1.0 / 6.0)))
    }

    /// How often it shrinks by e.
    #[inline]
    fn exponent(&self, seconds: u32) -> f64 {
        -self.per_second * std::f64::consts::LN_2 * f64::from(seconds)
    }
}
