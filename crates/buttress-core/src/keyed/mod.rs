//! State per key (a peer, a tenant, an address), in memory that somebody has chosen.
//!
//! Keys come from outside, so there can be any number of them. Each store here has a capacity that it never exceeds. When
//! a new key finds no room, the state of another one goes, and what that loses decides which ([`Worth`]):
//!
//! 1. a state that equals a fresh one, as nothing is lost with it;
//! 2. one that only remembers, as its counts start again;
//! 3. never one that carries a penalty: a flood of new keys must not lift a ban or close a breaker.
//!
//! When all that could go carry penalties, new keys get none of their own: [`Store`] says [`Full`], [`Words`] gives them
//! one word that they share. A key that comes back after its state went starts fresh, and never better than that.
//!
//! | store | for | a lookup takes | bytes per key |
//! |---|---|---|---|
//! | [`Words`] | states of one word: a token bucket, a ban, a score | no lock, no allocation, two cache lines | 16, and no key |
//! | [`Store`] | bigger states: a circuit breaker | one lock of one shard, no allocation | about 50, the key and the state |
//! | [`Roster`] | the same, where the state holds its key | the same | about 45, and the state |
//!
//! Both hash with seeds of their own that nobody is told, so nobody can choose keys that meet in one place. Besides those
//! seeds nothing in here is random.

pub(crate) mod hash;
mod roster;
mod set;
mod shard;
mod shards;
mod store;
mod words;

pub use roster::Roster;
pub use store::Store;
pub use words::{WordState, Words};

use crate::Tick;
use std::{error, fmt};

/// What is lost when a state is forgotten, from nothing to what must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Worth {
    /// It decides as a fresh one would. It goes first.
    Nothing,
    /// Counts, which would start again. It goes when there is none worth nothing.
    Memory,
    /// A penalty: open, banned, exhausted. It stays.
    Penalty,
}

/// A state that a [`Store`] can keep, and forget.
pub trait Keep {
    /// What is lost if it is forgotten at `now`. Asked under the lock of a shard, of a bounded number of states for each
    /// new key: it is quick and does not call the store.
    fn worth(&self, now: Tick) -> Worth;

    /// Looks at what the next decision will need, and decides nothing. Called when it was looked up among many, where none of
    /// it is likely to be in the cache: asked for at once, it arrives at once. Does nothing unless it is overridden.
    fn warm(&self) {}

    /// It has lost its place: it had to go, or somebody took it out. Told under the lock of its shard, so it is quick and does
    /// not call the store, and whoever finds its key without it comes later. Who holds it still can go on with it, unseen by
    /// those who look its key up.
    fn gone(&self) {}
}

/// A state that knows its own key, as a [`Roster`] finds it.
pub trait Named<Q: ?Sized> {
    /// Whether it is the state of `key`. The answer never changes, and goes by what the key is hashed by.
    fn is(&self, key: &Q) -> bool;
}

/// There is no room for a new key: the states that would have to go carry penalties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no room for another key: those that would have to go carry penalties")
    }
}

impl error::Error for Full {}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
