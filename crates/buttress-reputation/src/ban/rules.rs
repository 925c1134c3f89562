//! When a peer is banned, and how it comes back.

use buttress_core::InvalidConfig;
use std::fmt;
use std::time::Duration;

/// When a peer is banned by itself, and how it comes back. Always valid: made by [`BanRules::default`] or a checked
/// [`BanBuilder`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BanRules {
    score: f64,
    cool_down: Duration,
    cool_down_max: Duration,
    probation: f64,
    forgotten_after: Duration,
}

impl Default for BanRules {
    /// At a score of 0, for 10 minutes, twice as long each time up to a day. Who comes back begins at 25, half of what a new
    /// one begins with, so that it is asked and yet nobody prefers it. After a day without a ban the first cool-down is the
    /// short one again.
    fn default() -> Self {
        Self {
            score: 0.0,
            cool_down: Duration::from_secs(600),
            cool_down_max: Duration::from_secs(24 * 3600),
            probation: 25.0,
            forgotten_after: Duration::from_secs(24 * 3600),
        }
    }
}

impl BanRules {
    /// The defaults, ready to be changed.
    pub fn builder() -> BanBuilder {
        Self::default().to_builder()
    }

    /// These settings, ready to be changed.
    pub const fn to_builder(self) -> BanBuilder {
        BanBuilder { rules: self }
    }

    /// At this score, and below it, a peer is banned.
    #[must_use]
    pub const fn score(&self) -> f64 {
        self.score
    }

    /// How long the first ban lasts.
    #[must_use]
    pub const fn cool_down(&self) -> Duration {
        self.cool_down
    }

    /// How long a ban lasts at most.
    #[must_use]
    pub const fn cool_down_max(&self) -> Duration {
        self.cool_down_max
    }

    /// The score of a peer whose ban is over.
    #[must_use]
    pub const fn probation(&self) -> f64 {
        self.probation
    }

    /// After so long without a ban the ones before do not count.
    #[must_use]
    pub const fn forgotten_after(&self) -> Duration {
        self.forgotten_after
    }

    /// How long ban number `times` lasts, from 1.
    pub(crate) fn lasts(&self, times: u32) -> Duration {
        let doubled = 2_u32.checked_pow(times.saturating_sub(1)).unwrap_or(u32::MAX);
        self.cool_down.saturating_mul(doubled).min(self.cool_down_max)
    }
}

/// Settings on their way to [`BanRules`]; checked by [`BanBuilder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct BanBuilder {
    rules: BanRules,
}

impl BanBuilder {
    /// At this score, and below it, a peer is banned. Default 0; from 0 to less than 50, where peers begin.
    pub const fn score(mut self, score: f64) -> Self {
        self.rules.score = score;
        self
    }

    /// How long the first ban lasts, and how long any does; each is twice as long as the one before. Default 10 minutes and a
    /// day, at least a second.
    pub const fn cool_down(mut self, first: Duration, max: Duration) -> Self {
        self.rules.cool_down = first;
        self.rules.cool_down_max = max;
        self
    }

    /// The score of a peer whose ban is over. Default 25; above the score that bans, and at most 50: a ban is no way to get
    /// better.
    pub const fn probation(mut self, score: f64) -> Self {
        self.rules.probation = score;
        self
    }

    /// After so long without a ban the ones before do not count. Default a day.
    pub const fn forgotten_after(mut self, time: Duration) -> Self {
        self.rules.forgotten_after = time;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first knob that is outside what is allowed.
    pub fn build(self) -> Result<BanRules, InvalidConfig> {
        let BanRules { score, cool_down, cool_down_max, probation, .. } = self.rules;
        ensure((0.0..50.0).contains(&score), "ban score", score, "from 0 to less than 50")?;
        let shown = format_args!("{cool_down:?}");
        ensure(cool_down >= Duration::from_secs(1), "cool_down", shown, "at least 1s")?;
        let shown = format_args!("{cool_down_max:?}");
        ensure(cool_down_max >= cool_down, "cool_down max", shown, "at least as long as the first")?;
        let between = probation > score && probation <= 50.0;
        ensure(between, "probation", probation, "above the score that bans, and at most 50")?;
        Ok(self.rules)
    }
}

fn ensure(
    holds: bool,
    knob: &'static str,
    value: impl fmt::Display,
    allowed: &'static str,
) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig::new(knob, value, allowed)) }
}
