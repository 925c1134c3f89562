//! What a thread found out of the failures it recorded last, so that the same one again costs a look.

use super::{Category, Fingerprint, Severity};

/// How many there are, 40 bytes each. Most of what fails at a time fails for one reason.
const PLACES: usize = 64;

/// What was found out of a failure: by all that it depends on, as a hash of 64 bits under a seed that nobody knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) fingerprint: Fingerprint,
    pub(super) severity: Severity,
    pub(super) category: Category,
    /// Whether its message can be kept as it is told.
    pub(super) clean: bool,
    /// Where its class was.
    pub(super) place: usize,
}

/// The last of them.
#[derive(Debug, Default)]
pub(super) struct Memo(Vec<Option<(u64, Known)>>);

impl Memo {
    pub(super) fn find(&self, hash: u64) -> Option<Known> {
        let (of, known) = (*self.0.get(Self::place(hash))?)?;
        (of == hash).then_some(known)
    }

    pub(super) fn keep(&mut self, hash: u64, known: Known) {
        if self.0.is_empty() {
            self.0 = vec![None; PLACES];
        }
        self.0[Self::place(hash)] = Some((hash, known));
    }

    const fn place(hash: u64) -> usize {
        hash as usize % PLACES
    }
}
