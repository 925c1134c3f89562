//! The shards of a store, found by hash: what stores have in common, wherever they keep their keys.

use super::shard::{Entry, Shard};
use super::{Full, Keep, Worth};
use crate::Tick;
use crate::sync::{Mutex, MutexGuard, lock};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The smallest share of the capacity that a shard of its own is worth: below that, chance fills one long before another.
const SHARD_CAPACITY: usize = 512;

/// Enough that threads hardly ever meet, on machines of any size.
const SHARDS: usize = 256;

/// States, each with an `O` beside it.
pub(super) struct Shards<O, V> {
    shards: Box<[Locked<O, V>]>,
}

/// On cache lines of its own, as threads write to the locks of neighbours.
#[repr(align(64))]
struct Locked<O, V>(Mutex<Shard<O, V>>);

impl<O, V: Keep> Shards<O, V> {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        let capacity = capacity.get();
        let count = 1 << (capacity / SHARD_CAPACITY).clamp(1, SHARDS).ilog2();
        let share = |index| capacity / count + usize::from(index < capacity % count);
        Self { shards: (0..count).map(|index| Locked(Mutex::new(Shard::new(share(index))))).collect() }
    }

    #[inline]
    pub(super) fn get(&self, hash: u64, is: impl Fn(&Entry<O, V>) -> bool) -> Option<Arc<V>> {
        self.get_with(hash, is, Arc::clone)
    }

    /// What `take` makes of it, under the lock of its shard.
    #[inline]
    pub(super) fn get_with<T>(
        &self,
        hash: u64,
        is: impl Fn(&Entry<O, V>) -> bool,
        take: impl FnOnce(&Arc<V>) -> T,
    ) -> Option<T> {
        self.shard(hash).get(hash, is, take)
    }

    /// The state that is that of `key`, or what is made of it, under the lock of its shard.
    #[inline]
    pub(super) fn get_or_insert_with<Q>(
        &self,
        hash: u64,
        key: Q,
        is: impl Fn(&Q, &Entry<O, V>) -> bool,
        now: impl FnOnce() -> Tick,
        make: impl FnOnce(Q) -> (O, V),
    ) -> Result<Arc<V>, Full> {
        let mut shard = self.shard(hash);
        match shard.get(hash, |entry| is(&key, entry), Arc::clone) {
            Some(value) => Ok(value),
            None => Self::insert(shard, hash, now, || make(key)),
        }
    }

    #[cold]
    fn insert(
        mut shard: MutexGuard<'_, Shard<O, V>>,
        hash: u64,
        now: impl FnOnce() -> Tick,
        make: impl FnOnce() -> (O, V),
    ) -> Result<Arc<V>, Full> {
        let victim = shard.victim(hash, now)?;
        // All that can panic comes before anything changes.
        let (key, value) = make();
        let value = Arc::new(value);
        let gone = shard.insert(Entry::new(hash, key, Arc::clone(&value)), victim);
        // What a key or a state does when it is dropped is not for the lock to wait for.
        drop(shard);
        drop(gone);
        Ok(value)
    }

    pub(super) fn remove(&self, hash: u64, is: impl Fn(&Entry<O, V>) -> bool) -> Option<Arc<V>> {
        self.remove_if(hash, is, |_| true)
    }

    pub(super) fn forget(&self, hash: u64, is: impl Fn(&Entry<O, V>) -> bool, now: Tick) -> Option<Arc<V>> {
        self.remove_if(hash, is, |value| value.worth(now) < Worth::Penalty)
    }

    /// Takes out one that `may` go. Nobody finds it between the answer and that.
    pub(super) fn remove_if(
        &self,
        hash: u64,
        is: impl Fn(&Entry<O, V>) -> bool,
        may: impl FnOnce(&V) -> bool,
    ) -> Option<Arc<V>> {
        let mut shard = self.shard(hash);
        let free = shard.get(hash, &is, |value| may(value))?;
        let removed = if free { shard.remove(hash, is) } else { None };
        drop(shard);
        removed.map(|entry| entry.value)
    }

    /// Shows all of them, one shard after the other.
    pub(super) fn for_each(&self, mut each: impl FnMut(&Entry<O, V>)) {
        for shard in &self.shards {
            lock(&shard.0).entries().iter().for_each(&mut each);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.sum(|shard| shard.entries().len())
    }

    pub(super) fn capacity(&self) -> usize {
        self.sum(Shard::capacity)
    }

    pub(super) fn evicted(&self) -> u64 {
        self.shards.iter().map(|shard| lock(&shard.0).evicted).sum()
    }

    fn sum(&self, of: impl Fn(&Shard<O, V>) -> usize) -> usize {
        self.shards.iter().map(|shard| of(&lock(&shard.0))).sum()
    }

    /// By bits of the hash that its shard does not use.
    #[inline]
    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard<O, V>> {
        lock(&self.shards[(hash >> 32) as usize & (self.shards.len() - 1)].0)
    }
}

impl<O, V> fmt::Debug for Shards<O, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shards").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}
