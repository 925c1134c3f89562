//! The store for states of any size.

use super::hash::Seeds;
use super::shard::Entry;
use super::shards::Shards;
use super::{Full, Keep};
use crate::Tick;
use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A state for each of at most so many keys.
///
/// A lookup locks one of up to 256 shards, each with its own part of the capacity; together that is exactly what
/// was asked for. A new key can push out only keys of its own shard, so a store with several can push one out
/// before all are full:
///
/// | capacity | shards | the first one goes |
/// |---|---|---|
/// | up to 1,023 | 1 | when the store is full, and not before |
/// | from 1,024 | one for each 512 to 1,023 keys | usually above 85 % of the capacity |
/// | from 131,072 | 256 | usually above 85 %, from a million on above 93 % |
///
/// When something must go, it is chosen by its [`Worth`](super::Worth) among up to 64 states spread over the shard, and
/// where those only remember, it is one that was not looked up lately. So a new key costs at most 64 looks whatever the
/// capacity is; with 19 of 20 keys penalised, one new key in 27 is told [`Full`] while another one could have gone. A
/// state that is in use (whose `Arc` somebody else holds) counts as more than nothing.
///
/// ```
/// use buttress_core::circuit_breaker::{CircuitBreaker, Config};
/// use buttress_core::{Tick, keyed::Store};
/// use std::num::NonZeroUsize;
/// use std::sync::Arc;
///
/// let config = Arc::new(Config::default());
/// let now = || Tick::from_nanos(1);
/// let breakers = Store::<str, CircuitBreaker>::new(NonZeroUsize::new(10_000).expect("not zero"));
/// let breaker = breakers.get_or_insert_with("db-1".into(), now, |key| {
///     CircuitBreaker::new(config.clone(), key.len() as u64, now())
/// })?;
/// assert!(breaker.check(now()).is_ok());
/// assert!(breakers.get("db-2").is_none(), "looking makes nothing");
/// # Ok::<(), buttress_core::keyed::Full>(())
/// ```
pub struct Store<K: ?Sized + ToOwned, V> {
    shards: Shards<K::Owned, V>,
    seeds: Seeds,
}

impl<K, V> Store<K, V>
where
    K: ?Sized + Hash + Eq + ToOwned,
    V: Keep,
{
    /// An empty store for at most `capacity` keys. Memory is taken as keys come.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self::with_seeds(capacity, Seeds::draw())
    }

    pub(super) fn with_seeds(capacity: NonZeroUsize, seeds: Seeds) -> Self {
        Self { shards: Shards::new(capacity), seeds }
    }

    /// The state of `key`, if it has one. Makes none.
    #[inline]
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        K::Owned: Borrow<Q>,
        Q: ?Sized + Hash + Eq,
    {
        self.shards.get(self.seeds.hash(key), |entry| entry.key.borrow() == key)
    }

    /// The state of `key`, made if there is none. Only then an owned key is needed, and only when something must go
    /// `now` is asked.
    ///
    /// `make` runs once for a key, under the lock of its shard, so it must not call the store. When it panics, the
    /// store is as it was.
    ///
    /// # Errors
    /// [`Full`] when every state that would have to go still carries a penalty.
    #[inline]
    pub fn get_or_insert_with(
        &self,
        key: Cow<'_, K>,
        now: impl FnOnce() -> Tick,
        make: impl FnOnce(&K) -> V,
    ) -> Result<Arc<V>, Full> {
        let hash = self.seeds.hash(&*key);
        let is = |key: &Cow<'_, K>, entry: &Entry<K::Owned, V>| entry.key.borrow() == &**key;
        self.shards.get_or_insert_with(hash, key, is, now, |key| {
            let value = make(&key);
            (key.into_owned(), value)
        })
    }

    /// Takes the state of `key` out, whatever it is worth.
    pub fn remove<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        K::Owned: Borrow<Q>,
        Q: ?Sized + Hash + Eq,
    {
        self.shards.remove(self.seeds.hash(key), |entry| entry.key.borrow() == key)
    }

    /// Takes the state of `key` out unless it carries a penalty at `now`.
    pub fn forget<Q>(&self, key: &Q, now: Tick) -> Option<Arc<V>>
    where
        K::Owned: Borrow<Q>,
        Q: ?Sized + Hash + Eq,
    {
        self.shards.forget(self.seeds.hash(key), |entry| entry.key.borrow() == key, now)
    }

    /// Shows every key with its state. One shard is locked at a time: a key that comes or goes meanwhile may be seen or
    /// not, the others are seen once. `each` must not call the store.
    pub fn for_each(&self, mut each: impl FnMut(&K, &Arc<V>)) {
        self.shards.for_each(|entry| each(entry.key.borrow(), &entry.value));
    }

    /// How many keys have a state.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Whether no key has a state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys can have a state.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shards.capacity()
    }

    /// How many states had to go to make room, whatever they were worth.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.shards.evicted()
    }
}

impl<K: ?Sized + ToOwned, V> fmt::Debug for Store<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.shards).finish()
    }
}
