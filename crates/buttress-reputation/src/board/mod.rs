//! The scores of all peers side by side, and who sits where.
//!
//! Each peer has a [`Seat`], a word in a chunk that stays where it is. So one walk over a few pages finds the best of all
//! peers, and nobody's state has to be looked at for that. A seat is free again when the last one that holds its peer lets go
//! of it: a straggler that still writes the score of a peer which lost its place writes to that peer's word and to no other.

mod scan;
mod seat;

pub(crate) use scan::Place;
pub(crate) use seat::Seat;

use crate::sync::{Mutex, lock};
use seat::{CHUNK, Chunk, Free};
use std::fmt;
use std::sync::{Arc, Weak};

/// Seats, and for each of them a `T` that has it.
pub(crate) struct Board<T> {
    rows: Mutex<Rows<T>>,
    free: Arc<Free>,
}

struct Rows<T> {
    /// Only ever appended to.
    chunks: Vec<Arc<Chunk>>,
    /// Of each chunk those that sit there, of which only the last can be short. Who is gone stays until somebody else sits there.
    sitters: Vec<Vec<Weak<T>>>,
    /// As many seats as there ever were at a time.
    seats: usize,
}

impl<T> Rows<T> {
    /// Another seat, which nobody had before.
    fn grow(&mut self, free: &Arc<Free>) -> usize {
        let number = self.seats;
        if number == self.chunks.len() * CHUNK {
            self.chunks.push(Arc::new(Chunk::new(number, Arc::clone(free))));
            self.sitters.push(Vec::with_capacity(CHUNK));
        }
        self.sitters[number / CHUNK].push(Weak::new());
        self.seats += 1;
        number
    }

    fn sitter(&self, number: usize) -> Option<Arc<T>> {
        self.sitters[number / CHUNK][number % CHUNK].upgrade()
    }
}

impl<T> Board<T> {
    pub(crate) fn new() -> Self {
        let rows = Rows { chunks: Vec::new(), sitters: Vec::new(), seats: 0 };
        Self { rows: Mutex::new(rows), free: Arc::default() }
    }

    /// A seat whose word is `state`. Nobody is found there before he [sits](Self::sit).
    pub(crate) fn seat(&self, state: u64) -> Seat {
        let mut rows = lock(&self.rows);
        let number = self.free.pop().unwrap_or_else(|| rows.grow(&self.free));
        Seat::take(&rows.chunks[number / CHUNK], number, state)
    }

    /// Whoever looks for the peer in seat `number` finds this one.
    pub(crate) fn sit(&self, number: usize, sitter: &Arc<T>) {
        let sitter = Arc::downgrade(sitter);
        let before = std::mem::replace(&mut lock(&self.rows).sitters[number / CHUNK][number % CHUNK], sitter);
        // The memory of who sat there is not given back under the lock.
        drop(before);
    }

    /// Who sits in each of these seats, if anybody does by now.
    pub(crate) fn sitters(&self, seats: impl Iterator<Item = usize>) -> Vec<Option<Arc<T>>> {
        let rows = lock(&self.rows);
        seats.map(|number| rows.sitter(number)).collect()
    }

    /// Those that sit in so many seats side by side, from where `roll` says, around to the first after the last.
    pub(crate) fn side_by_side(&self, roll: u64, count: usize) -> Vec<Arc<T>> {
        let rows = lock(&self.rows);
        let first = (roll % rows.seats.max(1) as u64) as usize;
        let around = (first..rows.seats).chain(0..first);
        around.take(count).filter_map(|number| rows.sitter(number)).collect()
    }

    /// As many seats as there ever were at a time.
    #[cfg(test)]
    fn seats(&self) -> usize {
        lock(&self.rows).seats
    }
}

impl<T> fmt::Debug for Board<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}

#[cfg(all(test, buttress_loom))]
mod models;
#[cfg(all(test, not(buttress_loom)))]
mod tests;
