//! How the wait grows from retry to retry.

use crate::InvalidConfig;
use crate::clock::nanos;
use crate::config::ensure;
use std::time::Duration;

/// How the wait grows, before it is spread and capped. Retries count from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Backoff {
    /// Always the same.
    Fixed(Duration),
    /// `base`, then `increment` more before each further retry. With both alike it is `base` times the number of the retry.
    Linear {
        /// Before the first retry.
        base: Duration,
        /// Added before each further one.
        increment: Duration,
    },
    /// `base`, then `factor` times as long before each further retry.
    Exponential {
        /// Before the first retry.
        base: Duration,
        /// Finite and at least 1.
        factor: f64,
    },
    /// `base` times 1, 1, 2, 3, 5, 8, …: slower than doubling.
    Fibonacci {
        /// Before the first and the second retry.
        base: Duration,
    },
}

/// The first Fibonacci number beyond 64 bits is the 94th.
const LAST_FIBONACCI: u32 = 93;

impl Backoff {
    /// The delay before the first retry.
    #[must_use]
    pub const fn base(&self) -> Duration {
        match *self {
            Self::Fixed(base)
            | Self::Linear { base, .. }
            | Self::Exponential { base, .. }
            | Self::Fibonacci { base } => base,
        }
    }

    /// The plain delay before retry number `retry`, in nanoseconds and at most 584 years.
    pub(super) fn plain(&self, retry: u32) -> u64 {
        let base = nanos(self.base());
        let before = retry.saturating_sub(1);
        match *self {
            Self::Fixed(_) => base,
            Self::Linear { increment, .. } => {
                base.saturating_add(nanos(increment).saturating_mul(before.into()))
            }
            // The conversion saturates. Nothing times infinity is no number, which it makes nothing again.
            Self::Exponential { factor, .. } => {
                let exponent = i32::try_from(before).unwrap_or(i32::MAX);
                (base as f64 * factor.powi(exponent)).round() as u64
            }
            Self::Fibonacci { .. } => base.saturating_mul(fibonacci(retry)),
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        let Self::Exponential { factor, .. } = *self else { return Ok(()) };
        let grows = factor.is_finite() && factor >= 1.0;
        ensure(grows, "exponential factor", factor, "a finite number of at least 1")
    }
}

/// 1, 1, 2, 3, 5, …, counted from 1; what does not fit is as large as can be.
fn fibonacci(number: u32) -> u64 {
    if number > LAST_FIBONACCI {
        return u64::MAX;
    }
    let (mut this, mut next) = (0_u64, 1_u64);
    for _ in 0..number {
        (this, next) = (next, this.saturating_add(next));
    }
    this
}
