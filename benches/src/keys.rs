//! A token bucket per key, with keys in no order: each call takes a random one of those that are there.

use crate::paths::Path;
use crate::worker::Worker;
use buttress_core::Tick;
use buttress_core::clock::coarse;
use buttress_core::keyed::{Keep, Store, WordState, Words, Worth};
use std::borrow::{Borrow, Cow};
use std::hash::Hash;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// Words by number.
pub const WORDS_10K: Path = Path { name: "words, 10,000 numbers", make: || words(&NUMBERS_10K) };
/// The same, a hundred times as many.
pub const WORDS_1M: Path = Path { name: "words, 1,000,000 numbers", make: || words(&NUMBERS_1M) };
/// Words by name.
pub const WORDS_NAMED_10K: Path = Path { name: "words, 10,000 names", make: || words(&NAMES_10K) };
/// The same, a hundred times as many.
pub const WORDS_NAMED_1M: Path = Path { name: "words, 1,000,000 names", make: || words(&NAMES_1M) };
/// A store by number, whose states are words as well.
pub const STORE_10K: Path = Path { name: "store, 10,000 numbers", make: || store(&NUMBERS_10K) };
/// The same, a hundred times as many.
pub const STORE_1M: Path = Path { name: "store, 1,000,000 numbers", make: || store(&NUMBERS_1M) };
/// A store by name.
pub const STORE_NAMED_10K: Path = Path { name: "store, 10,000 names", make: || named_store(&NAMES_10K) };
/// The same, a hundred times as many.
pub const STORE_NAMED_1M: Path = Path { name: "store, 1,000,000 names", make: || named_store(&NAMES_1M) };
/// Words with so few numbers that everything is in the nearest cache.
pub const WORDS_100: Path = Path { name: "words, 100 numbers", make: || words(&NUMBERS_100) };
/// A store with as few.
pub const STORE_100: Path = Path { name: "store, 100 numbers", make: || store(&NUMBERS_100) };

/// Those that are quick to make.
pub const SMALL: [Path; 6] = [WORDS_100, WORDS_10K, WORDS_NAMED_10K, STORE_100, STORE_10K, STORE_NAMED_10K];

/// Keys in the order they are asked for.
pub type Keys<K> = LazyLock<Arc<[K]>>;

/// A hundred numbers.
pub static NUMBERS_100: Keys<u64> = LazyLock::new(|| shuffled(100, mixed));
/// Ten thousand numbers.
pub static NUMBERS_10K: Keys<u64> = LazyLock::new(|| shuffled(10_000, mixed));
/// A million numbers.
pub static NUMBERS_1M: Keys<u64> = LazyLock::new(|| shuffled(1_000_000, mixed));
/// Ten thousand names of 24 bytes.
pub static NAMES_10K: Keys<String> = LazyLock::new(|| shuffled(10_000, name));
/// A million names of 24 bytes.
pub static NAMES_1M: Keys<String> = LazyLock::new(|| shuffled(1_000_000, name));

/// Made in one order and asked for in another, so that neither the keys nor their states lie side by side.
fn shuffled<K>(count: u64, make: fn(u64) -> K) -> Arc<[K]> {
    let mut keys: Vec<_> = (0..count).map(make).collect();
    for last in (1..keys.len()).rev() {
        keys.swap(last, (mixed(!(last as u64)) % (last as u64 + 1)) as usize);
    }
    keys.into()
}

/// The finaliser of splitmix64: numbers that say nothing about the next one.
#[must_use]
pub fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn name(number: u64) -> String {
    format!("tenant-{:017}", mixed(number) >> 8)
}

/// Asks for one key after the other.
struct Asking<T, K: 'static> {
    states: Arc<T>,
    keys: Arc<[K]>,
    /// The next one to ask for.
    at: usize,
    admit: fn(&T, &K) -> bool,
}

/// A worker over states that all of the keys have by then.
pub fn asking<T, K>(states: T, keys: &Keys<K>, admit: fn(&T, &K) -> bool) -> Box<dyn Worker>
where
    T: Send + Sync + 'static,
    K: Send + Sync + 'static,
{
    for key in keys.iter() {
        assert!(admit(&states, key), "every bucket starts full");
    }
    Box::new(Asking { states: Arc::new(states), keys: Arc::clone(keys), at: 0, admit })
}

