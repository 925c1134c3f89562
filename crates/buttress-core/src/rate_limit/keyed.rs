//! A bucket for each key, one word each.

use super::gcra::{Gcra, No};
use super::{Config, Snapshot};
use crate::clock::nanos;
use crate::keyed::{WordState, Words, Worth};
use crate::{Reason, Refusal, Tick};
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::time::Duration;

const STATE_BITS: u32 = 56;
const MASK: u64 = (1 << STATE_BITS) - 1;

/// By how much a thread may be late between reading the clock and asking, in nanoseconds.
const LATE: u64 = 60_000_000_000;

/// How far ahead tokens are taken, in nanoseconds.
const AHEAD: u64 = 60_000_000_000;

/// What the word of a key means: when its bucket will be full, in units since the start, which count around after at least 26
/// days.
///
/// A word that lies ahead by no more than a bucket and two minutes is one of now: one for tokens that were taken ahead, one for
/// threads that are late. Every other one is long past, its bucket full. So a key that was idle for exactly as long as the count
/// takes can find its bucket emptier than it is, by at most what comes in within that time; and after a clock went back by more
/// than a minute, buckets may be full.
///
/// A token has at most 32 units a nanosecond; where that does not divide, it is the next larger number of them. So a key gets
/// no more than the rate, and less by at most a part in 32 million of 1,000 a second, or in 32,000 of a million.
#[derive(Clone, Copy, Debug)]
pub struct PerKey {
    gcra: Gcra,
    config: Config,
    start: u64,
}

impl PerKey {
    /// One bucket of these settings for each key, from `start` on.
    #[must_use]
    pub fn new(config: Config, start: Tick) -> Self {
        Self { gcra: Gcra::coarse(&config), config, start: start.as_nanos() }
    }

    /// The settings of each bucket.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What `state` becomes when `cost` is taken, or why it is not.
    ///
    /// # Errors
    /// As [`TokenBucket::try_acquire`](super::TokenBucket::try_acquire).
    #[inline]
    pub fn take(&self, state: u64, cost: u32, now: Tick) -> Result<u64, Refusal> {
        match self.gcra.take(self.ahead(state, now), cost, 0) {
            Ok(after) => Ok(self.state(after, now)),
            Err(No::TooLarge) => Err(Refusal::new(Reason::TooLarge)),
            Err(No::After(units)) => Err(Refusal::after_nanos(Reason::RateLimited, self.gcra.nanos(units))),
        }
    }

    /// What `state` becomes when `cost` is taken, also from the next minute, and how long to wait for it.
    ///
    /// # Errors
    /// It would be later than after `max_wait` or a minute, or never.
    pub fn reserve(
        &self,
        state: u64,
        cost: u32,
        max_wait: Duration,
        now: Tick,
    ) -> Result<(u64, Duration), Refusal> {
        let ahead = self.ahead(state, now);
        match self.gcra.take(ahead, cost, 0) {
            Ok(after) => Ok((self.state(after, now), Duration::ZERO)),
            Err(No::TooLarge) => Err(Refusal::new(Reason::TooLarge)),
            Err(No::After(units)) => {
                let wait = self.gcra.nanos(units);
                // What lies further ahead than that would be taken for long past.
                if wait > nanos(max_wait).min(AHEAD) {
                    return Err(Refusal::after_nanos(Reason::RateLimited, wait));
                }
                Ok((self.state(self.gcra.capacity + units, now), Duration::from_nanos(wait)))
            }
        }
    }

    /// What `state` becomes when it admits nothing for `time`, of a minute at most, and then one token.
    #[must_use]
    pub fn pause(&self, state: u64, time: Duration, now: Tick) -> u64 {
        let units = nanos(time).min(AHEAD) * self.gcra.per_nano;
        let held = self.gcra.capacity - self.gcra.token + units;
        self.state(self.ahead(state, now).max(held), now)
    }

    /// What `state` becomes when `cost` that was not used is put back.
    #[must_use]
    pub fn refund(&self, state: u64, cost: u32, now: Tick) -> u64 {
        let tokens = u64::from(cost).saturating_mul(self.gcra.token);
        self.state(self.ahead(state, now).saturating_sub(tokens), now)
    }

    /// How the bucket of `state` stands.
    #[must_use]
    pub fn snapshot(&self, state: u64, now: Tick) -> Snapshot {
        let ahead = self.ahead(state, now);
        let room = u64::try_from(self.gcra.room(ahead, 0)).unwrap_or(0) / self.gcra.token;
        let remaining = u32::try_from(room).unwrap_or(u32::MAX);
        let after = |tokens| match self.gcra.take(ahead, tokens, 0) {
            Err(No::After(units)) => self.gcra.nanos(units),
            _ => 0,
        };
        Snapshot {
            rate: self.config.rate(),
            burst: self.config.burst(),
            remaining,
            next_in: Duration::from_nanos(after(1)),
            more_in: Duration::from_nanos(after(remaining.saturating_add(1))),
            full_in: Duration::from_nanos(self.gcra.nanos(ahead)),
            paused_for: Duration::ZERO,
        }
    }

