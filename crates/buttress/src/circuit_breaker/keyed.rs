//! A breaker per key.

mod group;

use super::Config;
use super::handle::{Handle, Shared};
use crate::key::Key;
use crate::rejected::Site;
use crate::source::{PerKey, States};
use crate::{Tick, clock};
use buttress_core::keyed::{Keep, Worth};
use buttress_core::{Bounds, Durations, Histogram};
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::Arc;

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
pub struct Keyed<K: Key + ?Sized>(Arc<Breakers<K>>);

type Breakers<K> = States<K, Shared, Handle, Group>;

impl<K: Key + ?Sized> Keyed<K> {
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
        let group = Arc::new(Group::new(site, config, durations));
        let label = Breakers::<K>::OVERFLOW.into();
        let overflow = Handle(Arc::new(Shared::of_key(label, Arc::clone(&group))));
        Self(Arc::new(States::new(capacity, group, overflow)))
    }

    /// The settings of its breakers.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.group.config
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

    /// The breakers of all keys.
    pub(super) fn handles(&self) -> Vec<Handle> {
        let mut handles = Vec::with_capacity(self.len());
        self.for_each(|_, handle| handles.push(handle.clone()));
        handles
    }

    pub(super) fn group(&self) -> &Group {
        &self.0.group
    }
}

per_key!(Keyed, Handle, "breaker");

impl<K: Key + ?Sized> PerKey for Keyed<K> {
    type Key = K;
    type State = Shared;

    #[inline]
    fn lease(&self, key: Cow<'_, K>) -> Arc<Shared> {
        let states = &*self.0;
        let make = |key: &K| {
            let shared = Shared::of_key(key.to_string().into(), Arc::clone(&states.group));
            shared.join();
            shared
        };
        states.lease(key, make, |overflow| &overflow.0)
    }
}

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
