//! The store for states of one word.

use super::Worth;
use super::hash::Seeds;
use super::set::{self, Found, LARGEST, Set, Slot, WAYS};
use crate::Tick;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;

/// Locks for new keys. The model checker gets one.
const LOCKS: usize = if cfg!(buttress_loom) { 1 } else { 64 };

/// What a word of [`Words`] means.
///
/// A state is a number of 56 bits, up to [`Words::LARGEST`]. That is time enough in steps of four nanoseconds for nine
/// years, counted from when the store was made: [`Tick`]s themselves count from the start of the machine.
///
/// | state | the word | worth nothing | a penalty |
/// |---|---|---|---|
/// | token bucket (GCRA) | when the bucket will be full | that time has come | it is empty |
/// | ban | when it ends | it has ended | it has not |
/// | score | score, and when it was that | it has decayed to where it began | it is at its lowest |
pub trait WordState {
    /// The state of a key that was never seen.
    const FRESH: u64;

    /// What is lost if `state` is forgotten at `now`.
    fn worth(&self, state: u64, now: Tick) -> Worth;
}

/// One word for each of at most so many keys, without a lock for keys that have one.
///
/// Each key belongs into two sets of eight slots. It lives in the first one until that is half full and then in the
/// emptier one. Nothing goes before the store is about two thirds full; at its very capacity
/// one key in twenty had to go. So ask for half as many again as there are keys at a time. Whom a new key pushes out is
/// chosen by [`Worth`] among the sixteen in its sets; if all of those carry penalties, it gets the one word that such keys
/// share. All memory is taken when the store is made: 16 bytes a slot.
///
/// Keys are not kept: a key is known by 64 bits of hash. With a million keys, the odds that any two of them share a word
/// are one in thirty million. It is the hash that tells keys apart, so a `&str` and the same `String` are one key.
///
/// ```
/// use buttress_core::Tick;
/// use buttress_core::keyed::{WordState, Words, Worth};
/// use std::num::NonZeroUsize;
///
/// /// Banned until so many seconds after the start.
/// struct Ban;
///
/// impl WordState for Ban {
///     const FRESH: u64 = 0;
///
///     fn worth(&self, until: u64, now: Tick) -> Worth {
///         if until <= now.as_nanos() / 1_000_000_000 { Worth::Nothing } else { Worth::Penalty }
///     }
/// }
///
/// let bans = Words::with(NonZeroUsize::new(100_000).expect("not zero"), Ban);
/// bans.update("203.0.113.7", Tick::ZERO, |until| (until.max(60), ()));
/// assert_eq!((bans.peek("203.0.113.7"), bans.peek("203.0.113.8")), (Some(60), None));
/// ```
pub struct Words<S> {
    sets: Box<[Set]>,
    /// Two threads with the same new key, or with keys of the same first set, come one after the other.
    claims: [Mutex<()>; LOCKS],
    /// The word of keys that find only penalties where they belong.
    overflow: AtomicU64,
    seeds: Seeds,
    len: AtomicU64,
    evicted: AtomicU64,
    overflowed: AtomicU64,
    meaning: S,
}

/// Where a key belongs.
#[derive(Clone, Copy, Debug)]
struct Home {
    fingerprint: u64,
    sets: [usize; 2],
}

impl<S: WordState> Words<S> {
    /// The largest state: 2⁵⁶ − 2.
    pub const LARGEST: u64 = LARGEST;

    /// An empty store for at most `capacity` keys, rounded up to eight of them.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self
    where
        S: Default,
    {
        Self::with(capacity, S::default())
    }

    /// The same for states whose meaning has settings.
    #[must_use]
    pub fn with(capacity: NonZeroUsize, meaning: S) -> Self {
        Self::with_seeds(capacity, Seeds::draw(), meaning)
    }

    /// What its states mean.
    #[inline]
    #[must_use]
    pub const fn meaning(&self) -> &S {
        &self.meaning
    }

    pub(super) fn with_seeds(capacity: NonZeroUsize, seeds: Seeds, meaning: S) -> Self {
        const { assert!(S::FRESH <= LARGEST, "a state has 56 bits") };
        let zero = || AtomicU64::new(0);
        Self {
            sets: (0..capacity.get().div_ceil(WAYS)).map(|_| Set::new()).collect(),
            claims: std::array::from_fn(|_| Mutex::new(())),
            overflow: AtomicU64::new(S::FRESH),
            seeds,
            len: zero(),
            evicted: zero(),
            overflowed: zero(),
            meaning,
        }
    }

