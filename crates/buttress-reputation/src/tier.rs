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
    #[inline]
    #[must_use]
    pub fn after(&self, before: Tier, score: Score) -> Tier {
        if self.keep(before, score) {
            return before;
        }
        // Where it would be if it had to fall, and where if it had to rise.
        let (least, most) = (self.from(score, 0.0), self.from(score, self.hysteresis));
        before.clamp(least, most)
    }

    /// Whether it stays where it is, which is so of most.
    #[inline]
    fn keep(&self, before: Tier, score: Score) -> bool {
        let (score, graced) = (score.get(), score.get() + self.hysteresis);
        match before {
            Tier::Banned => false,
            Tier::Poor => score < self.neutral,
            Tier::Neutral => score < self.good && graced >= self.neutral,
            Tier::Good => score < self.trusted && graced >= self.good,
            Tier::Trusted => graced >= self.trusted,
        }
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

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(score: f64) -> Tier {
        Tiers::default().of(Score::new(score))
    }

    #[test]
    fn s3_68_each_score_has_a_tier() {
        assert_eq!([0.0, 24.9].map(of), [Tier::Poor; 2]);
        assert_eq!([25.0, 50.0, 59.9].map(of), [Tier::Neutral; 3]);
        assert_eq!([60.0, 79.9].map(of), [Tier::Good; 2]);
        assert_eq!([80.0, 100.0].map(of), [Tier::Trusted; 2]);
        assert!(Tier::Banned < Tier::Poor && Tier::Good < Tier::Trusted);
        assert_eq!(Tier::Trusted.to_string(), "trusted");
    }

    #[test]
    fn s3_68_a_peer_that_wobbles_at_a_border_stays_where_it_is() {
        let tiers = Tiers::default();
        let mut tier = Tier::Neutral;
        let mut moves = Vec::new();
        // Up over the border once, and then a message that arrives and one that does not, over and over.
        let wobble = (0..1_000).map(|step| if step % 2 == 0 { 60.2 } else { 59.2 });
        for score in [55.0, 59.9].into_iter().chain(wobble).chain([58.0, 57.9, 59.9, 60.0]) {
            let next = tiers.after(tier, Score::new(score));
            if next != tier {
                moves.push((score, next));
            }
            tier = next;
        }
        assert_eq!(moves, [(60.2, Tier::Good), (57.9, Tier::Neutral), (60.0, Tier::Good)]);
    }

    #[test]
    fn s3_68_a_great_change_is_followed_at_once_and_a_pardon_begins_by_the_score() {
        let tiers = Tiers::default();
        assert_eq!(tiers.after(Tier::Trusted, Score::new(10.0)), Tier::Poor);
        assert_eq!(tiers.after(Tier::Poor, Score::new(90.0)), Tier::Trusted);
        assert_eq!(tiers.after(Tier::Banned, Score::new(59.0)), Tier::Neutral);
        assert_eq!(tiers.after(Tier::Banned, Score::new(24.0)), Tier::Poor);
    }

    #[test]
    fn f3_tiers_that_are_not_in_order_are_refused_by_name() {
        for (knob, [neutral, good, trusted, hysteresis]) in [
            ("neutral", [f64::NAN, 60.0, 80.0, 2.0]),
            ("neutral", [0.0, 60.0, 80.0, 2.0]),
            ("neutral", [f64::INFINITY, 60.0, 80.0, 2.0]),
            ("neutral", [-1.0, 60.0, 80.0, 2.0]),
            ("good", [25.0, f64::NAN, 80.0, 2.0]),
            ("good", [25.0, 25.0, 80.0, 2.0]),
            ("good", [25.0, 100.0, 100.0, 2.0]),
            ("trusted", [25.0, 60.0, f64::NAN, 2.0]),
            ("trusted", [25.0, 60.0, 60.0, 2.0]),
            ("trusted", [25.0, 60.0, 100.1, 2.0]),
            ("hysteresis", [25.0, 60.0, 80.0, f64::NAN]),
            ("hysteresis", [25.0, 60.0, 80.0, -0.1]),
            ("hysteresis", [25.0, 60.0, 80.0, 20.0]),
            ("hysteresis", [5.0, 60.0, 80.0, 5.0]),
        ] {
            assert_eq!(Tiers::new(neutral, good, trusted, hysteresis).unwrap_err().knob(), knob);
        }
        assert_eq!(Tiers::new(25.0, 60.0, 80.0, 2.0).unwrap(), Tiers::default());
        let error = Tiers::new(25.0, 20.0, 80.0, 2.0).unwrap_err();
        assert_eq!(error.to_string(), "good is 20, allowed is above neutral and below 100");
    }

    proptest! {
        #[test]
        fn s3_68_a_tier_is_never_further_from_its_score_than_the_hysteresis(
            scores in proptest::collection::vec(0.0..=100.0, 50),
            hysteresis in 0.0..19.9,
        ) {
            let tiers = Tiers::new(25.0, 60.0, 80.0, hysteresis).unwrap();
            let mut tier = Tier::Neutral;
            for score in scores {
                let next = tiers.after(tier, Score::new(score));
                prop_assert!(next >= tiers.of(Score::new(score)));
                prop_assert!(next <= tiers.of(Score::new(score + hysteresis)));
                if next < tier {
                    // It fell by as much as is asked for, from where it could have stayed.
                    prop_assert!(tiers.of(Score::new(score + hysteresis)) < tier);
                }
                tier = next;
            }
        }
    }
}
