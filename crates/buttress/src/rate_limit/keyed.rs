//! A limit per key.

use super::Config;
use super::handle::LAYER;
use super::machine::wait_for;
use super::queue::{Patience, Turn, queue_up};
use super::queues::{AtKey, Queues};
use super::source::{Kept, Limit};
use super::standing::Standing;
use super::tally::Tally;
use crate::key::Key;
use crate::observe::{Inline, Listen, Listeners};
use crate::registry::KeyedRateLimitStatus;
use crate::rejected::Site;
use crate::source::ByKey;
use crate::{Event, EventKind, Reason, Refusal, Rejected, clock};
use buttress_core::rate_limit::Buckets;
use std::borrow::{Borrow, Cow};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// A token bucket per key, under one name. Cheap to clone; every clone, every layer made from one and every service of those
/// share the same buckets.
///
/// A key takes 16 bytes, all of which are taken at once, and no more ever, however many keys come. When a new one finds no
/// room, a key goes whose bucket is full, which loses nothing, else one that has been used least; one whose bucket is empty
/// stays, so nobody gets rid of a penalty by a flood of other keys. Where all have to stay, new keys share one more bucket.
/// While calls [wait](super::RateLimitLayer::wait) for a key, and no longer, it has a queue besides.
///
/// Keys themselves are not kept, only a hash of them, so nobody can list them.
///
/// ```
/// use buttress::rate_limit::{Config, Keyed, Rate};
///
/// let clients = Keyed::<str>::new("clients", Config::new(Rate::per_second(10)?, 2)?);
/// assert!(clients.try_acquire("10.0.0.7", 2).is_ok());
/// assert!(clients.try_acquire("10.0.0.7", 1).is_err());
/// assert!(clients.try_acquire("10.0.0.8", 1).is_ok());
/// # Ok::<(), buttress::InvalidConfig>(())
/// ```
pub struct Keyed<K: Key + ?Sized>(Arc<Inner>, PhantomData<fn(&K)>);

struct Inner {
    site: &'static Site,
    /// Tells it from another that came under its name.
    seed: u64,
    buckets: Buckets,
    tally: Tally,
    listeners: Listeners,
    queues: Queues,
}

impl<K: Key + ?Sized> Keyed<K> {
    /// How many keys there can be unless [`Keyed::with_capacity`] says otherwise: 1 MiB of them.
    pub const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(65_536).expect("sixty thousand is not zero");

    /// Buckets with these settings, for as many keys as the [default](Self::DEFAULT_CAPACITY) allows.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self::with_capacity(name, config, Self::DEFAULT_CAPACITY)
    }

    /// Buckets with these settings, for at most `capacity` keys. Ask for half as many again as there are at a time: a set of
    /// them can be full before all are.
    #[must_use]
    pub fn with_capacity(name: &str, config: Config, capacity: NonZeroUsize) -> Self {
        let site = Site::intern(LAYER, name);
        let inner = Inner {
            site,
            seed: site.seed(),
            buckets: Buckets::new(config, capacity, clock::fine()),
            tally: Tally::default(),
            listeners: Listeners::default(),
            queues: Queues::default(),
        };
        Self(Arc::new(inner), PhantomData)
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.site.name
    }

    /// The settings of each bucket.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.0.buckets.config()
    }

    /// Takes `cost` tokens of `key`, for code that has no tower stack.
    ///
    /// # Errors
    /// The rejection, when they are not there. Then nothing is taken.
    #[inline]
    pub fn try_acquire(&self, key: &K, cost: u32) -> Result<(), Rejected> {
        // What costs nothing is admitted by a bucket in debt too, and by one that is paused.
        match if cost == 0 { Ok(()) } else { self.0.buckets.try_acquire(key, cost, clock::fine()) } {
            Ok(()) => {
                self.0.tally.admitted();
                Ok(())
            }
            Err(refusal) => Err(self.reject(key, refusal)),
        }
    }

    /// Gives back `cost` tokens of `key` that were taken and not used, as another limit did not admit the call. It still counts as
    /// admitted here.
    pub fn refund(&self, key: &K, cost: u32) {
        self.0.buckets.refund(key, cost, clock::fine());
    }

    /// How the bucket of `key` stands. Looking makes none.
    #[must_use]
    pub fn standing(&self, key: &K) -> Standing {
        Standing::new(self.name().into(), &self.0.buckets.snapshot(key, clock::fine()))
    }

    /// Admits nothing of `key` for `time`, of a minute at most.
    pub fn pause(&self, key: &K, time: Duration) {
        self.0.buckets.pause(key, time, clock::fine());
    }

    /// How many keys have a bucket of their own.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.buckets.words().len()
    }

    /// Whether no key has a bucket.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys can have a bucket of their own.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.buckets.words().capacity()
    }

    /// Calls `listener` at every refusal, as [`Handle::on_event`](super::Handle::on_event) does for one. The events name the
    /// key.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.listeners.panics()
    }

    /// The limits as a layer takes them, with what finds the key of a request.
    pub const fn by<X>(self, find: X) -> ByKey<X, Self> {
        ByKey { keyed: self, find }
    }

    pub(super) const fn one<'a>(&'a self, key: Cow<'a, K>) -> OneKey<'a, K> {
        OneKey { keyed: self, key }
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listeners.push(listener, || {});
    }

    pub(super) fn status(&self) -> KeyedRateLimitStatus {
        let (inner, words, calls) = (&*self.0, self.0.buckets.words(), self.0.tally.read());
        KeyedRateLimitStatus {
            rate: self.config().rate(),
            burst: self.config().burst(),
            entries: words.len(),
            capacity: words.capacity(),
            evicted: words.evicted(),
            overflowed: words.overflowed(),
            admitted: calls.admitted,
            rejected: calls.limited + calls.too_large + calls.timed_out + calls.expired,
            limited: calls.limited,
            too_large: calls.too_large,
            timed_out: calls.timed_out,
            expired: calls.expired,
            seed: inner.seed,
        }
    }

    pub(super) fn queues(&self) -> &Queues {
        &self.0.queues
    }

    pub(super) fn buckets(&self) -> &Buckets {
        &self.0.buckets
    }

    pub(super) fn admitted(&self) {
        self.0.tally.admitted();
    }

    /// The rejection of a call, counted.
    pub(super) fn reject(&self, key: &K, refusal: Refusal) -> Rejected {
        let Inner { site, tally, listeners, .. } = &*self.0;
        tally.rejected(refusal);
        if listeners.refusals_are_heard() {
            listeners.happens(site, Some(key.to_string().into()), EventKind::Rejected(refusal));
        }
        Rejected::new(site, refusal)
    }
}

