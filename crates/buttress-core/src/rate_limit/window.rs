//! So many in any window of a rate's time: for contracts that are written so.
//!
//! What was granted is kept as runs, so many at such a time, oldest first, and each counts until the window after it is over.
//! The *log* keeps times as they are, so it is exact, and takes as many runs as it grants in a window. The *counter* rounds
//! them up to tenths of the window, so that twelve runs are all there are of a window; it never grants more than the log, and
//! each grant at most a tenth of the window later.

use super::{Rate, Snapshot};
use crate::clock::nanos;
use crate::config::ensure;
use crate::sync::{Mutex, MutexGuard, lock};
use crate::{InvalidConfig, Reason, Refusal, Tick};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

/// The most that a log grants in a window: 16 MB of times.
const MOST_LOGGED: u64 = 1 << 20;
/// Slots of a counter in a window.
const SLOTS: u64 = 10;

/// The settings of a [`Window`]: a rate read literally, as so many in any time so long. Always valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowConfig {
    rate: Rate,
    limit: NonZeroU32,
    /// To which times are rounded up, in nanoseconds; one for a log.
    step: u64,
}

impl WindowConfig {
    /// A log: exact, with 16 bytes for each grant of a window.
    ///
    /// # Errors
    /// The rate counts more than 1,048,576 in its time.
    pub fn log(rate: Rate) -> Result<Self, InvalidConfig> {
        let allowed = "up to 1048576 in a window that is logged; count it instead";
        ensure(rate.count() <= MOST_LOGGED, "rate", rate, allowed)?;
        Self::with_step(rate, 1)
    }

    /// A counter: a few hundred bytes, whatever the rate; each grant up to a tenth of the window later than with a log, and
    /// never earlier.
    ///
    /// # Errors
    /// The rate counts 2³² or more in its time.
    pub fn counter(rate: Rate) -> Result<Self, InvalidConfig> {
        Self::with_step(rate, rate.per_nanos().div_ceil(SLOTS))
    }

    fn with_step(rate: Rate, step: u64) -> Result<Self, InvalidConfig> {
        let limit = u32::try_from(rate.count()).ok().and_then(NonZeroU32::new);
        let limit = limit.ok_or_else(|| InvalidConfig::new("rate", rate, "below 2^32 in a window"))?;
        Ok(Self { rate, limit, step })
    }

    /// How many in which time.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Whether times are kept as they are.
    #[must_use]
    pub const fn is_log(&self) -> bool {
        self.step == 1
    }
}

/// The machine: at most so many in any window of time. Takes a lock for each decision, of a few steps.
#[derive(Debug)]
pub struct Window(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    config: WindowConfig,
    /// Oldest first, none of them twice.
    runs: VecDeque<Run>,
    /// What the runs count together.
    granted: u64,
    paused_until: u64,
    /// The latest time anybody has told.
    now: u64,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    at: u64,
    count: u32,
}

