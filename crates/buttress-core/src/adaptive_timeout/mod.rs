//! A time limit that follows how long calls take.
//!
//! Answers the failure in which nobody knows the right limit: one that was guessed too long holds callers for a peer that
//! never answers, one that was guessed too short gives up on a peer that is merely busy.
//!
//! # How it decides
//! The limit moves with every call towards twice the 95th percentile of the last ones: quickly upwards, as a limit that is too
//! short turns a slow peer into a dead one, and slowly downwards, as one quick minute proves little.
//! ```text
//! target = 2 · p95 of the last 100 calls, once there are 10
//! limit  = limit + (target - limit) / 2     if the target is above
//!        = limit - (limit - target) / 10    if it is below
//! ```
//! It begins at 30 s and stays between 10 ms and 5 minutes. Calls that were given up take it back to where it began; only
//! answers take it further.

mod config;

pub use config::Config;

use crate::clock::nanos;
use crate::measure::Recent;
use crate::sync::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The machine. About 1.7 kB with the default settings.
#[derive(Debug)]
pub struct AdaptiveTimeout {
    config: Config,
    /// In nanoseconds, for who only reads it.
    limit: AtomicU64,
    recent: Mutex<Recent>,
}

/// The share of calls that are to be within half the limit.
const PERCENT: usize = 95;

impl AdaptiveTimeout {
    /// One that has seen no call.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            limit: AtomicU64::new(nanos(config.initial())),
            recent: Mutex::new(Recent::new(config.calls().get().into())),
        }
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// How long a call may take now.
    #[inline]
    #[must_use]
    pub fn limit(&self) -> Duration {
        Duration::from_nanos(self.limit.load(Ordering::Relaxed))
    }

    /// What 95 % of the last calls did not exceed; `None` while there are too few of them.
    #[must_use]
    pub fn percentile(&self) -> Option<Duration> {
        self.config.percentile(&self.recent()).map(Duration::from_nanos)
    }

    /// A call was given up after so long. It took longer, and nobody knows how much longer: such calls move the limit up to the
    /// one it began with and no further, so that calls that never end are not waited for ever longer.
    pub fn record_given_up(&self, after: Duration) {
        // Of half of it, twice is that limit.
        self.record(after.min(self.config.initial() / 2));
    }

    /// A call took so long. Nobody waits for another: a call that ends while one is being taken in is left out, as it says no
    /// more than that one.
    pub fn record(&self, took: Duration) {
        let mut recent = match self.recent.try_lock() {
            Ok(recent) => recent,
            Err(std::sync::TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(std::sync::TryLockError::WouldBlock) => return,
        };
        recent.push(nanos(took));
        if let Some(percentile) = self.config.percentile(&recent) {
            let limit = self.limit.load(Ordering::Relaxed);
            self.limit.store(self.config.step(limit, percentile), Ordering::Relaxed);
        }
    }

    /// Forgets all calls and begins anew.
    pub fn reset(&self) {
        let mut recent = self.recent();
        recent.clear();
        self.limit.store(nanos(self.config.initial()), Ordering::Relaxed);
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Config {
    fn percentile(&self, recent: &Recent) -> Option<u64> {
        recent.percentile(PERCENT).filter(|_| recent.len() >= usize::from(self.minimum_calls().get()))
    }

    /// The limit after a call, when it was `limit` before.
    fn step(&self, limit: u64, percentile: u64) -> u64 {
        let target = percentile.saturating_mul(2);
        let next = if target > limit {
            limit + (target - limit).div_ceil(2)
        } else {
            limit - (limit - target).div_ceil(10)
        };
        next.clamp(nanos(self.least()), nanos(self.most()))
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
