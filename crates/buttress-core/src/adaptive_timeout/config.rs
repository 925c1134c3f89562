//! Settings.

use crate::InvalidConfig;
use std::num::NonZeroU16;
use std::time::Duration;

/// Between which limits it moves, where it begins and how many calls it looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    initial: Duration,
    least: Duration,
    most: Duration,
    minimum_calls: NonZeroU16,
    history: NonZeroU16,
}

const fn count(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("it is not zero")
}

impl Default for Config {
    /// Begins at 30 s, as a limit for calls of which nothing is known; between 10 ms, below which a busy machine itself is too
    /// slow, and 5 minutes, after which nobody waits any more; looks at the last 100 calls once there are 10.
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(30),
            least: Duration::from_millis(10),
            most: Duration::from_secs(300),
            minimum_calls: count(10),
            history: count(100),
        }
    }
}

impl Config {
    /// The limit as long as there are too few calls, 30 s by default, and the limits it moves between, 10 ms and 5 minutes.
    ///
    /// # Errors
    /// `least` is zero, above `most`, or `initial` is not between the two.
    pub fn between(self, least: Duration, initial: Duration, most: Duration) -> Result<Self, InvalidConfig> {
        if least.is_zero() || least > most {
            let value = format_args!("{least:?}");
            return Err(InvalidConfig::new("least", value, "above zero and no more than the most"));
        }
        if !(least..=most).contains(&initial) {
            let value = format_args!("{initial:?}");
            return Err(InvalidConfig::new("initial", value, "between the least and the most"));
        }
        Ok(Self { initial, least, most, ..self })
    }

    /// How many of the last calls it looks at, 100 by default, and how many there must be before it does, 10 by default.
    ///
    /// # Errors
    /// `minimum_calls` is above `calls`, so there would never be enough.
    pub fn history(self, minimum_calls: NonZeroU16, calls: NonZeroU16) -> Result<Self, InvalidConfig> {
        if minimum_calls > calls {
            return Err(InvalidConfig::new(
                "minimum_calls",
                minimum_calls,
                "no more than the calls it looks at",
            ));
        }
        Ok(Self { minimum_calls, history: calls, ..self })
    }

    /// The limit as long as there are too few calls.
    #[must_use]
    pub const fn initial(&self) -> Duration {
        self.initial
    }

    /// The limit it does not fall below.
    #[must_use]
    pub const fn least(&self) -> Duration {
        self.least
    }

    /// The limit it does not exceed.
    #[must_use]
    pub const fn most(&self) -> Duration {
        self.most
    }

    /// How many calls there must be before it moves.
    #[must_use]
    pub const fn minimum_calls(&self) -> NonZeroU16 {
        self.minimum_calls
    }

    /// How many of the last calls it looks at.
    #[must_use]
    pub const fn calls(&self) -> NonZeroU16 {
        self.history
    }
}