    /// Exchanges the state of `key` for what `change` makes of it, and returns what that answers. A key without a
    /// state begins with [`WordState::FRESH`], and stays without one if `change` leaves that as it is.
    ///
    /// `change` is asked again when another thread was faster, and only its last answer counts. What it was asked about
    /// before may even have been the state of another key that had the slot meanwhile, so it does nothing else.
    ///
    /// # Panics
    /// When `change` makes a state above [`Words::LARGEST`].
    #[inline]
    pub fn update<K: Hash + ?Sized, R>(
        &self,
        key: &K,
        now: Tick,
        mut change: impl FnMut(u64) -> (u64, R),
    ) -> R {
        let home = self.home(key);
        loop {
            let answer = match self.find(home) {
                Some((set, found)) => set::change(set.word(found), found.word, &mut change),
                None => self.begin(home, now, &mut change),
            };
            if let Some(answer) = answer {
                return answer;
            }
        }
    }

    /// The state of `key`, if it has one of its own. Makes none.
    #[inline]
    #[must_use]
    pub fn peek<K: Hash + ?Sized>(&self, key: &K) -> Option<u64> {
        let (set, found) = self.find(self.home(key))?;
        set::change(set.word(found), found.word, &mut |state| (state, state))
    }

    /// The state that an [update](Self::update) of `key` would find at `now`: its own, a fresh one, or the one that keys share
    /// for which there is no room. Makes none.
    #[must_use]
    pub fn look<K: Hash + ?Sized>(&self, key: &K, now: Tick) -> u64 {
        self.peek(key).unwrap_or_else(|| {
            if self.room(self.home(key), now).is_some() {
                return S::FRESH;
            }
            let shared = set::only(&self.overflow);
            set::change(&self.overflow, shared, &mut |state| (state, state)).unwrap_or(S::FRESH)
        })
    }

    /// How many keys have a state.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed) as usize
    }

    /// Whether no key has a state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys can have a state.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.sets.len() * WAYS
    }

    /// How many states had to go to make room, whatever they were worth.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// How many updates went to the word that keys without room share.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }

    #[inline]
    fn home<K: Hash + ?Sized>(&self, key: &K) -> Home {
        let hash = self.seeds.hash(key);
        // A multiplication in place of a division: the high bits choose the one, the low ones the other.
        let set = |bits: u64| ((u128::from(bits) * self.sets.len() as u128) >> 64) as usize;
        Home { fingerprint: set::fingerprint(hash), sets: [set(hash), set(hash.rotate_left(32))] }
    }

    #[inline]
    fn find(&self, home: Home) -> Option<(&Set, Found)> {
        home.sets.iter().find_map(|set| {
            let set = &self.sets[*set];
            Some((set, set.find(home.fingerprint)?))
        })
    }

    /// Changes a fresh state and gives it to a key that has none. `None` when the key has one by now.
    #[cold]
    fn begin<R>(&self, home: Home, now: Tick, change: &mut impl FnMut(u64) -> (u64, R)) -> Option<R> {
        let (state, answer) = change(S::FRESH);
        if state == S::FRESH && self.room(home, now).is_some() {
            return Some(answer);
        }
        let _claim = lock(&self.claims[home.sets[0] % LOCKS]);
        loop {
            // The key cannot come while its lock is held, but may have come before.
            if self.find(home).is_some() {
                return None;
            }
            let Some((set, slot)) = self.room(home, now) else {
                self.overflowed.fetch_add(1, Ordering::Relaxed);
                return set::change(&self.overflow, set::only(&self.overflow), change);
            };
            if self.sets[set].claim(slot.found, home.fingerprint, state) {
                let count = if slot.free { &self.len } else { &self.evicted };
                count.fetch_add(1, Ordering::Relaxed);
                return Some(answer);
            }
        }
    }
    /// The slot for a new key: a free one in the emptier set, or else of the one that loses least. `None` when that is too
    /// much.
    fn room(&self, home: Home, now: Tick) -> Option<(usize, Slot)> {
        let [first, second] = home.sets;
        let [free, free_in_second] =
            home.sets.map(|set| self.sets[set].slots(0).filter(|slot| slot.free).count());
        let order = if free <= WAYS / 2 && free_in_second > free { [second, first] } else { [first, second] };
        // Not always from the same one on, or of equals always the same one would go.
        let from = (home.fingerprint >> 24) as usize % WAYS;
        let slots = order.into_iter().flat_map(|set| self.sets[set].slots(from).map(move |slot| (set, slot)));
        let judged = slots.map(|(set, slot)| {
            (if slot.free { None } else { Some(self.meaning.worth(slot.found.word.state(), now)) }, set, slot)
        });
        let (_, set, slot) =
            judged.filter(|(worth, ..)| *worth < Some(Worth::Penalty)).min_by_key(|(worth, ..)| *worth)?;
        Some((set, slot))
    }
}

impl<S: WordState> fmt::Debug for Words<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