    #[inline]
    fn units(&self, now: Tick) -> u64 {
        now.as_nanos().saturating_sub(self.start).wrapping_mul(self.gcra.per_nano)
    }

    /// Units until the bucket is full.
    #[inline]
    fn ahead(&self, state: u64, now: Tick) -> u64 {
        let ahead = state.wrapping_sub(self.units(now)) & MASK;
        let live = state != Self::FRESH && ahead <= self.gcra.capacity + (AHEAD + LATE) * self.gcra.per_nano;
        if live { ahead } else { 0 }
    }

    #[inline]
    fn state(&self, ahead: u64, now: Tick) -> u64 {
        if ahead == 0 {
            return Self::FRESH;
        }
        // Two numbers mean something else; the next one is a unit or two later, which gives nothing away.
        match self.units(now).wrapping_add(ahead) & MASK {
            0 | MASK => 1,
            state => state,
        }
    }
}

impl WordState for PerKey {
    const FRESH: u64 = 0;

    /// A full bucket is as good as a new one. One without a token is a penalty, and one in between is remembered.
    fn worth(&self, state: u64, now: Tick) -> Worth {
        match self.ahead(state, now) {
            0 => Worth::Nothing,
            ahead if self.gcra.room(ahead, 0) < self.gcra.token as i64 => Worth::Penalty,
            _ => Worth::Memory,
        }
    }
}

/// A bucket for each of at most so many keys, in memory that is taken at once. See [`Words`] for what happens to more keys than
/// that: those whose buckets are empty stay so, and share one when there are too many of them.
#[derive(Debug)]
pub struct Buckets(Words<PerKey>);

impl Buckets {
    /// Full buckets for `capacity` keys, 16 bytes each.
    #[must_use]
    pub fn new(config: Config, capacity: NonZeroUsize, now: Tick) -> Self {
        Self(Words::with(capacity, PerKey::new(config, now)))
    }

    /// The settings of each bucket.
    #[must_use]
    pub const fn config(&self) -> &Config {
        self.0.meaning().config()
    }

    /// Takes `cost` tokens of `key`, or none and tells why.
    ///
    /// # Errors
    /// As [`TokenBucket::try_acquire`](super::TokenBucket::try_acquire).
    #[inline]
    pub fn try_acquire<K: Hash + ?Sized>(&self, key: &K, cost: u32, now: Tick) -> Result<(), Refusal> {
        let rule = self.0.meaning();
        self.0.update(key, now, |state| match rule.take(state, cost, now) {
            Ok(after) => (after, Ok(())),
            Err(refusal) => (state, Err(refusal)),
        })
    }

    /// Takes `cost` tokens of `key`, also from the next minute, and tells how long to wait for them.
    ///
    /// # Errors
    /// They would come later than after `max_wait` or a minute, or never.
    pub fn reserve<K: Hash + ?Sized>(
        &self,
        key: &K,
        cost: u32,
        max_wait: Duration,
        now: Tick,
    ) -> Result<Duration, Refusal> {
        let rule = self.0.meaning();
        self.0.update(key, now, |state| match rule.reserve(state, cost, max_wait, now) {
            Ok((after, wait)) => (after, Ok(wait)),
            Err(refusal) => (state, Err(refusal)),
        })
    }

    /// Admits nothing of `key` for `time`, of a minute at most; a wait that is longer already stays. Then there is one token.
    pub fn pause<K: Hash + ?Sized>(&self, key: &K, time: Duration, now: Tick) {
        let rule = self.0.meaning();
        self.0.update(key, now, |state| (rule.pause(state, time, now), ()));
    }

    /// Puts `cost` tokens of `key` back that were not used.
    pub fn refund<K: Hash + ?Sized>(&self, key: &K, cost: u32, now: Tick) {
        let rule = self.0.meaning();
        self.0.update(key, now, |state| (rule.refund(state, cost, now), ()));
    }

    /// How the bucket of `key` stands, or the one that it shares with others that found no room; makes none.
    #[must_use]
    pub fn snapshot<K: Hash + ?Sized>(&self, key: &K, now: Tick) -> Snapshot {
        self.0.meaning().snapshot(self.0.look(key, now), now)
    }

    /// The words themselves: how many there are, and what had to go.
    #[must_use]
    pub const fn words(&self) -> &Words<PerKey> {
        &self.0
    }
}
