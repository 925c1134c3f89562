//! The knobs and their defaults, with reasons, and the waits that come of them.

use super::{Backoff, Builder, Jitter};
use crate::clock::nanos;
use std::num::NonZeroU32;
use std::time::Duration;

/// How often to try and how long to wait between. Always valid: made by [`Config::default`], a preset, or a checked
/// [`Builder`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub(super) max_attempts: NonZeroU32,
    pub(super) backoff: Backoff,
    pub(super) jitter: Jitter,
    pub(super) cap: Duration,
    pub(super) cap_before_jitter: bool,
    pub(super) max_hint: Duration,
}

impl Default for Config {
    /// Three attempts, since what fails three times is seldom cured by a fourth; waits of up to 50 and 100 ms, which people
    /// hardly notice, doubling up to 2 s, fully spread; a server's hint is waited for up to 10 s.
    fn default() -> Self {
        Self {
            max_attempts: const { NonZeroU32::new(3).expect("three is not zero") },
            backoff: Backoff::Exponential { base: Duration::from_millis(50), factor: 2.0 },
            jitter: Jitter::Full,
            cap: Duration::from_secs(2),
            cap_before_jitter: false,
            max_hint: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// The defaults, ready to be changed.
    pub fn builder() -> Builder {
        Self::default().to_builder()
    }

    /// These settings, ready to be changed.
    pub const fn to_builder(self) -> Builder {
        Builder::of(self)
    }

    /// Attempts a call has, the first included.
    #[must_use]
    pub const fn max_attempts(&self) -> NonZeroU32 {
        self.max_attempts
    }

    /// How the wait grows.
    #[must_use]
    pub const fn backoff(&self) -> Backoff {
        self.backoff
    }

    /// How the wait is spread.
    #[must_use]
    pub const fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The longest wait; also [`Builder::cap_before_jitter`] says before what.
    #[must_use]
    pub const fn cap(&self) -> Duration {
        self.cap
    }

    /// The longest hint of a server that is waited for.
    #[must_use]
    pub const fn max_hint(&self) -> Duration {
        self.max_hint
    }

    /// How long to wait before retry number `retry`, which is 1 before the second attempt.
    ///
    /// `previous` is the wait before the last retry, zero before the first; only decorrelated jitter asks for it. `roll` is a
    /// random number in `0.0..1.0`; one beyond is taken for the nearest, and no number for the longest wait. The wait is never
    /// above the cap, unless the cap comes before the jitter.
    #[must_use]
    pub fn delay(&self, retry: u32, previous: Duration, roll: f64) -> Duration {
        let plain = match self.jitter {
            Jitter::Decorrelated => nanos(self.backoff.base()),
            _ => self.backoff.plain(retry),
        };
        self.spread_nanos(plain, previous, roll)
    }

    /// Spreads and caps a delay that came from elsewhere, as [`Self::delay`] does its own.
    #[must_use]
    pub fn spread(&self, plain: Duration, previous: Duration, roll: f64) -> Duration {
        self.spread_nanos(nanos(plain), previous, roll)
    }

    fn spread_nanos(&self, plain: u64, previous: Duration, roll: f64) -> Duration {
        let cap = nanos(self.cap);
        let roll = if roll < 1.0 { roll.max(0.0) } else { 1.0 };
        let first = self.cap_before_jitter || self.jitter.spreads_downwards();
        let plain = if first { plain.min(cap) } else { plain };
        let spread = self.jitter.spread(plain, nanos(previous), roll);
        let last = !self.cap_before_jitter || self.jitter == Jitter::Decorrelated;
        Duration::from_nanos(if last { spread.min(cap) } else { spread })
    }

    /// How long to wait when `backoff` is due and the server asked for `hint`: the longer of both. `None` if it asks for more
    /// than [`Self::max_hint`]: then there is no retry, as none is made before the server wants it.
    #[must_use]
    pub fn wait(&self, backoff: Duration, hint: Option<Duration>) -> Option<Duration> {
        match hint {
            None => Some(backoff),
            Some(hint) => (hint <= self.max_hint).then(|| backoff.max(hint)),
        }
    }
}
