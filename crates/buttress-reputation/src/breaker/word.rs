//! The packed word and its legal changes.

use super::State;
use std::fmt;

/// State, generation and probes in one word: `state 2 | generation 38 | in flight 8 | successes 8 | failures 8`.
///
/// Each change of state, and each set of leases given up, starts a generation; what was begun in an older one counts for
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(pub(super) u64);

const PROBE_BITS: u32 = 24;
const GENERATION_BITS: u32 = 38;
const STATE_SHIFT: u32 = 62;
const PROBES: u64 = (1 << PROBE_BITS) - 1;
const BYTE: u64 = 0xff;
const SUCCESSES: u32 = 8;
const IN_FLIGHT: u32 = 16;

impl Word {
    #[inline]
    pub(super) const fn state(self) -> State {
        match self.0 >> STATE_SHIFT {
            0 => State::Closed,
            1 => State::HalfOpen,
            _ => State::Open,
        }
    }

    #[inline]
    pub(super) const fn is_closed(self) -> bool {
        self.0 >> STATE_SHIFT == 0
    }

    #[inline]
    pub(super) const fn generation(self) -> u64 {
        (self.0 >> PROBE_BITS) & ((1 << GENERATION_BITS) - 1)
    }

    /// The first word of the next generation, in `state`.
    pub(super) const fn enter(self, state: State) -> Self {
        let generation = (self.generation() + 1) & ((1 << GENERATION_BITS) - 1);
        let state: u64 = match state {
            State::Closed => 0,
            State::HalfOpen => 1,
            State::Open => 2,
        };
        Self((state << STATE_SHIFT) | (generation << PROBE_BITS))
    }

    /// The word without its probes: the same as long as state and generation are.
    #[inline]
    pub(super) const fn bare(self) -> Self {
        Self(self.0 & !PROBES)
    }

    pub(super) const fn in_flight(self) -> u64 {
        (self.0 >> IN_FLIGHT) & BYTE
    }

    pub(super) const fn successes(self) -> u64 {
        (self.0 >> SUCCESSES) & BYTE
    }

    pub(super) const fn failures(self) -> u64 {
        self.0 & BYTE
    }

    pub(super) const fn probe_out(self) -> Self {
        Self(self.0 + (1 << IN_FLIGHT))
    }

    pub(super) const fn probe_back(self) -> Self {
        Self(self.0 - (1 << IN_FLIGHT))
    }

    /// At most 255 successes: the closing that fewer have decided may still be under way.
    pub(super) const fn probe_succeeded(self) -> Self {
        let full = self.successes() == BYTE;
        Self(self.probe_back().0 + if full { 0 } else { 1 << SUCCESSES })
    }

    /// At most 255 failures, as above.
    pub(super) const fn probe_failed(self) -> Self {
        let full = self.failures() == BYTE;
        Self(self.probe_back().0 + if full { 0 } else { 1 })
    }

    /// The next generation of probes: the leases that are out count no more, what the others found out does.
    pub(super) const fn leases_given_up(self) -> Self {
        let found = self.0 & ((BYTE << SUCCESSES) | BYTE);
        Self(self.enter(State::HalfOpen).0 | found)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}:{:#x}", self.state(), self.generation(), self.0 & PROBES)
    }
}