impl Window {
    /// One that has granted nothing.
    #[must_use]
    pub fn new(config: WindowConfig) -> Self {
        let inner = Inner { config, runs: VecDeque::new(), granted: 0, paused_until: 0, now: 0 };
        Self(Mutex::new(inner))
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> WindowConfig {
        self.inner().config
    }

    /// Grants `cost`, or nothing and tells why: [`Reason::RateLimited`] with the time after which it would be granted, if
    /// nothing else is; [`Reason::TooLarge`] for more than any window has. A cost of 0 is always granted.
    ///
    /// # Errors
    /// The window has no room for so many, now or ever.
    pub fn try_acquire(&self, cost: u32, now: Tick) -> Result<(), Refusal> {
        self.reserve(cost, Duration::ZERO, now).map(drop)
    }

    /// Grants `cost`, also in the future, and tells how long to wait for it; or grants nothing and tells why, with the time
    /// after which it would be possible without a wait. Nothing is reserved more than a window ahead, which bounds what is kept.
    ///
    /// # Errors
    /// It would be later than after `max_wait` or a window, or never.
    pub fn reserve(&self, cost: u32, max_wait: Duration, now: Tick) -> Result<Duration, Refusal> {
        // What counts for nothing is not kept either, or a run would be for each of them.
        if cost == 0 {
            return Ok(Duration::ZERO);
        }
        let mut inner = self.inner();
        let now = inner.pass(now);
        let at = inner.earliest(cost, now)?;
        let wait = at - now;
        if wait > nanos(max_wait).min(inner.config.rate.per_nanos()) {
            return Err(Refusal::after_nanos(Reason::RateLimited, wait));
        }
        inner.grant(cost, at);
        Ok(Duration::from_nanos(wait))
    }

    /// How long until there is room for `cost`, if nothing else is granted; grants nothing. As with whoever asks, its time has come
    /// to `now` then.
    ///
    /// # Errors
    /// [`Reason::TooLarge`]: never.
    pub fn wait(&self, cost: u32, now: Tick) -> Result<Duration, Refusal> {
        if cost == 0 {
            return Ok(Duration::ZERO);
        }
        let mut inner = self.inner();
        let now = inner.pass(now);
        Ok(Duration::from_nanos(inner.earliest(cost, now)? - now))
    }

    /// Takes `cost` back that was granted for `at`, as it is not used: the time of asking and the wait that was told. Other
    /// times are at fault by what an earlier grant counts longer, never shorter.
    pub fn refund(&self, cost: u32, at: Tick) {
        let mut inner = self.inner();
        let at = inner.kept(at.as_nanos());
        let mut left = cost;
        while let Some(index) = inner.runs.iter().rposition(|run| run.at <= at).filter(|_| left > 0) {
            let run = &mut inner.runs[index];
            let back = left.min(run.count);
            run.count -= back;
            left -= back;
            if run.count == 0 {
                inner.runs.remove(index);
            }
            inner.granted -= u64::from(back);
        }
    }

    /// Changes the settings. What was granted counts on.
    pub fn set(&self, config: WindowConfig) {
        self.inner().config = config;
    }

    /// Grants nothing before `until`, as a peer asked for; a pause that lasts longer stays.
    pub fn pause_until(&self, until: Tick) {
        let mut inner = self.inner();
        inner.paused_until = inner.paused_until.max(until.as_nanos());
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.inner().paused_until = 0;
    }

    /// How it stands at `now`; grants nothing. As with whoever asks, its time has come to `now` then.
    #[must_use]
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        let mut inner = self.inner();
        let now = inner.pass(now);
        let paused = inner.paused_until.saturating_sub(now);
        let limit = inner.config.limit.get();
        let room = u64::from(limit).saturating_sub(inner.granted);
        let remaining = if paused > 0 { 0 } else { u32::try_from(room).unwrap_or(u32::MAX) };
        let full_at = inner.runs.back().map_or(now, |last| inner.over(last.at));
        let next_in = inner.earliest(1, now).map_or(0, |at| at - now);
        // Room comes when the oldest run is over, and all that the run counts at once.
        let oldest_over = inner.runs.front().map_or(now, |oldest| inner.over(oldest.at));
        Snapshot {
            rate: inner.config.rate,
            burst: limit,
            remaining,
            next_in: Duration::from_nanos(next_in),
            more_in: Duration::from_nanos(if remaining == 0 { next_in } else { oldest_over - now }),
            full_in: Duration::from_nanos(full_at.saturating_sub(now).max(paused)),
            paused_for: Duration::from_nanos(paused),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.0)
    }
}

impl Inner {
    /// Lets go of what counts no more, and answers the time of the window, which never goes back.
    fn pass(&mut self, now: Tick) -> u64 {
        self.now = self.now.max(now.as_nanos());
        while let Some(oldest) = self.runs.front().filter(|run| self.over(run.at) <= self.now) {
            self.granted -= u64::from(oldest.count);
            self.runs.pop_front();
        }
        self.now
    }

    /// When a run of `at` counts no more.
    const fn over(&self, at: u64) -> u64 {
        at.saturating_add(self.config.rate.per_nanos())
    }

    /// The first time from `now` on, to which it has passed, at which there is room for `cost` beside all that was granted, also
    /// ahead.
    fn earliest(&self, cost: u32, now: u64) -> Result<u64, Refusal> {
        let limit = self.config.limit.get();
        if cost > limit {
            return Err(Refusal::new(Reason::TooLarge));
        }
        let from = now.max(self.paused_until);
        let mut excess = (self.granted + u64::from(cost)).saturating_sub(limit.into());
        let mut at = from;
        for run in &self.runs {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(run.count.into());
            at = from.max(self.over(run.at));
        }
        Ok(at)
    }

    /// As what a time is kept.
    fn kept(&self, at: u64) -> u64 {
        at.checked_next_multiple_of(self.config.step).unwrap_or(u64::MAX)
    }

    /// Runs stay in order: one before the last counts as long as that one.
    fn grant(&mut self, cost: u32, at: u64) {
        let at = self.kept(at);
        match self.runs.back_mut().filter(|last| last.at >= at) {
            Some(last) => last.count += cost,
            None => self.runs.push_back(Run { at, count: cost }),
        }
        self.granted += u64::from(cost);
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn f4_what_is_past_is_let_go_of_by_whoever_looks() {
        let second = |second: u64| Tick::from_nanos(second * 1_000_000_000);
        for look in [
            |window: &Window, now| _ = window.wait(1, now),
            |window: &Window, now| {
                let _ = window.snapshot(now);
            },
        ] {
            let window = Window::new(WindowConfig::log(Rate::per_second(100).unwrap()).unwrap());
            for nanos in 0..100 {
                window.try_acquire(1, Tick::from_nanos(nanos)).unwrap();
            }
            look(&window, second(2));
            assert_eq!(window.inner().runs.len(), 0, "or each refusal walks through all of them again");
        }
    }
}
