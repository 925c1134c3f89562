//! Bytes to and from peers.

use super::Ledger;
use crate::clock;
use buttress_core::bandwidth::{Config, Direction, Short};
use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Duration;

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// So many bytes passed which no limit concerns: they are counted, and nothing else.
    pub fn add_bytes<Q>(&self, key: &Q, direction: Direction, bytes: u64)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.inner.line.add_bytes(&self.enter(key).traffic, direction, bytes);
    }

    /// Lets all of `bytes` pass, or none of them, without waiting: what is larger than the burst passes when there is no debt. Both
    /// the limit of all peers and that of this one have room, or neither loses any.
    ///
    /// # Errors
    /// [`Short`], with the limit that has no room and how long it will not.
    pub fn try_transfer<Q>(&self, key: &Q, direction: Direction, bytes: u64) -> Result<(), Short>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.inner.line.try_transfer(&self.enter(key).traffic, direction, bytes, clock::fine)
    }

    /// Lets `bytes` pass whatever the limits say, and returns how long it takes until there is room again. For what passed already,
    /// or cannot be held back.
    pub fn transfer<Q>(&self, key: &Q, direction: Direction, bytes: u64) -> Duration
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.inner.line.transfer(&self.enter(key).traffic, direction, bytes, clock::fine)
    }

    /// The limits as they are now.
    #[must_use]
    pub fn bandwidth(&self) -> Config {
        self.inner.line.config()
    }

    /// From now on these limits hold. What passed stays so, and is worked off at the new rate.
    pub fn set_bandwidth(&self, config: Config) {
        self.inner.line.set(config, clock::fine());
    }
}
