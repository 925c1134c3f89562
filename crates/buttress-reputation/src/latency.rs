//! How long a peer usually takes, from how long it took.

use buttress_core::InvalidConfig;
use std::num::NonZeroU16;
use std::time::Duration;

/// How the latency of a peer is estimated. All that is kept of a peer is one word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimator(Kind);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Each sample moves the estimate by this share of the way.
    Moving(f64),
    /// The mean of the samples there are, up to so many.
    Mean(NonZeroU16),
}

/// Bits of the samples that are counted, above those of nanoseconds.
const COUNT_BITS: u32 = 16;
const NANOS_BITS: u32 = 64 - COUNT_BITS;
/// The longest that is told apart: 78 hours.
const LONGEST: u64 = (1 << NANOS_BITS) - 1;

impl Default for Estimator {
    /// A moving average that takes a fifth of each sample.
    fn default() -> Self {
        Self(Kind::Moving(0.2))
    }
}

impl Estimator {
    /// A moving average that begins with the first sample as it is, and goes `alpha` of the way to each that follows.
    ///
    /// # Errors
    /// Not above 0, or above 1.
    pub fn moving(alpha: f64) -> Result<Self, InvalidConfig> {
        if alpha > 0.0 && alpha <= 1.0 {
            Ok(Self(Kind::Moving(alpha)))
        } else {
            Err(InvalidConfig::new("latency alpha", alpha, "above 0 and at most 1"))
        }
    }

    /// The mean of the samples, exactly as long as there are no more than so many; from then on each counts for one of them, and
    /// the old ones fade.
    ///
    /// # Errors
    /// None at all.
    pub fn mean_of(samples: u16) -> Result<Self, InvalidConfig> {
        let samples = NonZeroU16::new(samples);
        let samples = samples.ok_or_else(|| InvalidConfig::new("latency samples", 0, "at least 1"))?;
        Ok(Self(Kind::Mean(samples)))
    }

    /// The state after a sample. It begins with zero, and samples beyond 78 hours count as those.
    #[inline]
    #[must_use]
    pub fn after(&self, state: u64, took: Duration) -> u64 {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).min(LONGEST);
        let (count, estimate) = (state >> NANOS_BITS, state & LONGEST);
        let (count, share) = match self.0 {
            _ if count == 0 => return 1 << NANOS_BITS | took,
            Kind::Moving(alpha) => (count, alpha),
            Kind::Mean(of) => {
                let count = (count + 1).min(of.get().into());
                (count, (count as f64).recip())
            }
        };
        let estimate = estimate as f64 + (took as f64 - estimate as f64) * share;
        count << NANOS_BITS | (estimate.round() as u64).min(LONGEST)
    }

    /// The estimate; `None` without samples.
    #[must_use]
    pub const fn estimate(state: u64) -> Option<Duration> {
        if state >> NANOS_BITS == 0 { None } else { Some(Duration::from_nanos(state & LONGEST)) }
    }

    /// The state that gives this estimate, as of one sample.
    #[must_use]
    pub fn set(estimate: Option<Duration>) -> u64 {
        estimate.map_or(0, |estimate| Self::default().after(0, estimate))
    }
}
