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
}
