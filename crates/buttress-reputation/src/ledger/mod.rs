//! What is known of peers, by their ids.

mod listeners;
mod operator;
mod outcomes;
mod ranking;
mod record;
mod shared;
mod standing;
#[cfg(all(test, not(buttress_loom)))]
mod tests;
mod traffic;
mod turns;

pub use listeners::Listening;
pub use ranking::Ranked;
pub(crate) use record::{Held, Record};
pub use turns::Appraisal;

use crate::bandwidth::Line;
use crate::board::Board;
use crate::peer::{Changes, Rules};
use crate::{Change, Config, PeerEvent, clock, dice};
use buttress_core::clock::wall;
use buttress_core::keyed::Roster;
use listeners::Listeners;
use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is known of peers, by their ids: whom to ask, whom to leave alone, and how each of them stands.
///
/// A handle: its clones share one state, so what one of them records decides for all of them, and what a status shows is what
/// admits. Nothing in here waits or holds a lock while it calls something of yours, so it may be used in tasks and threads alike.
///
/// # How many peers
/// A peer has an entry from the first thing that is recorded of it; to be looked at makes none. There are at most
/// [`Config::capacity`] entries. When a new peer finds no room, one that nobody has anything against goes: first those that
/// stand as a new one would, then those that were not heard of lately, never one that is banned, whose breaker is open, that is
/// badly thought of, or that is being asked with a [`Permit`](crate::Permit) or a [selection](crate::selection). When all that could go are such, the new ones share one state, in which nothing is held against them and
/// nothing in their favour. So who comes back after its entry went is a new peer and never better than that, and a flood of new
/// names neither takes memory nor lifts a ban.
///
/// ```
/// use buttress_reputation::{Config, Ledger};
/// use std::time::Duration;
///
/// let peers = Ledger::<String>::new("sync", Config::default());
/// assert!(peers.should_communicate("alice"), "nothing is known of her");
/// peers.record_success("alice", Duration::from_millis(20));
/// peers.record_failure("bob");
/// assert!(peers.ban("mallory", "sent garbage", None));
///
/// assert!(!peers.should_communicate("mallory"));
/// let best: Vec<_> = peers.top(2).into_iter().map(|peer| peer.key).collect();
/// assert_eq!(best, ["alice", "bob"]);
/// ```
pub struct Ledger<K: Clone = String> {
    inner: Arc<Inner<K>>,
}

