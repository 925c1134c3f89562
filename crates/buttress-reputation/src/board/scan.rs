//! The best of all peers, in one walk over their words.

use super::Board;
use super::seat::GROUP;
use crate::Score;
use crate::score::Scoring;
use crate::sync::{Ordering, lock};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A seat and the score in it. Of two with the same score, the lower seat is the greater: so no two are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) score: Score,
    seat: Reverse<usize>,
}

impl Place {
    pub(crate) const fn seat(&self) -> usize {
        self.seat.0
    }
}

impl<T> Board<T> {
    /// The `count` places with the best scores at that time, or all there are, the best one first.
    ///
    /// Once there are so many, only those are looked at more closely that can be better than the worst of them, so that a walk
    /// over many works out the scores of few.
    pub(crate) fn best(&self, scoring: &dyn Scoring, at: u32, count: usize) -> Vec<Place> {
        if count == 0 {
            return Vec::new();
        }
        let mut best = BinaryHeap::new();
        self.walk(scoring, None, |seat, state| {
            let place = Reverse(Place { score: scoring.score(state, at), seat: Reverse(seat) });
            if best.len() < count {
                best.push(place);
            } else if let Some(mut worst) = best.peek_mut()
                && place < *worst
            {
                *worst = place;
            }
            // Seats come in their order: another one with the score of the worst would be worse than it.
            (best.len() == count).then(|| best.peek().map(|worst| worst.0.score)).flatten()
        });
        best.into_sorted_vec().into_iter().map(|place| place.0).collect()
    }

    /// All places with scores above `floor` at that time, in no order.
    pub(crate) fn above(&self, scoring: &dyn Scoring, at: u32, floor: Score) -> Vec<Place> {
        let mut found = Vec::new();
        self.walk(scoring, Some(floor), |seat, state| {
            let score = scoring.score(state, at);
            if score > floor {
                found.push(Place { score, seat: Reverse(seat) });
            }
            Some(floor)
        });
        found
    }

    /// Shows the seats whose scores can be above a floor, which rises as `show` says; all while it says none.
    fn walk(
        &self,
        scoring: &dyn Scoring,
        mut floor: Option<Score>,
        mut show: impl FnMut(usize, u64) -> Option<Score>,
    ) {
        let chunks = lock(&self.rows).chunks.clone();
        let mut states = [0; GROUP];
        for (first, taken, words) in chunks.iter().flat_map(|chunk| chunk.groups()) {
            for (state, word) in states.iter_mut().zip(words) {
                *state = word.load(Ordering::Relaxed);
            }
            let mut hopeful = taken & floor.map_or(u64::MAX, |floor| scoring.hopeful(&states, floor));
            while hopeful != 0 {
                let place = hopeful.trailing_zeros() as usize;
                hopeful &= hopeful - 1;
                if floor.is_none_or(|floor| scoring.at_most(states[place]) > floor) {
                    floor = show(first + place, states[place]);
                }
            }
        }
    }
}
