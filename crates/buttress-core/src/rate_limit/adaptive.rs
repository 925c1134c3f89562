//! A rate that follows how long calls take.
//!
//! Answers the failure in which nobody knows what a peer bears: asked more than that, it becomes slow before it fails.
//!
//! # How it decides
//! Once half the window is there, for every call:
//! ```text
//! p95 > 1.2 · target                      rate = rate · 0.9
//! p95 < 0.8 · target and mean < target    rate = rate · 1.05
//! ```
//! It stays between a lowest and a highest rate. After a change it forgets what it saw before, so that half a window of calls
//! at the new rate speaks about the next one: the same slow calls do not lower it twice.

use super::Rate;
use crate::InvalidConfig;
use crate::clock::nanos;
use crate::config::ensure;
use crate::measure::Recent;
use crate::sync::{AtomicU64, Ordering};
use std::num::NonZeroU16;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// Rates are kept as so many in this time, so that small steps of slow rates are not lost.
const PER: Duration = Duration::from_secs(1_000);

/// Between which rates it moves, where it begins, what it aims at and how many calls it looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    least: Rate,
    initial: Rate,
    most: Rate,
    target: Duration,
    window: NonZeroU16,
}

impl Default for Config {
    /// DWCP's numbers: from 100 over 1,000 to 5,000 a second, for 100 ms, by the last 100 calls.
    fn default() -> Self {
        super::presets::dwcp_adaptive()
    }
}

impl Config {
    /// Begins with `initial` and moves between the other two. Aims at 100 ms, by the last 100 calls.
    ///
    /// # Errors
    /// `least` is above `most` or below one in a thousand seconds, `initial` is not between the two, or `most` is above a billion
    /// a second.
    pub fn between(least: Rate, initial: Rate, most: Rate) -> Result<Self, InvalidConfig> {
        let [low, start, high] = [least, initial, most].map(Rate::per_second_f64);
        ensure(low <= high, "least", least, "no more than the most")?;
        ensure(least.within(PER) > 0, "least", least, "at least one in 1000 seconds")?;
        ensure((low..=high).contains(&start), "initial", initial, "between the least and the most")?;
        ensure(high <= 1e9, "most", most, "up to a billion a second")?;
        let window = const { NonZeroU16::new(100).expect("a hundred is not zero") };
        Ok(Self { least, initial, most, target: Duration::from_millis(100), window })
    }

    /// How long calls are to take, 100 ms by default.
    ///
    /// # Errors
    /// It is zero.
    pub fn target(self, target: Duration) -> Result<Self, InvalidConfig> {
        ensure(!target.is_zero(), "target", format_args!("{target:?}"), "above zero")?;
        Ok(Self { target, ..self })
    }

    /// How many of the last calls it looks at, 100 by default; half of them are enough.
    #[must_use]
    pub const fn window(self, calls: NonZeroU16) -> Self {
        Self { window: calls, ..self }
    }

    /// The rate it begins with.
    #[must_use]
    pub const fn initial(&self) -> Rate {
        self.initial
    }
}

/// The machine. Who drives it gives each new rate to a [`Limiter`](super::Limiter).
#[derive(Debug)]
pub struct AdaptiveRate {
    config: Config,
    /// In calls in [`PER`], for who only reads it.
    count: AtomicU64,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    recent: Recent,
    /// Of the values in `recent`.
    sum: u128,
}

impl AdaptiveRate {
    /// One that has seen no call.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let recent = Recent::new(config.window.get().into());
        Self {
            config,
            count: AtomicU64::new(config.initial.within(PER)),
            seen: Mutex::new(Seen { recent, sum: 0 }),
        }
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The rate as it is.
    #[must_use]
    pub fn rate(&self) -> Rate {
        rate(self.count.load(Ordering::Relaxed))
    }

    /// A call took so long. Answers the rate when that changes it. Nobody waits for another: a call that ends while one is
    /// being taken in is left out, as it says no more than that one.
    pub fn record(&self, took: Duration) -> Option<Rate> {
        let mut seen = match self.seen.try_lock() {
            Ok(seen) => seen,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let (p95, mean) = seen.push(nanos(took), usize::from(self.config.window.get()).div_ceil(2))?;
        let target = u128::from(nanos(self.config.target));
        let count = self.count.load(Ordering::Relaxed);
        let next = if u128::from(p95) * 10 > target * 12 {
            count - (count / 10).max(1).min(count)
        } else if u128::from(p95) * 10 < target * 8 && mean < target {
            count + (count / 20).max(1)
        } else {
            return None;
        };
        let next = next.clamp(self.config.least.within(PER), self.config.most.within(PER));
        if next == count {
            return None;
        }
        seen.clear();
        self.count.store(next, Ordering::Relaxed);
        Some(rate(next))
    }

    /// Forgets all calls and begins anew.
    pub fn reset(&self) {
        self.seen().clear();
        self.count.store(self.config.initial.within(PER), Ordering::Relaxed);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rate(count: u64) -> Rate {
    Rate::new(count, PER).expect("between two rates")
}

impl Seen {
    /// The 95th percentile and the mean, once there are `enough`.
    fn push(&mut self, value: u64, enough: usize) -> Option<(u64, u128)> {
        let gone = self.recent.push(value);
        self.sum += u128::from(value);
        self.sum -= u128::from(gone.unwrap_or(0));
        let p95 = self.recent.percentile(95).filter(|_| self.recent.len() >= enough)?;
        Some((p95, self.sum / self.recent.len() as u128))
    }

    fn clear(&mut self) {
        self.recent.clear();
        self.sum = 0;
    }
}
