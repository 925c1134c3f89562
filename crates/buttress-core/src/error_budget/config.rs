//! The knobs and their defaults, with reasons.

use super::{Builder, Pair, Quantile};
use crate::{Outcome, Ratio};
use std::time::Duration;

/// The most alerts of one objective.
pub(super) const MOST_ALERTS: usize = 4;

/// What is promised, over which time, and when to say how it goes. Always valid: made by [`Config::default`], a preset, or a
/// checked [`Builder`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub(super) objective: Ratio,
    pub(super) window: Duration,
    pub(super) tumbling: bool,
    pub(super) slower_than: Option<Duration>,
    pub(super) count_rejections: bool,
    pub(super) alerts: [Option<Pair>; MOST_ALERTS],
    pub(super) minimum_calls: u32,
    pub(super) low: Ratio,
    pub(super) exhausted: Ratio,
    pub(super) hysteresis: Ratio,
}

const fn share(value: f64) -> Ratio {
    Ratio::new(value).expect("it is a share")
}

impl Default for Config {
    /// 99.9 % over the last 30 days, which is what most promise, and what the usual alerts are made for; all four of those. It
    /// takes 100 calls to be alarmed, or to call the budget low: one failure in a quiet night is neither. Low with a tenth left, as there is still something to be
    /// saved then, and exhausted with nothing; both are over when there is a twentieth more, so that one call does not move the
    /// budget to and fro. Refusals do not count: they say that something was spared, not that it failed.
    fn default() -> Self {
        Self {
            objective: share(0.999),
            window: Duration::from_secs(30 * 86_400),
            tumbling: false,
            slower_than: None,
            count_rejections: false,
            alerts: Pair::STANDARD.map(Some),
            minimum_calls: 100,
            low: share(0.1),
            exhausted: Ratio::ZERO,
            hysteresis: share(0.05),
        }
    }
}

impl Config {
    /// The defaults, ready to be changed.
    pub fn builder() -> Builder {
        Builder::of(Self { alerts: [None; MOST_ALERTS], ..Self::default() }, true)
    }

    /// A latency objective, ready to be changed: the share `quantile` of all calls ends well within `target`. `p95 <= 100 ms`
    /// is 95 % of the calls within 100 ms.
    pub fn latency(target: Duration, quantile: Quantile) -> Builder {
        Self::builder().objective(share(quantile.get())).slower_than(target)
    }

    /// These settings, ready to be changed.
    pub const fn to_builder(self) -> Builder {
        Builder::of(self, false)
    }

    /// The share of calls that are to be good.
    #[must_use]
    pub const fn objective(&self) -> Ratio {
        self.objective
    }

    /// The time it is about.
    #[must_use]
    pub const fn window(&self) -> Duration {
        self.window
    }

    /// Whether windows follow each other, instead of one that moves along.
    #[must_use]
    pub const fn is_tumbling(&self) -> bool {
        self.tumbling
    }

    /// How long a good call takes at most, where that matters.
    #[must_use]
    pub const fn slower_than(&self) -> Option<Duration> {
        self.slower_than
    }

    /// Whether calls that were refused are bad; otherwise they are not counted.
    #[must_use]
    pub const fn count_rejections(&self) -> bool {
        self.count_rejections
    }

    /// The alerts.
    pub fn alerts(&self) -> impl Iterator<Item = Pair> {
        self.alerts.into_iter().flatten()
    }

    /// The calls there are at least in the window of a budget that becomes low or exhausted, and in the long time of an alert.
    #[must_use]
    pub const fn minimum_calls(&self) -> u32 {
        self.minimum_calls
    }

    /// With less than this left, it is low.
    #[must_use]
    pub const fn low(&self) -> Ratio {
        self.low
    }

    /// With less than this left, it is exhausted.
    #[must_use]
    pub const fn exhausted(&self) -> Ratio {
        self.exhausted
    }

    /// How much more than a threshold is left when it is over.
    #[must_use]
    pub const fn hysteresis(&self) -> Ratio {
        self.hysteresis
    }

    /// Whether a call that ended like this is good or bad; `None` if it is not to be counted. `refused` tells a call that was
    /// refused before it was sent, which is ignored, from others that are.
    #[must_use]
    pub const fn judge(&self, outcome: Outcome, refused: bool) -> Option<bool> {
        match outcome {
            Outcome::Success => Some(true),
            Outcome::Failure(_) => Some(false),
            Outcome::Throttled if self.count_rejections => Some(false),
            Outcome::Ignored if self.count_rejections && refused => Some(false),
            Outcome::Throttled | Outcome::Ignored | Outcome::Cancelled => None,
        }
    }
}