struct Inner<K: Clone> {
    name: Arc<str>,
    config: Config,
    rules: Arc<Rules>,
    store: Roster<Record<K>>,
    board: Board<Record<K>>,
    /// Of those that find no room.
    shared: Arc<Record<K>>,
    line: Line,
    listeners: Arc<Listeners<K>>,
    trips: AtomicU64,
    /// When the first of all bans ends, in nanoseconds, or earlier.
    first_end: AtomicU64,
    /// How often a peer was given the record that those without room share.
    overflowed: AtomicU64,
    #[cfg(feature = "registry")]
    watched: crate::registry::Watched,
}

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// An empty ledger. The name is what events and statuses call it.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, config: Config) -> Self {
        let capacity = NonZeroUsize::new(config.capacity()).expect("a checked setting");
        let (now, wall) = (clock::now(), wall());
        let inner = Inner {
            name: name.into(),
            rules: Arc::new(Rules::new(&config, dice::roll(), now, wall)),
            store: Roster::new(capacity),
            board: Board::new(),
            shared: Arc::new(Record::shared(&config, now, wall)),
            line: Line::new(*config.bandwidth()),
            listeners: Arc::new(Listeners::new()),
            trips: AtomicU64::new(0),
            first_end: AtomicU64::new(u64::MAX),
            overflowed: AtomicU64::new(0),
            #[cfg(feature = "registry")]
            watched: crate::registry::Watched::default(),
            config,
        };
        Self { inner: Arc::new(inner) }
    }

    /// What events and statuses call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The settings it was made with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// How many peers have an entry.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.store.len()
    }

    /// Whether no peer has an entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.store.is_empty()
    }

    /// How often a peer had no room, and was given the state that such peers share.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.inner.overflowed.load(Ordering::Relaxed)
    }

    /// How many entries had to go to make room for others.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.inner.store.evicted()
    }

    /// Calls `listener` with each peer and what changed of it, on the thread on which it changed and after it did, until what is
    /// returned is dropped. A panic in there is [counted](Self::listener_panics), and concerns neither the caller nor other
    /// listeners.
    ///
    /// What two threads do to one peer may be told in another order than it happened in. The
    /// [numbers](PeerEvent::number) are in that order: who keeps how a peer stands leaves out what has a smaller one than what he
    /// heard of that peer before. Nothing is told of those without room.
    pub fn on_event(&self, listener: impl Fn(&K, &PeerEvent) + Send + Sync + 'static) -> Listening<K> {
        Listening::to(&self.inner.listeners, listener)
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.inner.listeners.panics()
    }

    /// The record of a peer, if it has one. Makes none.
    #[inline]
    pub(crate) fn record_of<Q>(&self, key: &Q) -> Option<Arc<Record<K>>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.inner.store.get(key)
    }

    /// The record of a peer, made if there is none; where there is no room, the one that such peers share.
    pub(crate) fn enter<Q>(&self, key: &Q) -> Arc<Record<K>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.record_of(key).unwrap_or_else(|| self.make(key))
    }

    /// The same for somebody who goes on with it: the record stays for as long as he does.
    pub(crate) fn hold<Q>(&self, key: &Q) -> Held<K>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        loop {
            // Under the lock of the store, so that it does not go between the two.
            if let Some(held) = self.inner.store.get_with(key, Held::of) {
                return held;
            }
            let made = self.make(key);
            if made.key().is_none() {
                return Held::of(&made);
            }
        }
    }

    #[cold]
    pub(crate) fn make<Q>(&self, key: &Q) -> Arc<Record<K>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let Inner { store, board, shared, rules, config, overflowed, .. } = &*self.inner;
        let mut seated = None;
        let made = store.get_or_insert_with(key, clock::now, |key| {
            let seat = board.seat(config.scoring().fresh());
            seated = Some(seat.number());
            Record::of(key.to_owned(), seat, rules, clock::now())
        });
        let Ok(record) = made else {
            overflowed.fetch_add(1, Ordering::Relaxed);
            return Arc::clone(shared);
        };
        if let Some(number) = seated {
            board.sit(number, &record);
        }
        record
    }

    /// All records. Each part of the store is locked only while they are gathered.
    pub(crate) fn records(&self) -> Vec<Arc<Record<K>>> {
        let mut records = Vec::with_capacity(self.len());
        self.inner.store.for_each(|record| records.push(Arc::clone(record)));
        records
    }
}

impl<K: Clone> Ledger<K> {
    /// For those who watch it.
    #[cfg(feature = "registry")]
    pub(crate) fn watched(&self) -> &crate::registry::Watched {
        &self.inner.watched
    }

    /// What its peers go by.
    #[inline]
    pub(crate) fn rules(&self) -> &Rules {
        &self.inner.rules
    }

    /// Tells what changed, if anything did.
    #[inline]
    pub(crate) fn tell(&self, record: &Record<K>, changes: Changes) {
        if !changes.is_empty() {
            self.tell_all(record, changes);
        }
    }

    /// Has its ban end by itself in rankings, as it does where it is asked.
    pub(crate) fn await_end(&self, record: &Record<K>) {
        if let Some(end) = record.peer.ban_ends() {
            self.inner.first_end.fetch_min(end.as_nanos(), Ordering::AcqRel);
        }
    }

    #[cold]
    fn tell_all(&self, record: &Record<K>, changes: Changes) {
        for event in changes {
            let change = &event.change;
            if matches!(change, Change::Opened) {
                self.inner.trips.fetch_add(1, Ordering::Relaxed);
            }
            if matches!(change, Change::Banned { .. }) {
                self.await_end(record);
            }
            #[cfg(feature = "registry")]
            self.inner.watched.note(change, clock::now());
            if let Some(key) = record.key() {
                self.inner.listeners.tell(key, &event);
            }
        }
    }
}

impl<K: Clone> Clone for Ledger<K> {
    /// Another handle on the same state.
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<K: Clone> fmt::Debug for Ledger<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("name", &self.inner.name).finish_non_exhaustive()
    }
}
