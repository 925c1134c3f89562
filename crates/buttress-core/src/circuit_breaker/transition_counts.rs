//! How often each change of state happened.

use super::State;

/// How often a breaker changed from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransitionCount {
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// How often.
    pub count: u64,
}

const STATES: usize = State::ALL.len();

/// A count for each pair of states.
#[derive(Debug, Default)]
pub(super) struct TransitionCounts([[u64; STATES]; STATES]);

impl TransitionCounts {
    pub(super) const fn note(&mut self, from: State, to: State) {
        self.0[from as usize][to as usize] += 1;
    }

    /// Those that happened.
    pub(super) fn list(&self) -> Vec<TransitionCount> {
        let pairs = State::ALL.into_iter().flat_map(|from| State::ALL.map(|to| (from, to)));
        let counts =
            pairs.map(|(from, to)| TransitionCount { from, to, count: self.0[from as usize][to as usize] });
        counts.filter(|change| change.count > 0).collect()
    }
}
