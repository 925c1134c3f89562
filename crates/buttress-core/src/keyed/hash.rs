//! Where a key belongs, by a rule that differs from store to store.

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The secret of a store's hash.
///
/// foldhash promises that no list of keys collides under every seed, and no more: whoever sees hashes, or times lookups
/// for long, can work a seed out. Here that is enough. Hashes and orders are shown to nobody; both seeds are the operating
/// system's randomness and belong to one store, so what is learnt of one tells nothing of another; and keys that
/// do meet cost only their shard, which has a capacity of its own, or their set, which is looked through at the same cost
/// however full it is.
pub(crate) struct Seeds {
    own: u64,
    shared: SharedSeed,
}

impl Seeds {
    /// Seeds that nobody can foretell.
    pub(crate) fn draw() -> Self {
        // The model checker wants each execution to be the same.
        if cfg!(buttress_loom) { Self::new(1, 2) } else { Self::new(random(), random()) }
    }

    pub(crate) const fn new(own: u64, shared: u64) -> Self {
        Self { own, shared: SharedSeed::from_u64(shared) }
    }

    /// 64 bits, all of them good: each store takes several parts of them for several choices.
    #[inline]
    pub(crate) fn hash(&self, key: &(impl Hash + ?Sized)) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.own, &self.shared);
        key.hash(&mut hasher);
        hasher.finish()
    }
}

/// The standard library's hasher is the one source of randomness it has: a keyed SipHash, with keys from the system.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(())
}

impl fmt::Debug for Seeds {
    /// Without the seeds: logs are read by others.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seeds").finish_non_exhaustive()
    }
}
