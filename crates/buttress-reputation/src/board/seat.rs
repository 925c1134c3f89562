//! The word of one peer, and the chunks that words are in.

use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering, lock};
use std::sync::Arc;

/// Words that one word of bits speaks for.
pub(super) const GROUP: usize = 64;

/// Groups in a chunk, whose words fill a page. The model checker gets one.
pub(super) const GROUPS: usize = if cfg!(buttress_loom) { 1 } else { 8 };

/// Words in a chunk.
pub(super) const CHUNK: usize = GROUPS * GROUP;

/// The seats that were given back.
#[derive(Debug, Default)]
pub(super) struct Free(Mutex<Vec<usize>>);

impl Free {
    pub(super) fn pop(&self) -> Option<usize> {
        lock(&self.0).pop()
    }
}

/// A part of the board. It never moves, and goes with the last one that sits in it.
#[derive(Debug)]
pub(super) struct Chunk {
    /// A bit for each word that is somebody's.
    taken: [AtomicU64; GROUPS],
    words: Box<[AtomicU64]>,
    /// The number of the first word.
    first: usize,
    free: Arc<Free>,
}

impl Chunk {
    pub(super) fn new(first: usize, free: Arc<Free>) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            taken: std::array::from_fn(|_| zero()),
            words: (0..CHUNK).map(|_| zero()).collect(),
            first,
            free,
        }
    }

    /// Each group that has anybody in it.
    #[inline]
    pub(super) fn groups(&self) -> impl DoubleEndedIterator<Item = Group<'_>> {
        let groups = self.taken.iter().zip(self.words.chunks(GROUP)).enumerate();
        groups.filter_map(|(group, (taken, words))| {
            let taken = taken.load(Ordering::Acquire);
            (taken != 0).then_some(Group { first: self.first + group * GROUP, taken, words })
        })
    }
}

/// Words side by side.
pub(super) struct Group<'a> {
    /// The number of the first seat.
    pub(super) first: usize,
    /// A bit for each that is somebody's.
    pub(super) taken: u64,
    words: &'a [AtomicU64],
}

impl Group<'_> {
    /// What the words are now.
    #[inline]
    pub(super) fn states(&self) -> [u64; GROUP] {
        let mut states = [0; GROUP];
        for (state, word) in states.iter_mut().zip(self.words) {
            *state = word.load(Ordering::Relaxed);
        }
        states
    }
}

/// The word of one peer, for as long as somebody holds the peer.
#[derive(Debug)]
pub(crate) struct Seat {
    chunk: Arc<Chunk>,
    at: u32,
    /// What is said of its score. Beside `at`, as a word has room for both.
    mark: AtomicU32,
}

impl Seat {
    /// The seat `number`, which nobody has.
    pub(super) fn take(chunk: &Arc<Chunk>, number: usize, state: u64) -> Self {
        let at = number - chunk.first;
        // Before the bit, by which others find it.
        chunk.words[at].store(state, Ordering::Relaxed);
        chunk.taken[at / GROUP].fetch_or(1 << (at % GROUP), Ordering::Release);
        let (at, mark) = (u32::try_from(at).expect("a place in a chunk"), AtomicU32::new(0));
        Self { chunk: Arc::clone(chunk), at, mark }
    }

    /// A seat on no board, for a peer that is in no ranking.
    pub(crate) fn apart(state: u64) -> Self {
        Self::take(&Arc::new(Chunk::new(0, Arc::default())), 0, state)
    }

    /// The score as a [`Scoring`](crate::Scoring) packs it.
    #[inline]
    pub(crate) fn state(&self) -> &AtomicU64 {
        &self.chunk.words[self.at as usize]
    }

    /// What its peer was last said to be by that score.
    #[inline]
    pub(crate) const fn mark(&self) -> &AtomicU32 {
        &self.mark
    }

    /// Which one it is of its board.
    pub(crate) fn number(&self) -> usize {
        self.chunk.first + self.at as usize
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Chunk { taken, free, .. } = &*self.chunk;
        let at = self.at as usize;
        taken[at / GROUP].fetch_and(!(1 << (at % GROUP)), Ordering::AcqRel);
        lock(&free.0).push(self.number());
    }
}
