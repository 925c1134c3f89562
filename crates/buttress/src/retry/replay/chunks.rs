//! Bytes that are kept, and never more of them than a limit.

use bytes::Bytes;

/// A copy of what was read of a body.
///
/// A copy, as a slice may hold on to a buffer of any size: what is allocated here is never more than the limit.
#[derive(Debug)]
pub(super) struct Chunks {
    sealed: Vec<Bytes>,
    open: Vec<u8>,
    len: usize,
    limit: usize,
}

/// The smallest piece of memory that is taken for a body that comes in drops.
const SMALLEST: usize = 512;

impl Chunks {
    pub(super) const fn new(limit: usize) -> Self {
        Self { sealed: Vec::new(), open: Vec::new(), len: 0, limit }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// What still fits.
    pub(super) const fn room(&self) -> usize {
        self.limit - self.len
    }

    /// Adds `data` to what is kept; false, and nothing is added, if it is too much.
    pub(super) fn push(&mut self, mut data: &[u8]) -> bool {
        if data.len() > self.room() {
            return false;
        }
        while !data.is_empty() {
            if self.open.len() == self.open.capacity() {
                self.seal();
                // As much again as there is, so that there are few pieces.
                let wanted = data.len().max(self.len).max(SMALLEST);
                self.open = Vec::with_capacity(wanted.min(self.room()));
            }
            let (fits, rest) = data.split_at(data.len().min(self.open.capacity() - self.open.len()));
            self.open.extend_from_slice(fits);
            self.len += fits.len();
            data = rest;
        }
        true
    }

    /// The piece that begins at `at`, which lies within what is kept.
    pub(super) fn read(&mut self, at: usize) -> Option<Bytes> {
        self.seal();
        let mut skipped = 0;
        for piece in &self.sealed {
            if at < skipped + piece.len() {
                return Some(piece.slice(at - skipped..));
            }
            skipped += piece.len();
        }
        None
    }

    /// Frees everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    /// What is not used of a piece is given back, as the next one counts on the room.
    fn seal(&mut self) {
        if !self.open.is_empty() {
            self.sealed.push(std::mem::take(&mut self.open).into_boxed_slice().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Chunks {
        fn allocated(&self) -> usize {
            self.sealed.iter().map(Bytes::len).sum::<usize>() + self.open.capacity()
        }

        fn contents(&mut self) -> Vec<u8> {
            let mut all = Vec::new();
            while let Some(piece) = self.read(all.len()) {
                all.extend_from_slice(&piece);
            }
            all
        }
    }

    #[test]
    fn e7_all_comes_back_and_never_more_than_the_limit_is_allocated() {
        for (size, limit) in [(1, 65_536), (7, 1_000), (1_000, 65_536), (4_096, 4_096), (3, 512)] {
            let mut chunks = Chunks::new(limit);
            let data: Vec<u8> = (0..limit).map(|at| (at % 251) as u8).collect();
            for (round, piece) in data.chunks(size).enumerate() {
                assert!(chunks.push(piece), "{size} {limit}");
                assert!(chunks.allocated() <= limit, "{size} {limit}: {}", chunks.allocated());
                // Whoever reads in the middle makes a piece of what is there.
                if round % 100 == 0 {
                    let end = chunks.len() - 1;
                    assert_eq!(chunks.read(end).expect("the last byte"), data[end..=end]);
                    assert!(chunks.allocated() <= limit, "{size} {limit}: {}", chunks.allocated());
                }
            }
            assert_eq!(chunks.contents(), data);
            assert!(!chunks.push(b"x"), "it is full");
            assert_eq!((chunks.len(), chunks.room()), (limit, 0));
            chunks.clear();
            assert_eq!((chunks.len(), chunks.allocated()), (0, 0));
        }
    }

    #[test]
    fn e7_drops_are_gathered_in_few_pieces() {
        let mut chunks = Chunks::new(65_536);
        for _ in 0..65_536 {
            assert!(chunks.push(b"x"));
        }
        chunks.seal();
        assert!(chunks.sealed.len() < 12, "{}", chunks.sealed.len());
    }
}
