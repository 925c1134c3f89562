//! A breaker per key.

mod group;

use super::Config;
use super::handle::{Handle, Shared};
use crate::key::Key;
use crate::observe::{Inline, Listen};
use crate::rejected::Site;
use crate::source::{ByKey, PerKey};
use crate::{Event, Tick, clock};
use buttress_core::keyed::{Keep, Store, Worth};
use buttress_core::{Bounds, Durations, Histogram};
use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) use group::{Group, OfKey, Sums};

/// A circuit breaker per key, under one name. Cheap to clone; every clone, every layer made from one and every service of
/// those share the same breakers.
///
/// The number of keys is bounded. When a new one finds no room, a breaker goes that equals a new one, else one that has been
/// used least; one that is open, probing or forced stays, however many keys come. Where all of them have to stay, new keys
/// share one more breaker, the [overflow](Keyed::overflow).
///
/// ```
/// use buttress::circuit_breaker::{Config, Keyed};
///
/// let peers = Keyed::<str>::new("peers", Config::default());
/// peers.of("10.0.0.7").force_open();
/// assert!(peers.of("10.0.0.7").acquire().is_err());
/// assert!(peers.of("10.0.0.8").acquire().is_ok());
/// assert!(peers.get("10.0.0.9").is_none(), "looking makes nothing");
/// ```
pub struct Keyed<K: Key + ?Sized>(Arc<Inner<K>>);

struct Inner<K: Key + ?Sized> {
    store: Store<K, Shared>,
    config: Arc<Config>,
    group: Arc<Group>,
    overflow: Handle,
    overflowed: AtomicU64,
}

impl<K: Key + ?Sized> Keyed<K> {
    /// How many keys there can be unless [`Keyed::with_capacity`] says otherwise: with some 1 KiB each, 10 MiB.
    pub const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).expect("ten thousand is not zero");

    /// Breakers with these settings, for as many keys as the [default](Self::DEFAULT_CAPACITY) allows.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self::with_capacity(name, config, Self::DEFAULT_CAPACITY)
    }

    /// Breakers with these settings, for at most `capacity` keys.
    #[must_use]
    pub fn with_capacity(name: &str, config: Config, capacity: NonZeroUsize) -> Self {
        Self::with(name, config, capacity, None)
    }

    /// The same, which also records how long the calls of all keys take, as [`Handle::recording_durations`] does for one.
    #[must_use]
    pub fn recording_durations(name: &str, config: Config, capacity: NonZeroUsize, bounds: Bounds) -> Self {
        Self::with(name, config, capacity, Some(Arc::new(Histogram::new(bounds))))
    }

    fn with(name: &str, config: Config, capacity: NonZeroUsize, durations: Option<Arc<Histogram>>) -> Self {
        let site = Site::intern(super::handle::LAYER, name);
        let group = Arc::new(Group::new(site, durations));
        let config = Arc::new(config);
        let overflow =
            Handle(Arc::new(Shared::of_key(Arc::clone(&config), OVERFLOW.into(), Arc::clone(&group))));
        let store = Store::new(capacity);
        Self(Arc::new(Inner { store, config, group, overflow, overflowed: AtomicU64::new(0) }))
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.group.site.name
    }

    /// The settings of its breakers.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The breaker of `key`, if there is one. Looking makes none.
    ///
    /// Ask anew each time: a handle that is kept can lose its place to another key, and a handle that was asked for later is
    /// of another breaker then. What is done to the one without a place, no call of this key sees.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<Handle> {
        self.0.store.get(key).map(Handle)
    }

    /// The breaker of `key`, made if there is none; while there is no room for one, the [overflow](Self::overflow).
    ///
    /// Ask anew each time, as with [`Keyed::get`].
    #[must_use]
    pub fn of(&self, key: &K) -> Handle {
        Handle(self.lease(Cow::Borrowed(key)))
    }

    /// Forgets `key`, whatever its breaker stands at. Calls that hold the breaker end with it; the next call of `key` begins
    /// with a new one.
    pub fn remove(&self, key: &K) -> Option<Handle> {
        self.0.store.remove(key).map(Handle)
    }

    /// The breaker that keys share while there is no room for one of their own.
    #[must_use]
    pub fn overflow(&self) -> &Handle {
        &self.0.overflow
    }

    /// Calls `each` with every key that has a breaker. It must not come back to this value.
    pub fn for_each(&self, mut each: impl FnMut(&K, &Handle)) {
        self.0.store.for_each(|key, shared| each(key, &Handle(Arc::clone(shared))));
    }

    /// How many keys have a breaker.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.store.len()
    }

    /// Whether no key has a breaker.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.store.is_empty()
    }

    /// How many keys can have a breaker.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.store.capacity()
    }

    /// How many breakers had to go so that another key could have one.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.0.store.evicted()
    }

    /// How many calls went to the [overflow](Self::overflow).
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.0.overflowed.load(Ordering::Relaxed)
    }

    /// How long calls took, if that is recorded.
    #[must_use]
    pub fn durations(&self) -> Option<Durations> {
        self.0.group.durations.as_deref().map(Histogram::snapshot)
    }

    /// Closes all of them, with empty windows.
    pub fn reset(&self) {
        // Not while looking through them, as who is told may come back to this value.
        self.handles().iter().for_each(Handle::reset);
        self.0.overflow.reset();
    }

    /// Calls `listener` at every change and every refusal of any of them, as [`Handle::on_event`] does for one. The events
    /// name the key.
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

    /// The breakers of all keys.
    pub(super) fn handles(&self) -> Vec<Handle> {
        let mut handles = Vec::with_capacity(self.len());
        self.for_each(|_, handle| handles.push(handle.clone()));
        handles
    }

    pub(super) fn group(&self) -> &Group {
        &self.0.group
    }

    /// The breakers as a layer takes them, with what finds the key of a request.
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
        let make = |key: &K| {
            let label = key.to_string().into();
            let shared = Shared::of_key(Arc::clone(&inner.config), label, Arc::clone(&inner.group));
            shared.join();
            shared
        };
        inner.store.get_or_insert_with(key, clock::now, make).unwrap_or_else(|_| {
            inner.overflowed.fetch_add(1, Ordering::Relaxed);
            Arc::clone(&inner.overflow.0)
        })
    }
}

/// The key that events of the overflow breaker name.
const OVERFLOW: &str = "(overflow)";

impl Keep for Shared {
    fn worth(&self, now: Tick) -> Worth {
        self.machine.worth(now)
    }

    #[inline]
    fn warm(&self) {
        self.machine.warm(clock::now());
    }

    fn gone(&self) {
        self.retire();
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
