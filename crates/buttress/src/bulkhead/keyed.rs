//! A bulkhead per key.

use super::handle::Handle;
use super::shared::{Group, Shared};
use crate::key::Key;
use crate::observe::{Inline, Listen};
use crate::source::{ByKey, PerKey};
use crate::{Event, Tick, clock};
use buttress_core::bulkhead::Config;
use buttress_core::keyed::{Keep, Store, Worth};
use buttress_core::{Durations, adaptive_limit};
use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A bulkhead per key, under one name. Cheap to clone; every clone, every layer made from one and every service of those share
/// the same bulkheads.
///
/// The number of keys is bounded. When a new one finds no room, a bulkhead goes that nobody is in; of those the ones
/// whose limit is still that of the settings go first. One with a call in it stays, however many keys come, as does one that is
/// closed: a key that had its bulkhead forgotten could have its limit once more. Where all of them have to stay, new keys share
/// one more bulkhead, the [overflow](Keyed::overflow).
///
/// ```
/// use buttress::bulkhead::{Config, Keyed};
///
/// let tenants = Keyed::<str>::new("tenants", Config::builder().max_concurrent(1).queue(0).build()?);
/// let _one = tenants.of("a").try_acquire()?;
/// assert!(tenants.of("a").try_acquire().is_err());
/// assert!(tenants.of("b").try_acquire().is_ok());
/// # Ok::<(), buttress::BoxError>(())
/// ```
pub struct Keyed<K: Key + ?Sized>(Arc<Inner<K>>);

struct Inner<K: Key + ?Sized> {
    store: Store<K, Shared>,
    group: Arc<Group>,
    overflow: Handle,
    overflowed: AtomicU64,
}

impl<K: Key + ?Sized> Keyed<K> {
    /// How many keys there can be unless [`Keyed::with_capacity`] says otherwise: with less than 1 KiB each, 10 MiB.
    pub const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).expect("ten thousand is not zero");

    /// Bulkheads with these settings, for as many keys as the [default](Self::DEFAULT_CAPACITY) allows.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self::with_capacity(name, config, Self::DEFAULT_CAPACITY)
    }

    /// Bulkheads with these settings, for at most `capacity` keys.
    #[must_use]
    pub fn with_capacity(name: &str, config: Config, capacity: NonZeroUsize) -> Self {
        Self::of_group(Group::new(name, config, None, None), capacity)
    }

    /// Bulkheads whose limits follow what each peer bears, with the queue and the wait of `config`, for at most `capacity`
    /// keys.
    #[must_use]
    pub fn adaptive(
        name: &str,
        config: Config,
        adaptive: adaptive_limit::Config,
        capacity: NonZeroUsize,
    ) -> Self {
        Self::of_group(Group::new(name, config, Some(adaptive), None), capacity)
    }

    /// With the settings of `handle`.
    pub(super) fn like(handle: &Handle) -> Self {
        let group = Group::new(handle.name(), *handle.config(), handle.adaptive_config().copied(), None);
        Self::of_group(group, Self::DEFAULT_CAPACITY)
    }

    fn of_group(group: Arc<Group>, capacity: NonZeroUsize) -> Self {
        let overflow = Handle(Arc::new(Shared::new(Arc::clone(&group), Some(OVERFLOW.into()))));
        Self(Arc::new(Inner { store: Store::new(capacity), group, overflow, overflowed: AtomicU64::new(0) }))
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.group.site.name
    }

    /// The settings of its bulkheads.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.group.config
    }

    /// The bulkhead of `key`, if there is one. Looking makes none.
    ///
    /// Ask anew each time: a handle that is kept can lose its place to another key, and a handle that was asked for later is
    /// of another bulkhead then.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<Handle> {
        self.0.store.get(key).map(Handle)
    }

    /// The bulkhead of `key`, made if there is none; while there is no room for one, the [overflow](Self::overflow).
    ///
    /// Ask anew each time, as with [`Keyed::get`].
    #[must_use]
    pub fn of(&self, key: &K) -> Handle {
        Handle(self.lease(Cow::Borrowed(key)))
    }

    /// Forgets `key`, whatever its bulkhead stands at. Calls that hold it end with it; the next call of `key` begins with a new
    /// one.
    pub fn remove(&self, key: &K) -> Option<Handle> {
        self.0.store.remove(key).map(Handle)
    }

    /// The bulkhead that keys share while there is no room for one of their own.
    #[must_use]
    pub fn overflow(&self) -> &Handle {
        &self.0.overflow
    }

    /// Calls `each` with every key that has a bulkhead. It must not come back to this value.
    pub fn for_each(&self, mut each: impl FnMut(&K, &Handle)) {
        self.0.store.for_each(|key, shared| each(key, &Handle(Arc::clone(shared))));
    }

    /// How many keys have a bulkhead.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.store.len()
    }

    /// Whether no key has a bulkhead.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.store.is_empty()
    }

    /// How many keys can have a bulkhead.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.store.capacity()
    }

    /// How many bulkheads had to go so that another key could have one.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.0.store.evicted()
    }

    /// How many calls went to the [overflow](Self::overflow).
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.0.overflowed.load(Ordering::Relaxed)
    }

    /// How many calls were refused or waited in vain, of all keys, those that are gone included.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.0.group.refused.load(Ordering::Relaxed)
    }

    /// How long the calls of all keys waited that had to wait and got their turn.
    #[must_use]
    pub fn waits(&self) -> Durations {
        self.0.group.waits.snapshot()
    }

    /// Calls `listener` at every change of a limit and every refusal of any of them, as [`Handle::on_event`] does for one. The
    /// events name the key. A panic in it is caught and counted ([`Keyed::listener_panics`]).
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.group.listeners.push(listener, || {});
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.group.listeners.panics()
    }

    /// The bulkheads as a layer takes them, with what finds the key of a request.
    pub const fn by<X>(self, find: X) -> ByKey<X, Self> {
        ByKey { keyed: self, find }
    }
}

impl<K: Key + ?Sized> PerKey for Keyed<K> {
    type Key = K;
    type State = Shared;

    #[inline]
    fn lease(&self, key: Cow<'_, K>) -> Arc<Shared> {
        let inner = &*self.0;
        let make = |key: &K| Shared::new(Arc::clone(&inner.group), Some(key.to_string().into()));
        inner.store.get_or_insert_with(key, clock::now, make).unwrap_or_else(|_| {
            inner.overflowed.fetch_add(1, Ordering::Relaxed);
            Arc::clone(&inner.overflow.0)
        })
    }
}

/// The key that events of the overflow bulkhead name.
const OVERFLOW: &str = "(overflow)";

impl Keep for Shared {
    fn worth(&self, _: Tick) -> Worth {
        self.machine.worth()
    }
}

impl<K: Key + ?Sized> Clone for Keyed<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Key + ?Sized> fmt::Debug for Keyed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed")
            .field("name", &self.name())
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
