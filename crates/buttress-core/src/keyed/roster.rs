//! The store for states that know their keys.

use super::hash::Seeds;
use super::shard::Entry;
use super::shards::Shards;
use super::{Full, Keep, Named};
use crate::Tick;
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A [`Store`](super::Store) for states that know their keys: as that one, but it has no keys of its own.
///
/// ```
/// use buttress_core::Tick;
/// use buttress_core::keyed::{Keep, Named, Roster, Worth};
/// use std::num::NonZeroUsize;
///
/// struct Guest(String);
///
/// impl Named<str> for Guest {
///     fn is(&self, key: &str) -> bool {
///         self.0 == key
///     }
/// }
///
/// impl Keep for Guest {
///     fn worth(&self, _: Tick) -> Worth {
///         Worth::Memory
///     }
/// }
///
/// let guests = Roster::new(NonZeroUsize::new(1_000).expect("not zero"));
/// let now = || Tick::from_nanos(1);
/// let made = guests.get_or_insert_with("alice", now, |name| Guest(name.to_owned()))?;
/// assert_eq!(guests.get("alice").map(|guest| guest.0.clone()), Some(made.0.clone()));
/// assert!(guests.get("bob").is_none(), "looking makes nothing");
/// # Ok::<(), buttress_core::keyed::Full>(())
/// ```
pub struct Roster<V> {
    shards: Shards<(), V>,
    seeds: Seeds,
}

impl<V: Keep> Roster<V> {
    /// An empty roster for at most `capacity` states. Memory is taken as they come.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { shards: Shards::new(capacity), seeds: Seeds::draw() }
    }

    /// The state of `key`, if it has one. Makes none.
    #[inline]
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        V: Named<Q>,
        Q: ?Sized + Hash,
    {
        self.shards.get(self.seeds.hash(key), of(key))
    }

    /// What `take` makes of the state of `key`, if it has one. Makes none.
    ///
    /// It runs under the lock of the shard, so it must not call the roster: whatever it says to the state, is said before somebody
    /// takes that out.
    #[inline]
    #[must_use]
    pub fn get_with<Q, T>(&self, key: &Q, take: impl FnOnce(&Arc<V>) -> T) -> Option<T>
    where
        V: Named<Q>,
        Q: ?Sized + Hash,
    {
        self.shards.get_with(self.seeds.hash(key), of(key), take)
    }

    /// The state of `key`, or what `make` makes of it, which is to be of that name. Only when something must go `now` is asked.
    ///
    /// `make` runs once for a key, under the lock of its shard, so it must not call the roster. When it panics, the roster is as it
    /// was.
    ///
    /// # Errors
    /// [`Full`] when every state that would have to go still carries a penalty.
    #[inline]
    pub fn get_or_insert_with<Q>(
        &self,
        key: &Q,
        now: impl FnOnce() -> Tick,
        make: impl FnOnce(&Q) -> V,
    ) -> Result<Arc<V>, Full>
    where
        V: Named<Q>,
        Q: ?Sized + Hash,
    {
        let is = |key: &&Q, entry: &Entry<(), V>| entry.value.is(key);
        self.shards.get_or_insert_with(self.seeds.hash(key), key, is, now, |key| ((), make(key)))
    }

    /// Takes the state of `key` out, whatever it is worth.
    pub fn remove<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        V: Named<Q>,
        Q: ?Sized + Hash,
    {
        self.shards.remove(self.seeds.hash(key), of(key))
    }

    /// Takes the state of `key` out unless it carries a penalty at `now`.
    pub fn forget<Q>(&self, key: &Q, now: Tick) -> Option<Arc<V>>
    where
        V: Named<Q>,
        Q: ?Sized + Hash,
    {
        self.shards.forget(self.seeds.hash(key), of(key), now)
    }

    /// Takes the state of `key` out if it `may` go: nobody finds it between the answer and that. The answer is given under the lock
    /// of the shard, so it must not call the roster.
    pub fn remove_if<Q>(&self, key: &Q, may: impl FnOnce(&V) -> bool) -> Option<Arc<V>>
    where
        V: Named<Q>,
        Q: ?Sized + Hash,
    {
        self.shards.remove_if(self.seeds.hash(key), of(key), may)
    }

    /// Shows every state. One shard is locked at a time: one that comes or goes meanwhile may be seen or not, the others are
    /// seen once. `each` must not call the roster.
    pub fn for_each(&self, mut each: impl FnMut(&Arc<V>)) {
        self.shards.for_each(|entry| each(&entry.value));
    }

    /// How many states there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many states had to go to make room, whatever they were worth.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.shards.evicted()
    }
}

/// Whether it is the state of `key`.
fn of<V: Named<Q>, Q: ?Sized>(key: &Q) -> impl Fn(&Entry<(), V>) -> bool {
    |entry| entry.value.is(key)
}

impl<V> fmt::Debug for Roster<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Roster").field(&self.shards).finish()
    }
}
