//! The best of all peers, in one walk over their words.

use super::Board;
use super::seat::{Chunk, Group};
use crate::Score;
use crate::score::{Scoring, ones};
use crate::sync::lock;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

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

/// One group of so many is looked at first.
const SAMPLE: usize = 32;

impl<T> Board<T> {
    /// The `count` places with the best scores at that time, or all there are, the best one first.
    ///
    /// Once there are so many, only those are looked at more closely that can be better than the worst of them, so that a walk
    /// over many works out the scores of few.
    pub(crate) fn best(&self, scoring: &dyn Scoring, at: u32, count: usize) -> Vec<Place> {
        if count == 0 {
            return Vec::new();
        }
        let chunks = lock(&self.rows).chunks.clone();
        // As many are found among a few groups, so nobody who is worse is one of the best of all. Without it all would be looked at
        // closely where each is a little better than the one before, as peers are that are asked one after the other.
        let few = best(groups(&chunks).rev().step_by(SAMPLE), scoring, at, count, None);
        if let Some(worst) = few.last()
            && few.len() == count
        {
            let floor = Score::new(worst.score.get().next_down());
            let found = best(groups(&chunks), scoring, at, count, Some(floor));
            // Unless they became worse meanwhile.
            if found.len() == count {
                return found;
            }
        }
        best(groups(&chunks), scoring, at, count, None)
    }

    /// All places with scores above `floor` at that time, in no order.
    pub(crate) fn above(&self, scoring: &dyn Scoring, at: u32, floor: Score) -> Vec<Place> {
        let chunks = lock(&self.rows).chunks.clone();
        let mut found = Vec::new();
        for group in groups(&chunks) {
            let states = group.states();
            for place in ones(group.taken & scoring.hopeful(&states, at, floor)) {
                let score = scoring.score(states[place], at);
                if score > floor {
                    found.push(Place { score, seat: Reverse(group.first + place) });
                }
            }
        }
        found
    }
}

fn groups(chunks: &[Arc<Chunk>]) -> impl DoubleEndedIterator<Item = Group<'_>> {
    chunks.iter().flat_map(|chunk| chunk.groups())
}

/// The `count` places in these groups with the best scores above the floor, the best one first.
fn best<'a>(
    groups: impl Iterator<Item = Group<'a>>,
    scoring: &dyn Scoring,
    at: u32,
    count: usize,
    mut floor: Option<Score>,
) -> Vec<Place> {
    let mut best = BinaryHeap::new();
    // Seats come in their order: another one with the score of the worst is worse than it. So where many are alike, as those of which
    // nothing is known are, one that is not good enough speaks for all that come after it.
    let mut refused = None;
    for group in groups {
        let states = group.states();
        if refused.is_some_and(|refused| states.iter().all(|state| *state == refused)) {
            continue;
        }
        let hopeful = group.taken & floor.map_or(u64::MAX, |floor| scoring.hopeful(&states, at, floor));
        for place in ones(hopeful) {
            let state = states[place];
            if refused == Some(state) {
                continue;
            }
            let found =
                Reverse(Place { score: scoring.score(state, at), seat: Reverse(group.first + place) });
            if best.len() < count {
                best.push(found);
            } else if let Some(mut worst) = best.peek_mut() {
                if found < *worst { *worst = found } else { refused = Some(state) }
            }
        }
        if best.len() == count {
            floor = best.peek().map(|worst| worst.0.score);
        }
    }
    best.into_sorted_vec().into_iter().map(|place| place.0).collect()
}
