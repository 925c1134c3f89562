//! A bulkhead per key.

use super::handle::Handle;
use super::shared::{Group, Shared};
use crate::Tick;
use crate::key::Key;
use crate::source::{PerKey, States};
use buttress_core::bulkhead::Config;
use buttress_core::keyed::{Keep, Worth};
use buttress_core::{Durations, adaptive_limit};
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;

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
pub struct Keyed<K: Key + ?Sized>(Arc<Bulkheads<K>>);

type Bulkheads<K> = States<K, Shared, Handle, Group>;

impl<K: Key + ?Sized> Keyed<K> {
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
        let label = Bulkheads::<K>::OVERFLOW.into();
        let overflow = Handle(Arc::new(Shared::new(Arc::clone(&group), Some(label))));
        Self(Arc::new(States::new(capacity, group, overflow)))
    }

    /// The settings of its bulkheads.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.group.config
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
}

per_key!(Keyed, Handle, "bulkhead");

impl<K: Key + ?Sized> PerKey for Keyed<K> {
    type Key = K;
    type State = Shared;

    #[inline]
    fn lease(&self, key: Cow<'_, K>) -> Arc<Shared> {
        let states = &*self.0;
        let make = |key: &K| Shared::new(Arc::clone(&states.group), Some(key.to_string().into()));
        states.lease(key, make, |overflow| &overflow.0)
    }
}

impl Keep for Shared {
    fn worth(&self, _: Tick) -> Worth {
        self.machine.worth()
    }
}
