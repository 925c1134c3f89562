//! A set of slots, each a fingerprint beside a word, and how a slot changes its key while others use it.
//!
//! A word is `generation 8 | state 56`. A slot goes from one key to another in three steps, the first of which only one
//! thread can take:
//!
//! 1. the word is exchanged, from exactly the one that was judged, for the next generation *in limbo*;
//! 2. the fingerprint is replaced;
//! 3. the word is set to the first state of the new key.
//!
//! Who has read the old fingerprint finds one of two things. Either the word it read is of the old generation, and its
//! exchange fails from step 1 on. Or it is of the new one, and then the fingerprint, read again after the word, is not the
//! old one any more, as step 3 shows step 2. So no change meant for one key gets into the word of another.
//!
//! Eight bits of generation tell a straggler apart unless its slot has changed its key 256 times, or a multiple of that,
//! between its reading of the word and its exchange, and holds the very same state again.

use crate::sync::{AtomicU64, Ordering};

/// Slots in a set: the fingerprints fill a cache line. The model checker gets one, as it explores them all.
pub(super) const WAYS: usize = if cfg!(buttress_loom) { 1 } else { 8 };

const STATE_BITS: u32 = 56;
const LIMBO: u64 = (1 << STATE_BITS) - 1;

/// The largest state.
pub(super) const LARGEST: u64 = LIMBO - 1;

/// A fingerprint that no key has: the slot is free.
const FREE: u64 = 0;

/// Fingerprints and words, each on a line of their own: a lookup reads one line to find, and writes the other.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Set {
    tags: [AtomicU64; WAYS],
    words: [AtomicU64; WAYS],
}

/// A word as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(u64);

impl Word {
    pub(super) const fn state(self) -> u64 {
        self.0 & LIMBO
    }

    #[inline]
    const fn same_generation(self, other: Self) -> bool {
        (self.0 ^ other.0) >> STATE_BITS == 0
    }

    /// The same generation in another state.
    #[inline]
    fn with(self, state: u64) -> Self {
        assert!(state <= LARGEST, "{state} is no state: they end at {LARGEST}");
        Self((self.0 & !LIMBO) | state)
    }

    /// The next generation, whose key and state are still to come.
    const fn limbo(self) -> Self {
        Self(self.0.wrapping_add(1 << STATE_BITS) | LIMBO)
    }

    const fn is_limbo(self) -> bool {
        self.state() == LIMBO
    }
}

/// A slot and what its word was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    way: usize,
    pub(super) word: Word,
}

/// A slot that can be taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) found: Found,
    pub(super) free: bool,
}

impl Set {
    pub(super) fn new() -> Self {
        let zeros = || std::array::from_fn(|_| AtomicU64::new(0));
        Self { tags: zeros(), words: zeros() }
    }

    /// The slot of a key, and its word.
    #[inline]
    pub(super) fn find(&self, fingerprint: u64) -> Option<Found> {
        // All of them, as a loop that ends where the key is ends somewhere else each time.
        let mut hits = 0_u32;
        for (way, tag) in self.tags.iter().enumerate() {
            hits |= u32::from(tag.load(Ordering::Acquire) == fingerprint) << way;
        }
        // More than one while a slot that the key has lost waits for its next one.
        while hits != 0 {
            let way = hits.trailing_zeros() as usize;
            let word = Word(self.words[way].load(Ordering::Acquire));
            if !word.is_limbo() && self.tags[way].load(Ordering::Acquire) == fingerprint {
                return Some(Found { way, word });
            }
            hits &= hits - 1;
        }
        None
    }

    /// The slots that are not about to change their keys, beginning with the one at `from`.
    pub(super) fn slots(&self, from: usize) -> impl Iterator<Item = Slot> {
        (0..WAYS).filter_map(move |offset| {
            let way = (from + offset) % WAYS;
            // The word first: that it is still the same when it is exchanged vouches for the fingerprint.
            let word = Word(self.words[way].load(Ordering::Acquire));
            let free = self.tags[way].load(Ordering::Acquire) == FREE;
            (!word.is_limbo()).then_some(Slot { found: Found { way, word }, free })
        })
    }

    /// The word in a slot that was found, for changes by [`change`].
    #[inline]
    pub(super) fn word(&self, found: Found) -> &AtomicU64 {
        &self.words[found.way]
    }

    /// Gives a slot to a key and its first state, if the word is still what it was.
    pub(super) fn claim(&self, found: Found, fingerprint: u64, state: u64) -> bool {
        let limbo = found.word.limbo();
        let word = &self.words[found.way];
        let first = limbo.with(state);
        if word.compare_exchange(found.word.0, limbo.0, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return false;
        }
        self.tags[found.way].store(fingerprint, Ordering::Release);
        word.store(first.0, Ordering::Release);
        true
    }
}

/// Exchanges the state of a word for what `change` makes of it. `None` when the word has gone to another key.
#[inline]
pub(super) fn change<R>(
    word: &AtomicU64,
    mut seen: Word,
    change: &mut impl FnMut(u64) -> (u64, R),
) -> Option<R> {
    loop {
        let (state, answer) = change(seen.state());
        let next = seen.with(state);
        let found = if next == seen {
            // Nothing to write, yet what was read must have been this key's.
            Word(word.load(Ordering::Acquire))
        } else {
            match word.compare_exchange_weak(seen.0, next.0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(answer),
                Err(found) => Word(found),
            }
        };
        if !found.same_generation(seen) {
            return None;
        }
        if next == seen {
            return Some(answer);
        }
        seen = found;
    }
}

/// What a word holds that has only ever had one key.
pub(super) fn only(word: &AtomicU64) -> Word {
    Word(word.load(Ordering::Acquire))
}

/// A fingerprint of a hash: any but the free one.
#[inline]
pub(super) fn fingerprint(hash: u64) -> u64 {
    if hash == FREE { !FREE } else { hash }
}
