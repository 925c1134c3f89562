//! The arithmetic of one limit: whole numbers alone.

use crate::Tick;
use crate::clock::nanos;
use crate::keyed::Worth;
use std::time::Duration;

/// One byte in the unit of debts: with rates in bytes per second and times in nanoseconds, their product has it.
const BYTE: u128 = 1_000_000_000;

/// A limit, as the arithmetic wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// Bytes per second; 0 is no limit.
    pub(super) rate: u64,
    burst: u128,
    /// The least that something larger is handed out in.
    pub(super) piece: u64,
}

impl Limit {
    pub(super) fn new(rate: u64, refill: Duration, refills: u32) -> Self {
        let refill = u128::from(rate) * u128::from(nanos(refill));
        let burst = refill.saturating_mul(refills.into()).max(BYTE);
        Self { rate, burst, piece: bytes(refill).max(1) }
    }

    pub(super) const fn is_none(&self) -> bool {
        self.rate == 0
    }

    /// How long the rate takes to bring so much.
    fn time_for(&self, debt: u128) -> Duration {
        let nanos = debt.div_ceil(u128::from(self.rate.max(1)));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Whole bytes in a debt.
fn bytes(debt: u128) -> u64 {
    u64::try_from(debt / BYTE).unwrap_or(u64::MAX)
}

/// What passed and is not worked off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    debt: u128,
    /// As of when.
    at: Tick,
    /// By what it is worked off: the limit when it was last looked at.
    limit: Limit,
}

impl Level {
    /// No debt.
    pub(super) const NONE: Self =
        Self { debt: 0, at: Tick::ZERO, limit: Limit { rate: 0, burst: 0, piece: 1 } };

    /// The debt at `now`, where the limit has been `limit` since `since`.
    pub(super) fn settle(&mut self, limit: &Limit, since: Tick, now: Tick) {
        if self.limit != *limit {
            self.work_off(since);
            self.limit = *limit;
        }
        self.work_off(now);
        if limit.is_none() {
            self.debt = 0;
        }
    }

    fn work_off(&mut self, until: Tick) {
        self.debt = self.debt_at(until);
        self.at = self.at.max(until);
    }

    fn debt_at(&self, now: Tick) -> u128 {
        let worked_off = u128::from(nanos(now.since(self.at))) * u128::from(self.limit.rate);
        self.debt.saturating_sub(worked_off)
    }

    /// How long until there is room for `bytes`, or, if those are more than the burst, for the burst. `None` if there is.
    pub(super) fn wait(&self, bytes: u64) -> Option<Duration> {
        if self.limit.is_none() {
            return None;
        }
        let needed = self.debt.saturating_add((u128::from(bytes) * BYTE).min(self.limit.burst));
        needed.checked_sub(self.limit.burst).filter(|over| *over > 0).map(|over| self.limit.time_for(over))
    }

    /// How many bytes there is room for; `None` without a limit.
    pub(super) fn available(&self) -> Option<u64> {
        (!self.limit.is_none()).then(|| bytes(self.limit.burst.saturating_sub(self.debt)))
    }

    /// So many passed.
    pub(super) fn add(&mut self, bytes: u64) {
        if !self.limit.is_none() {
            self.debt = self.debt.saturating_add(u128::from(bytes) * BYTE);
        }
    }

    /// What is lost if it is forgotten: one that has used up more than half of its burst would have all of it again.
    pub(super) fn worth(&self, now: Tick) -> Worth {
        match self.debt_at(now) {
            0 => Worth::Nothing,
            debt if debt > self.limit.burst / 2 => Worth::Penalty,
            _ => Worth::Memory,
        }
    }
}
