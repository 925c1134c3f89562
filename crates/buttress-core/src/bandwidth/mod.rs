//! How many bytes may pass, of all peers together and of each of them.
//!
//! # How it decides
//! Each limit is a debt. What passes adds to it, time takes off as many bytes as the rate has, and something passes while the
//! debt stays within the burst:
//!
//! ```text
//! debt(now) = max(0, debt - rate * (now - then))        passes if   debt(now) + bytes <= burst
//! ```
//!
//! The debt is counted in billionths of a byte, in which a rate of whole bytes per second times a time of whole nanoseconds has
//! no remainder. So nothing is lost between two looks however close they are, and 1 byte a second works like any other rate. No
//! more than burst and rate together pass in any second.
//!
//! What is larger than the burst passes once there is no debt, and is then worked off: a transfer of any size comes to its turn.
//! [`Bandwidth::take`] hands it out in parts instead, none of which is larger than the burst.
//!
//! A direction has a limit for all peers together and one for each: both have room, or neither loses any. The two are changed
//! under one lock, as both must agree, and a change of the settings must not come between. A direction without limits only counts, and
//! takes no lock.

mod builder;
mod config;
mod difference;
mod lane;
mod level;
mod peer;
pub mod presets;
mod words;

pub use builder::Builder;
pub use config::Config;
pub use lane::Lane;
pub use peer::Peer;
pub use words::{Direction, Scope, Short};

use crate::Tick;
use lane::Gate;
use std::time::Duration;

/// The limits of both directions, and what passed.
#[derive(Debug)]
pub struct Bandwidth {
    gates: [Gate; 2],
}

impl Bandwidth {
    /// Begins without debt: the whole burst is there.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let gate = |direction| Gate::new(config.limits(direction));
        Self { gates: Direction::ALL.map(gate) }
    }

    /// Whether anything has a limit in this direction.
    #[inline]
    #[must_use]
    pub fn is_limited(&self, direction: Direction) -> bool {
        self.gate(direction).is_limited()
    }

    /// Lets all of `bytes` pass, or none of them: what is larger than the burst passes when there is no debt. `now` is asked only
    /// where there is a limit.
    ///
    /// # Errors
    /// [`Short`], with the limit that has no room and how long it will not. It is counted as throttled.
    pub fn try_consume(
        &self,
        direction: Direction,
        bytes: u64,
        peer: Option<&Peer>,
        now: impl FnOnce() -> Tick,
    ) -> Result<(), Short> {
        let gate = self.gate(direction);
        let passed = gate.take(direction, peer, now, |room| room.all(bytes));
        passed.map(drop).inspect_err(|short| gate.count_throttled(short.scope))
    }

    /// Lets `bytes` pass whatever the debt is, and returns how long it takes until there is room again. For what passed already, or
    /// cannot be held back.
    pub fn consume(
        &self,
        direction: Direction,
        bytes: u64,
        peer: Option<&Peer>,
        now: impl FnOnce() -> Tick,
    ) -> Duration {
        self.gate(direction).force(direction, peer, now, bytes)
    }

    /// Lets as many of `bytes` pass as there is room for, and returns how many those are: at least what the limits bring in one
    /// refill interval, or all of them if that is less. It takes nothing where there is no room for that.
    ///
    /// # Errors
    /// [`Short`], with the limit that has no room and how long it will not. It is not counted: who asks for the parts of one
    /// transfer knows when [that has to wait](Self::count_throttled).
    #[inline]
    pub fn take(
        &self,
        direction: Direction,
        bytes: u64,
        peer: Option<&Peer>,
        now: impl FnOnce() -> Tick,
    ) -> Result<u64, Short> {
        self.gate(direction).take(direction, peer, now, |room| room.part(bytes))
    }

    /// How long until the limit for `peer` alone has room for a part of `bytes`, or `None` if it has. Takes nothing.
    #[must_use]
    pub fn wait_of(&self, direction: Direction, bytes: u64, peer: &Peer, now: Tick) -> Option<Duration> {
        self.gate(direction).wait_of(direction, bytes, peer, now)
    }

    /// Counts something that has to wait.
    pub fn count_throttled(&self, direction: Direction, scope: Scope) {
        self.gate(direction).count_throttled(scope);
    }

    /// Changes the settings. What passed stays so: a debt is so many bytes, and is worked off at the new rate from now on. Where
    /// there is no limit, there is no debt.
    pub fn set(&self, config: &Config, now: Tick) {
        for direction in Direction::ALL {
            self.gate(direction).set(config.limits(direction), now);
        }
    }

    /// Forgets all debts but those of peers.
    pub fn reset(&self) {
        self.gates.iter().for_each(Gate::reset);
    }

    /// How this direction stands.
    #[must_use]
    pub fn lane(&self, direction: Direction, now: Tick) -> Lane {
        self.gate(direction).lane(now)
    }

    /// How many bytes of `peer` can pass now; `None` without a limit for peers.
    #[must_use]
    pub fn available_to(&self, peer: &Peer, direction: Direction, now: Tick) -> Option<u64> {
        self.gate(direction).available_to(direction, peer, now)
    }

    #[inline]
    const fn gate(&self, direction: Direction) -> &Gate {
        &self.gates[direction as usize]
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