impl<T, K> Worker for Asking<T, K>
where
    T: Send + Sync + 'static,
    K: Send + Sync + 'static,
{
    // Out of line, so that the loop is the same code wherever it is measured from.
    #[inline(never)]
    fn run(&mut self, calls: u64) {
        let (states, keys, admit) = (&*self.states, &*self.keys, self.admit);
        for _ in 0..calls {
            black_box(admit(states, black_box(&keys[self.at])));
            self.at = if self.at + 1 == keys.len() { 0 } else { self.at + 1 };
        }
    }

    /// Asks for other keys meanwhile.
    fn twin(&self) -> Box<dyn Worker> {
        let at = (self.at + self.keys.len() / 2) % self.keys.len();
        Box::new(Self {
            states: Arc::clone(&self.states),
            keys: Arc::clone(&self.keys),
            at,
            admit: self.admit,
        })
    }

    fn check(&mut self) {
        assert!((self.admit)(&self.states, &self.keys[self.at]), "no bucket is ever empty");
    }
}

/// Nanoseconds in a step of the words, which reach nine years that way.
const STEP: u64 = 4;
/// Steps that a call takes out: a million calls a second.
const COST: u64 = 1_000 / STEP;
/// Steps in a full bucket: a second's calls.
const BURST: u64 = 1_000_000 * COST;

/// One call at `now` (in steps), of a bucket that will be full at `full_at`: when it will be then, if the call is admitted.
fn taken(full_at: u64, now: u64) -> Option<u64> {
    let next = full_at.max(now) + COST;
    (next - now <= BURST).then_some(next)
}

fn worth(full_at: u64, now: Tick) -> Worth {
    let now = now.as_nanos() / STEP;
    match taken(full_at, now) {
        None => Worth::Penalty,
        Some(_) if full_at > now => Worth::Memory,
        Some(_) => Worth::Nothing,
    }
}

/// A token bucket (GCRA) as a word.
#[derive(Default)]
struct Bucket;

impl WordState for Bucket {
    const FRESH: u64 = 0;

    fn worth(&self, full_at: u64, now: Tick) -> Worth {
        worth(full_at, now)
    }
}

fn words<K: Hash + Send + Sync + 'static>(keys: &Keys<K>) -> Box<dyn Worker> {
    asking(Words::<Bucket>::new(twice(keys.len())), keys, |words, key| {
        let tick = coarse();
        let now = tick.as_nanos() / STEP;
        words.update(key, tick, |full_at| match taken(full_at, now) {
            Some(next) => (next, true),
            None => (full_at, false),
        })
    })
}

/// The same bucket as a state of its own.
struct Shared(AtomicU64);

impl Keep for Shared {
    fn worth(&self, now: Tick) -> Worth {
        worth(self.0.load(Ordering::Relaxed), now)
    }
}

fn admit<Q>(store: &Store<Q, Shared>, key: &Q) -> bool
where
    Q: Hash + Eq + ToOwned + ?Sized,
{
    let make = |_: &Q| Shared(AtomicU64::new(0));
    let bucket = store.get_or_insert_with(Cow::Borrowed(key), coarse, make).expect("there is room");
    let now = coarse().as_nanos() / STEP;
    bucket.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| taken(full_at, now)).is_ok()
}

fn store(keys: &Keys<u64>) -> Box<dyn Worker> {
    asking(Store::new(twice(keys.len())), keys, admit)
}

fn named_store(keys: &Keys<String>) -> Box<dyn Worker> {
    asking(Store::new(twice(keys.len())), keys, |store, key| admit(store, Borrow::<str>::borrow(key)))
}

/// Room enough that no key has to go.
fn twice(keys: usize) -> NonZeroUsize {
    NonZeroUsize::new(2 * keys).expect("there are keys")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::allocations;

    #[test]
    fn f6_a_lookup_of_a_key_that_is_there_allocates_nothing() {
        for path in SMALL {
            let mut worker = (path.make)();
            worker.check();
            assert_eq!(allocations(&mut *worker, 500), 0, "{}", path.name);
            worker.twin().check();
        }
    }

    #[test]
    fn a_bucket_admits_its_burst_and_then_its_rate() {
        let mut full_at = 0;
        let mut admitted = 0;
        while let Some(next) = taken(full_at, 7) {
            (full_at, admitted) = (next, admitted + 1);
        }
        assert_eq!(admitted, 1_000_000);
        assert_eq!((taken(full_at, 7 + COST - 1), taken(full_at, 7 + COST).is_some()), (None, true));
    }
}
