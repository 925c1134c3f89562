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
        // Signed, as what is far below the sign is converted at once. Cutting off after a half more is to round, and no call.
        let (known, took) = (estimate.cast_signed() as f64, took.cast_signed() as f64);
        let estimate = (known + (took - known) * share + 0.5) as i64;
        count << NANOS_BITS | estimate.cast_unsigned().min(LONGEST)
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

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn over(estimator: Estimator, samples: &[u64]) -> Option<Duration> {
        let took = samples.iter().map(|millis| Duration::from_millis(*millis));
        Estimator::estimate(took.fold(0, |state, took| estimator.after(state, took)))
    }

    #[test]
    fn s3_25_s3_32_c29_a_moving_average_begins_with_the_first_sample_as_it_is() {
        let moving = Estimator::default();
        assert_eq!(over(moving, &[]), None);
        assert_eq!(over(moving, &[100]), Some(Duration::from_millis(100)));
        // 100 and a fifth of the way to 200, then a fifth of the way back.
        assert_eq!(over(moving, &[100, 200]), Some(Duration::from_millis(120)));
        assert_eq!(over(moving, &[100, 200, 100]), Some(Duration::from_millis(116)));
        assert_eq!(moving, Estimator::moving(0.2).unwrap());
        assert_eq!(over(Estimator::moving(1.0).unwrap(), &[7, 9]), Some(Duration::from_millis(9)));
    }

    #[test]
    fn c29_a_mean_is_exact_as_far_as_it_goes_and_then_lets_the_old_fade() {
        let mean = Estimator::mean_of(10).unwrap();
        let ten: Vec<u64> = (1..=10).map(|millis| millis * 10).collect();
        assert_eq!(over(mean, &ten), Some(Duration::from_millis(55)));
        let eleven = [ten.as_slice(), &[155]].concat();
        assert_eq!(over(mean, &eleven), Some(Duration::from_millis(65)));
        assert_eq!(over(Estimator::mean_of(1).unwrap(), &[5, 6]), Some(Duration::from_millis(6)));
    }

    #[test]
    fn f1_times_of_any_length_are_estimated() {
        for estimator in [Estimator::default(), Estimator::mean_of(3).unwrap()] {
            let state = [Duration::MAX, Duration::ZERO, Duration::MAX].iter();
            let state = state.fold(0, |state, took| estimator.after(state, *took));
            assert!(Estimator::estimate(state).unwrap() <= Duration::from_nanos(LONGEST));
        }
        // No time at all is a sample too.
        assert_eq!(over(Estimator::default(), &[0]), Some(Duration::ZERO));
        let kept = Some(Duration::from_micros(1_234));
        assert_eq!(Estimator::estimate(Estimator::set(kept)), kept);
        assert_eq!(Estimator::set(None), 0);
    }

    #[test]
    fn f3_estimators_that_cannot_work_are_refused_by_name() {
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.2, 1.01] {
            assert_eq!(Estimator::moving(wrong).unwrap_err().knob(), "latency alpha", "{wrong}");
        }
        assert_eq!(
            Estimator::mean_of(0).unwrap_err().to_string(),
            "latency samples is 0, allowed is at least 1"
        );
    }

    proptest! {
        #[test]
        fn c29_an_estimate_is_among_the_samples(
            of in 1_u16..,
            alpha in 0.001..=1.0,
            samples in proptest::collection::vec(0_u64..1_000_000, 1..100),
        ) {
            let least = Duration::from_millis(*samples.iter().min().unwrap());
            let most = Duration::from_millis(*samples.iter().max().unwrap());
            for estimator in [Estimator::mean_of(of).unwrap(), Estimator::moving(alpha).unwrap()] {
                let estimate = over(estimator, &samples).unwrap();
                prop_assert!((least..=most).contains(&estimate), "{estimate:?}");
            }
        }
    }
}
