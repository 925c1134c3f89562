//! Bytes to and from peers.

use super::Ledger;
use crate::adjust::{Adjusted, Adjuster};
use crate::clock;
use buttress_core::bandwidth::{Config, Direction, Lane, Short};
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
        self.inner.line.try_transfer(self.enter(key).account(), direction, bytes, clock::precise)
    }

    /// Lets `bytes` pass whatever the limits say, and returns how long it takes until there is room again. For what passed already,
    /// or cannot be held back.
    pub fn transfer<Q>(&self, key: &Q, direction: Direction, bytes: u64) -> Duration
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.inner.line.transfer(self.enter(key).account(), direction, bytes, clock::precise)
    }

    /// How many bytes of this peer can pass now by its own limit; `None` without one, and for a peer of which nothing is known.
    #[must_use]
    pub fn available<Q>(&self, key: &Q, direction: Direction) -> Option<u64>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let record = self.record_of(key)?;
        self.inner.line.available_to(record.account(), direction, clock::precise())
    }

    /// How one direction stands, of all peers together.
    #[must_use]
    pub fn lane(&self, direction: Direction) -> Lane {
        self.inner.line.lane(direction, clock::precise())
    }

    /// The limits as they are now.
    #[must_use]
    pub fn bandwidth(&self) -> Config {
        self.inner.line.config()
    }

    /// From now on these limits hold. What passed stays so, and is worked off at the new rate.
    pub fn set_bandwidth(&self, config: Config) {
        self.inner.line.set(config, clock::precise());
    }

    /// Moves one of the limits of all peers to where `adjuster` wants it, if what it was told since it last did calls for that.
    /// To be called again and again, after each transfer or now and then: more often than it looks changes nothing.
    ///
    /// ```
    /// use buttress_reputation::adjust::{Adjuster, Config};
    /// use buttress_reputation::{Direction, Ledger};
    /// use std::time::Duration;
    ///
    /// // Never below 64 kB/s, never above 10 MB/s: where in between is for the line to say.
    /// let adjuster = Adjuster::new(Config::new(Direction::Upload, 64_000, 10_000_000)?);
    /// let peers = Ledger::<String>::new("sync", buttress_reputation::Config::default());
    /// let first = peers.adjust_bandwidth(&adjuster).expect("there was no limit");
    /// assert_eq!((first.from, first.to), (0, 10_000_000));
    ///
    /// # let send = |_: &[u8]| Some(Duration::from_millis(20));
    /// let block = [0; 1_000];
    /// if peers.try_transfer("alice", Direction::Upload, 1_000).is_ok() {
    ///     match send(&block) {
    ///         Some(took) => adjuster.succeeded(1_000, took),
    ///         None => adjuster.failed(),
    ///     }
    /// }
    /// assert_eq!(peers.adjust_bandwidth(&adjuster), None, "it has not seen enough to say more");
    /// # Ok::<(), buttress_reputation::InvalidConfig>(())
    /// ```
    pub fn adjust_bandwidth(&self, adjuster: &Adjuster) -> Option<Adjusted> {
        self.inner.line.adjust(adjuster, clock::precise())
    }
}
