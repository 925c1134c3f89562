//! Whether there are more failures than before.

use super::wall::{number, rounded};
use std::fmt;

/// By how many percent the newer half may differ and be called the same.
const STABLE_WITHIN: f64 = 10.0;

/// Which way failures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Direction {
    /// More than 10 % more in the newer half.
    Increasing,
    /// More than 10 % fewer.
    Decreasing,
    /// Neither.
    Stable,
}

impl Direction {
    /// The direction as one lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Increasing => "increasing",
            Self::Decreasing => "decreasing",
            Self::Stable => "stable",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The newer half of a span beside its older half.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trend {
    /// Which way it goes.
    pub direction: Direction,
    /// By how many percent there are more in the newer half, less than zero for fewer; `None` where the older half has
    /// none to compare with.
    pub percent: Option<f64>,
    /// Failures in the older half.
    pub older: u64,
    /// Failures in the newer half.
    pub newer: u64,
}

impl Trend {
    pub(super) fn of(older: u64, newer: u64) -> Self {
        let percent = (older > 0).then(|| rounded((newer as f64 - older as f64) / older as f64 * 100.0, 2));
        let direction = match percent {
            Some(percent) if percent > STABLE_WITHIN => Direction::Increasing,
            Some(percent) if percent < -STABLE_WITHIN => Direction::Decreasing,
            None if newer > 0 => Direction::Increasing,
            _ => Direction::Stable,
        };
        Self { direction, percent, older, newer }
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { direction, percent, older, newer } = self;
        write!(f, "{direction}")?;
        if let Some(percent) = percent {
            write!(f, " ({percent:+.0} %)")?;
        }
        let (newer, older) = (number(*newer), number(*older));
        write!(f, ": {newer} in the newer half of the time, {older} in the older")
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn s0_55_ten_percent_either_way_is_stable() {
        use Direction::{Decreasing, Increasing, Stable};
        for (older, newer, direction, percent) in [
            (100, 110, Stable, Some(10.0)),
            (100, 111, Increasing, Some(11.0)),
            (100, 90, Stable, Some(-10.0)),
            (100, 89, Decreasing, Some(-11.0)),
            (4, 0, Decreasing, Some(-100.0)),
            (0, 1, Increasing, None),
            (0, 0, Stable, None),
        ] {
            let trend = Trend::of(older, newer);
            assert_eq!((trend.direction, trend.percent), (direction, percent), "{older}, {newer}");
        }
        assert_eq!(
            Trend::of(100, 150).to_string(),
            "increasing (+50 %): 150 in the newer half of the time, 100 in the older"
        );
    }
}
