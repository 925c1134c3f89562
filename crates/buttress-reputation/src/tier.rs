//! Peers in groups, by their score.

use crate::Score;
use buttress_core::InvalidConfig;
use std::fmt;

/// How a peer stands, in a word. The better one is the greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Tier {
    /// Not asked at all, whatever its score is.
    Banned,
    /// Asked when no better one is left.
    Poor,
    /// Where every peer begins.
    Neutral,
    /// Has done well.
    Good,
    /// Has done well for long.
    Trusted,
}

impl Tier {
    /// The tier as one lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::Poor => "poor",
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Trusted => "trusted",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// From which score on a peer is in which tier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tiers {
    neutral: f64,
    good: f64,
    trusted: f64,
    hysteresis: f64,
}

impl Default for Tiers {
    /// Neutral from 25 on, halfway between the start and the worst; good from 60, trusted from 80. A peer falls back 2 points
    /// below where it rose: no single message does that.
    fn default() -> Self {
        Self { neutral: 25.0, good: 60.0, trusted: 80.0, hysteresis: 2.0 }
    }
}

impl Tiers {
    /// A peer is neutral, good and trusted from these scores on, and falls back when it is `hysteresis` points below.
    ///
    /// # Errors
    /// A number that is none, thresholds that are not in order or not from 0 to 100, or a hysteresis as wide as the narrowest
    /// tier.
    pub fn new(neutral: f64, good: f64, trusted: f64, hysteresis: f64) -> Result<Self, InvalidConfig> {
        let ensure = |holds, knob, value: f64, allowed| match holds {
            true => Ok(()),
            false => Err(InvalidConfig::new(knob, value, allowed)),
        };
        ensure(neutral > 0.0 && neutral < 100.0, "neutral", neutral, "above 0 and below 100")?;
        ensure(good > neutral && good < 100.0, "good", good, "above neutral and below 100")?;
        ensure(trusted > good && trusted <= 100.0, "trusted", trusted, "above good and at most 100")?;
        let narrowest = neutral.min(good - neutral).min(trusted - good);
        let fits = hysteresis >= 0.0 && hysteresis < narrowest;
        ensure(fits, "hysteresis", hysteresis, "at least 0 and less than the narrowest tier")?;
        Ok(Self { neutral, good, trusted, hysteresis })
    }

    /// The tier of a peer of which nothing but its score is known.
    #[must_use]
    pub fn of(&self, score: Score) -> Tier {
        self.from(score, 0.0)
    }

    /// The tier of a peer that was in the tier `before`: it rises at a threshold, and falls only where it is below it by the
    /// hysteresis. So one that wobbles at a border stays where it is.
    #[must_use]
    pub fn after(&self, before: Tier, score: Score) -> Tier {
        // Where it would be if it had to fall, and where if it had to rise.
        let (least, most) = (self.from(score, 0.0), self.from(score, self.hysteresis));
        before.clamp(least, most)
    }

    fn from(&self, score: Score, grace: f64) -> Tier {
        let score = score.get() + grace;
        if score >= self.trusted {
            Tier::Trusted
        } else if score >= self.good {
            Tier::Good
        } else if score >= self.neutral {
            Tier::Neutral
        } else {
            Tier::Poor
        }
    }
}
