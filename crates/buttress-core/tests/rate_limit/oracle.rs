//! A bucket as it is told to children: tokens drop in, and are taken out. In whole parts of a token, so many that nothing is
//! ever rounded, and without a bound.

use buttress_core::rate_limit::Config;
use buttress_core::{Reason, Refusal};
use std::time::Duration;

pub(crate) struct Oracle {
    /// What comes in each nanosecond.
    count: i128,
    /// Parts of a token.
    per: i128,
    burst: i128,
    /// What is in it, negative when in debt.
    parts: i128,
    at: u64,
}

impl Oracle {
    pub(crate) fn new(config: &Config, at: u64) -> Self {
        let per = config.rate().per().as_nanos() as i128;
        let burst = i128::from(config.burst());
        Self { count: config.rate().count().into(), per, burst, parts: burst * per, at }
    }

    fn pass(&mut self, now: u64) {
        let came = i128::from(now - self.at) * self.count;
        self.parts = (self.parts + came).min(self.burst * self.per);
        self.at = now;
    }

    /// Nanoseconds until there are `cost` tokens, from `now` on.
    pub(crate) fn wait(&mut self, cost: u32, now: u64) -> u64 {
        self.pass(now);
        let missing = (i128::from(cost) * self.per - self.parts).max(0);
        ((missing + self.count - 1) / self.count) as u64
    }

    pub(crate) fn try_acquire(&mut self, cost: u32, now: u64) -> Result<(), Refusal> {
        self.reserve(cost, 0, now).map(drop)
    }

    pub(crate) fn reserve(&mut self, cost: u32, longest: u64, now: u64) -> Result<Duration, Refusal> {
        if i128::from(cost) > self.burst {
            return Err(Refusal::new(Reason::TooLarge));
        }
        let wait = self.wait(cost, now);
        if wait > longest {
            return Err(Refusal::after(Reason::RateLimited, Duration::from_nanos(wait)));
        }
        self.parts -= i128::from(cost) * self.per;
        Ok(Duration::from_nanos(wait))
    }

    pub(crate) fn debit(&mut self, cost: u32, now: u64) -> u64 {
        self.pass(now);
        self.parts -= i128::from(cost) * self.per;
        self.wait(0, now)
    }

    pub(crate) fn refund(&mut self, cost: u32) {
        self.parts = (self.parts + i128::from(cost) * self.per).min(self.burst * self.per);
    }

    pub(crate) fn remaining(&mut self, now: u64) -> u32 {
        self.pass(now);
        (self.parts.max(0) / self.per) as u32
    }

    /// Nanoseconds for one token, rounded down.
    pub(crate) fn token_nanos(&self) -> u64 {
        (self.per / self.count) as u64
    }

    /// Nanoseconds in which an empty bucket fills.
    pub(crate) fn fill(&self) -> u64 {
        (self.burst * self.per / self.count) as u64
    }
}
