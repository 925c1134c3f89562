//! Setting the knobs, and what is allowed.

use super::config::MOST_ALERTS;
use super::pair::Words;
use super::{Config, Pair};
use crate::config::ensure;
use crate::{InvalidConfig, Ratio};
use std::time::Duration;

/// Settings on their way to a [`Config`]; checked by [`Builder::build`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    config: Config,
    /// Nobody has asked for other alerts than the standard ones.
    standard_alerts: bool,
    /// As many alerts as were asked for.
    alerts: usize,
}

const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

impl Builder {
    pub(super) const fn of(config: Config, standard_alerts: bool) -> Self {
        Self { config, standard_alerts, alerts: 0 }
    }

    /// The share of calls that are to be good, above 0. Default 0.999. At 1 a single bad call exhausts the budget. It is kept to
    /// a billionth.
    pub const fn objective(mut self, objective: Ratio) -> Self {
        self.config.objective = objective;
        self
    }

    /// The time it is about, a minute to 30 days. Default 30 days.
    pub const fn window(mut self, window: Duration) -> Self {
        self.config.window = window;
        self
    }

    /// Whether one window follows another, each with a whole budget, as in contracts by the month. Default false: the window ends
    /// now, so what was bad is forgotten when it is so old, and not on a certain day.
    pub const fn tumbling(mut self, tumbling: bool) -> Self {
        self.config.tumbling = tumbling;
        self
    }

    /// Makes it a latency objective: a call that takes longer than this is bad. Above 0; off by default. Costs 34 KB for the
    /// durations of the window.
    pub const fn slower_than(mut self, limit: Duration) -> Self {
        self.config.slower_than = Some(limit);
        self
    }

    /// Whether a call that was refused is bad: by a limit, a circuit breaker, or by the peer, as it is asked too much. Default
    /// false: it is not counted.
    pub const fn count_rejections(mut self, count: bool) -> Self {
        self.config.count_rejections = count;
        self
    }

    /// Up to four alerts, of different times. Default those of [`Pair::STANDARD`] that look back no further than the window. One whose rate is out
    /// of reach, as even 100 % of bad calls burn slower, never fires.
    pub fn alerts(mut self, alerts: &[Pair]) -> Self {
        let mut asked = alerts.iter().copied();
        self.config.alerts = std::array::from_fn(|_| asked.next());
        self.alerts = alerts.len();
        self.standard_alerts = false;
        self
    }

    /// The calls there must be before anything is made of them: in the window for the budget to be low or exhausted, and in the
    /// long time of an alert. Default 100; 0 is the same as 1, as nothing is used up and nothing burns without calls.
    pub const fn minimum_calls(mut self, calls: u32) -> Self {
        self.config.minimum_calls = calls;
        self
    }

    /// With less than this share of the budget left, it is low. Default 0.1; 0 is no such threshold beside that of exhausted.
    pub const fn low(mut self, share: Ratio) -> Self {
        self.config.low = share;
        self
    }

    /// With less than this share of the budget left, it is exhausted; up to that of low. Default 0: more calls were bad than the
    /// objective allows.
    pub const fn exhausted(mut self, share: Ratio) -> Self {
        self.config.exhausted = share;
        self
    }

    /// How much more than a threshold must be left for it to be over. Default 0.05; with 0 it is over where it began.
    pub const fn hysteresis(mut self, share: Ratio) -> Self {
        self.config.hysteresis = share;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first knob that is outside what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let Config { objective, window, slower_than, low, exhausted, hysteresis, .. } = self.config;
        ensure(objective > Ratio::ZERO, "objective", objective.get(), "above 0 and up to 1")?;
        ensure((SHORTEST..=LONGEST).contains(&window), "window", Words(window), "1m to 30d")?;
        if let Some(limit) = slower_than {
            ensure(!limit.is_zero(), "slower_than", Words(limit), "above 0")?;
        }
        ensure(self.alerts <= MOST_ALERTS, "alerts", self.alerts, "up to 4 of them")?;
        self.config.alerts().try_for_each(|pair| pair.check())?;
        let alerts: Vec<_> = self.config.alerts().collect();
        for (at, pair) in alerts.iter().enumerate() {
            let twice = alerts[..at].iter().any(|other| (other.long, other.short) == (pair.long, pair.short));
            // The higher of two rates would say nothing that the lower does not, and both would be called by their times.
            ensure(!twice, "alerts", pair, "no two of the same times")?;
        }
        ensure(exhausted <= low, "exhausted", exhausted.get(), "no more than low")?;
        let over = low.get() + hysteresis.get();
        ensure(over <= 1.0, "hysteresis", hysteresis.get(), "no more than low leaves of 1")?;
        let alerts = if self.standard_alerts {
            Pair::STANDARD.map(|pair| (pair.long <= window).then_some(pair))
        } else {
            self.config.alerts
        };
        Ok(Config { alerts, ..self.config })
    }
}
