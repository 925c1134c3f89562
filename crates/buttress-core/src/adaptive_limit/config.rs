//! Settings.

use super::Algorithm;
use crate::clock::{Span, nanos};
use crate::config::ensure;
use crate::{Bulkhead, Difference, InvalidConfig};
use std::num::NonZeroU32;
use std::time::Duration;

/// By what rule the limit moves, between which limits, and how much it looks at before it does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    algorithm: Algorithm,
    min: NonZeroU32,
    start: NonZeroU32,
    max: NonZeroU32,
    window: Span,
    minimum_calls: NonZeroU32,
    slack: Span,
}

const fn count(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).expect("it is not zero")
}

impl Default for Config {
    /// [`Algorithm::GRADIENT2`], as it is the one that looks at latency and yet needs no rest to measure it in. From 10, which
    /// even one slow worker gets through within a usual timeout, over 20 to 1,000 calls at a time, more than one peer is
    /// usually given. It looks at 100 ms and at least 20 calls at a time: soon enough to be right again within a second, and
    /// enough for the mean of scattered latencies. A mean that is within 5 ms of the usual one is no delay: so much a
    /// clock can be off that ticks every few milliseconds, or a scheduler take.
    fn default() -> Self {
        Self {
            algorithm: Algorithm::GRADIENT2,
            min: count(10),
            start: count(20),
            max: count(1_000),
            window: Span::from(Duration::from_millis(100)),
            minimum_calls: count(20),
            slack: Span::from(Duration::from_millis(5)),
        }
    }
}

impl Config {
    /// By what rule the limit moves; [`Algorithm::GRADIENT2`] by default.
    ///
    /// # Errors
    /// A number of the algorithm is out of its range.
    pub fn algorithm(self, algorithm: Algorithm) -> Result<Self, InvalidConfig> {
        algorithm.check()?;
        Ok(Self { algorithm, ..self })
    }

    /// The least limit, 10 by default, the first, 20, and the greatest, 1,000. The least is a promise that a peer bears so many
    /// at any time: what they take is what calls take, and is not held to be a queue.
    ///
    /// # Errors
    /// They are not in that order, or the greatest is more than a bulkhead can count ([`Bulkhead::MOST`]).
    pub fn between(self, min: NonZeroU32, start: NonZeroU32, max: NonZeroU32) -> Result<Self, InvalidConfig> {
        ensure(max.get() <= Bulkhead::MOST, "max", max, "1 to 67108863")?;
        ensure(min <= max, "min", min, "no more than the max")?;
        ensure((min..=max).contains(&start), "start", start, "between the min and the max")?;
        Ok(Self { min, start, max, ..self })
    }

    /// How long it looks before it moves, 100 ms by default, and at how many calls at least, 20 by default. It looks for as
    /// long as a call takes, if that is longer, but for no more than ten times this.
    ///
    /// # Errors
    /// The window is not from 1 ms to 1 hour, or there are to be more than a million calls.
    pub fn window(self, window: Duration, minimum_calls: NonZeroU32) -> Result<Self, InvalidConfig> {
        let allowed = Duration::from_millis(1)..=Duration::from_secs(3_600);
        ensure(allowed.contains(&window), "window", format_args!("{window:?}"), "1 ms to 1 hour")?;
        ensure(minimum_calls.get() <= 1_000_000, "minimum_calls", minimum_calls, "1 to 1000000")?;
        Ok(Self { window: window.into(), minimum_calls, ..self })
    }

    /// By how much the mean latency can rise without being held to be a queue, however short calls are; 5 ms by default. For
    /// peers that answer within microseconds, and a clock that tells them apart, less.
    #[must_use]
    pub fn slack(self, slack: Duration) -> Self {
        Self { slack: slack.into(), ..self }
    }
}

/// The settings as they are.
impl Config {
    /// By what rule the limit moves.
    #[must_use]
    pub const fn rule(&self) -> Algorithm {
        self.algorithm
    }

    /// The limit it does not fall below.
    #[must_use]
    pub const fn min(&self) -> NonZeroU32 {
        self.min
    }

    /// The limit it begins with.
    #[must_use]
    pub const fn start(&self) -> NonZeroU32 {
        self.start
    }

    /// The limit it does not exceed.
    #[must_use]
    pub const fn max(&self) -> NonZeroU32 {
        self.max
    }

    /// The calls it looks at before it moves, at least.
    #[must_use]
    pub const fn minimum_calls(&self) -> NonZeroU32 {
        self.minimum_calls
    }

    /// How long it looks before it moves, in nanoseconds.
    pub(super) const fn window_nanos(&self) -> u64 {
        self.window.as_nanos()
    }

    pub(super) const fn slack_nanos(&self) -> u64 {
        self.slack.as_nanos()
    }

    /// How long it looks after calls took `latency`.
    pub(super) fn length_after(&self, latency: Duration) -> u64 {
        nanos(latency).clamp(self.window_nanos(), self.window_nanos() * 10)
    }

    /// The first knob that `other` has set differently, in the order of the setters; `None` if there is none.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        Difference::first(self.knobs(), other.knobs())
    }

    /// Every knob and its value, exactly.
    fn knobs(&self) -> [(&'static str, String); 7] {
        // Without `..`, so that a new knob cannot be forgotten.
        let Self { algorithm, min, start, max, window, minimum_calls, slack } = *self;
        [
            ("algorithm", format!("{algorithm:?}")),
            ("min", min.to_string()),
            ("start", start.to_string()),
            ("max", max.to_string()),
            ("window", format!("{:?}", window.get())),
            ("minimum_calls", minimum_calls.to_string()),
            ("slack", format!("{:?}", slack.get())),
        ]
    }
}
