//! How waits are spread, so that those who failed together do not come back together.

use crate::Ratio;

/// How a delay is spread by a roll of the dice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// Not at all.
    None,
    /// Up to this share shorter or longer.
    Symmetric(Ratio),
    /// Up to this share longer, never shorter.
    Additive(Ratio),
    /// Anything from nothing to the delay.
    Full,
    /// Anything from half of the delay to all of it.
    Equal,
    /// Anything from the base to three times the wait before, below the cap. It grows by itself: of the backoff it takes
    /// the base alone.
    Decorrelated,
}

impl Jitter {
    /// Spreads `delay` by `roll`, a number in `0.0..=1.0`. All in nanoseconds; `previous` is the wait before.
    pub(super) fn spread(self, delay: u64, previous: u64, roll: f64) -> u64 {
        let between = |low: f64, high: f64| (low + (high - low) * roll).round() as u64;
        let exact = delay as f64;
        match self {
            Self::None => delay,
            Self::Symmetric(share) => between(exact * (1.0 - share.get()), exact * (1.0 + share.get())),
            Self::Additive(share) => between(exact, exact * (1.0 + share.get())),
            Self::Full => between(0.0, exact),
            Self::Equal => between(exact / 2.0, exact),
            Self::Decorrelated => between(exact, previous.max(delay).saturating_mul(3) as f64),
        }
    }

    /// Whether the delay is capped before it is spread whatever the settings say, as it would lose its spread otherwise.
    pub(super) const fn spreads_downwards(self) -> bool {
        matches!(self, Self::Full | Self::Equal)
    }
}