/// The limit of one key, on loan.
pub struct OneKey<'a, K: Key + ?Sized> {
    keyed: &'a Keyed<K>,
    key: Cow<'a, K>,
}

impl<K: Key + ?Sized> Limit for OneKey<'_, K> {
    type Kept = KeptKey<K>;

    #[inline]
    fn try_acquire(&self, cost: u32) -> Result<(), Rejected> {
        self.keyed.try_acquire(&self.key, cost)
    }

    fn admit_within(&self, cost: u32, max_wait: Duration) -> Result<Option<Turn>, Rejected> {
        let (inner, key, now) = (&*self.keyed.0, &*self.key, clock::fine());
        let ahead = if cost == 0 { None } else { inner.queues.ahead(key) };
        // Nobody is overtaken: who finds others waiting waits behind them.
        if ahead.is_none() && (cost == 0 || inner.buckets.try_acquire(key, cost, now).is_ok()) {
            inner.tally.admitted();
            return Ok(None);
        }
        let patience = Patience::of(max_wait);
        match wait_for(&inner.buckets.snapshot(key, now), cost, ahead.unwrap_or(0)) {
            Ok(wait) if wait <= patience.time => {
                let limit = AtKey::new(self.keyed.clone(), self.key.clone().into_owned());
                Ok(Some(queue_up(limit, cost, patience)))
            }
            Ok(wait) => Err(self.keyed.reject(key, Refusal::after(Reason::RateLimited, wait))),
            Err(refusal) => Err(self.keyed.reject(key, refusal)),
        }
    }

    fn keep(&self) -> KeptKey<K> {
        KeptKey { keyed: self.keyed.clone(), key: self.key.clone().into_owned() }
    }
}

/// The limit of one key, to hold on to.
pub struct KeptKey<K: Key + ?Sized> {
    keyed: Keyed<K>,
    key: K::Owned,
}

impl<K: Key + ?Sized> Kept for KeptKey<K> {
    fn pause(&self, time: Duration) {
        self.keyed.pause(self.key.borrow(), time);
    }

    fn standings(&self) -> Vec<Standing> {
        vec![self.keyed.standing(self.key.borrow())]
    }
}

impl<K: Key + ?Sized> Clone for Keyed<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0), PhantomData)
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

impl<K: Key + ?Sized> fmt::Debug for OneKey<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneKey").field("keyed", &self.keyed).finish_non_exhaustive()
    }
}

impl<K: Key + ?Sized> fmt::Debug for KeptKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptKey").field("keyed", &self.keyed).finish_non_exhaustive()
    }
}
