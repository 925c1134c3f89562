//! The queues of a limit per key.

use super::keyed::Keyed;
use super::machine::wait_for;
use super::queue::{Awaited, Queue};
use crate::key::Key;
use crate::{Refusal, Rejected, Tick};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A queue for each key for which calls wait, and none for others: as many as calls wait at most. As with their buckets, it is
/// a hash that tells keys apart.
#[derive(Default)]
pub(super) struct Queues {
    by_hash: Mutex<HashMap<u64, Arc<Queue>>>,
    /// How many there are, for who only finds out that there are none.
    len: AtomicUsize,
    hasher: RandomState,
}

impl Queues {
    /// What those cost who wait for `key`; `None` if nobody does.
    #[inline]
    pub(super) fn ahead<K: Hash + ?Sized>(&self, key: &K) -> Option<u64> {
        if self.len.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let queue = self.lock().get(&self.hasher.hash_one(key)).map(|queue| queue.cost())?;
        Some(queue).filter(|cost| *cost > 0)
    }

    fn of(&self, hash: u64) -> Arc<Queue> {
        let mut queues = self.lock();
        let queue = Arc::clone(queues.entry(hash).or_insert_with(|| Arc::new(Queue::new())));
        self.len.store(queues.len(), Ordering::Relaxed);
        queue
    }

    fn leave(&self, hash: u64, queue: &Arc<Queue>) {
        let mut queues = self.lock();
        // It is only taken out of here under the lock, so nobody else comes to have it: the map and who leaves.
        if Arc::strong_count(queue) == 2 {
            queues.remove(&hash);
            self.len.store(queues.len(), Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Queue>>> {
        self.by_hash.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limit of one key, which one waits for.
pub(super) struct AtKey<K: Key + ?Sized> {
    keyed: Keyed<K>,
    key: K::Owned,
    hash: u64,
    queue: Arc<Queue>,
}

impl<K: Key + ?Sized> AtKey<K> {
    pub(super) fn new(keyed: Keyed<K>, key: K::Owned) -> Self {
        let queues = keyed.queues();
        let hash = queues.hasher.hash_one::<&K>(key.borrow());
        let queue = queues.of(hash);
        Self { keyed, key, hash, queue }
    }
}

impl<K: Key + ?Sized> Drop for AtKey<K> {
    fn drop(&mut self) {
        self.keyed.queues().leave(self.hash, &self.queue);
    }
}

impl<K: Key + ?Sized> Awaited for AtKey<K> {
    fn queue(&self) -> &Queue {
        &self.queue
    }

    fn lead(&self) -> Duration {
        super::machine::LEAD
    }

    fn reserve(&self, cost: u32, now: Tick) -> Result<Duration, Refusal> {
        self.keyed.buckets().reserve::<K>(self.key.borrow(), cost, self.lead(), now)
    }

    fn wait_for(&self, cost: u32, ahead: u64, now: Tick) -> Result<Duration, Refusal> {
        wait_for(&self.keyed.buckets().snapshot::<K>(self.key.borrow(), now), cost, ahead)
    }

    fn admitted(&self) {
        self.keyed.admitted();
    }

    fn reject(&self, refusal: Refusal) -> Rejected {
        self.keyed.reject(self.key.borrow(), refusal)
    }
}
