//! Shares of a whole.

use std::fmt;
use std::num::NonZeroU64;

/// A share of a whole, in `0.0..=1.0`.
// The bits of the number and one more, so that an `Option` takes no more than a number does. Bits of numbers that are not
// negative are in the order of the numbers.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub struct Ratio(NonZeroU64);

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self::keep(0.0);
    /// Everything.
    pub const ONE: Self = Self::keep(1.0);

    /// The ratio `value`; `None` unless it lies in `0.0..=1.0`. A percentage is a hundred times too large here.
    #[must_use]
    pub const fn new(value: f64) -> Option<Self> {
        if value >= 0.0 && value <= 1.0 { Some(Self::keep(value)) } else { None }
    }

    /// `part` of `whole`, at most [`Ratio::ONE`]; `None` of nothing.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        (whole > 0).then(|| Self::keep((part as f64 / whole as f64).min(1.0)))
    }

    /// The ratio as a number in `0.0..=1.0`.
    #[must_use]
    pub const fn get(self) -> f64 {
        f64::from_bits(self.0.get() - 1)
    }

    /// The smaller of two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    const fn keep(value: f64) -> Self {
        // Zero can have a sign, which its bits are not to have.
        Self(NonZeroU64::MIN.saturating_add((value + 0.0).to_bits()))
    }

    /// Whether `part` is at least this share of `whole`.
    #[must_use]
    pub(crate) fn reached_by(self, part: u64, whole: u64) -> bool {
        // A quotient is rounded as the decimal it is compared with was; a product can end just above `part`.
        part as f64 / whole as f64 >= self.get()
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ratio").field(&self.get()).finish()
    }
}

impl fmt::Display for Ratio {
    /// As a percentage with one decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} %", self.get() * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_of_a_whole_are_ratios() {
        assert_eq!(Ratio::new(0.5).map(Ratio::get), Some(0.5));
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 1.000_000_1, 95.0] {
            assert_eq!(Ratio::new(wrong), None, "{wrong}");
        }
        assert_eq!(Ratio::new(-0.0), Some(Ratio::ZERO));
        assert!(Ratio::ZERO < Ratio::of(1, u64::MAX).unwrap() && Ratio::new(0.999).unwrap() < Ratio::ONE);
        assert_eq!(size_of::<Option<Ratio>>(), 8);
        assert_eq!(Ratio::of(1, 0), None);
        assert_eq!(Ratio::of(3, 2), Some(Ratio::ONE));
    }

    #[test]
    fn c02_every_percentage_is_reached_by_exactly_so_many_of_a_hundred() {
        for percent in 1_u32..=100 {
            let share: f64 = format!("{percent}e-2").parse().unwrap();
            let ratio = Ratio::new(share).unwrap();
            assert!(ratio.reached_by(percent.into(), 100), "{percent} of 100");
            assert!(!ratio.reached_by(u64::from(percent) - 1, 100), "{} of 100", percent - 1);
        }
    }
}
