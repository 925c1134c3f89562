//! Calls and failures of the last while, in three words.
//!
//! Each word is a part of the window, half as long as it, and says itself which part: `lap 36 | tag 8 | calls 10 | failures 10`.
//! What it says of another lap, or of the closed state before this one, does not count. So nothing has to be cleared in time,
//! and a gap of any length is just another lap.

use crate::sync::{AtomicU64, Ordering};

/// The present part and the two before it hold all of the window, and at most half as much again.
const PARTS: usize = 3;

const COUNT_BITS: u32 = 10;
/// The most that a part counts.
pub(super) const MOST: u64 = (1 << COUNT_BITS) - 1;
const TAG_BITS: u32 = 8;
const LAP_SHIFT: u32 = 2 * COUNT_BITS + TAG_BITS;
const LAPS: u64 = (1 << (64 - LAP_SHIFT)) - 1;

/// Calls and failures, by the parts of the window they ended in.
#[derive(Debug)]
pub(super) struct Window([AtomicU64; PARTS]);

/// Which part of which closed state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    lap: u64,
    tag: u64,
}

/// What the window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) failures: u64,
}

impl Tally {
    pub(super) const fn is_empty(self) -> bool {
        self.calls == 0
    }
}

/// A part as it is packed.
#[derive(Clone, Copy)]
struct Part(u64);

impl Place {
    /// Where a call that ends at `now` falls, in parts of so many nanoseconds, in the closed state with this number.
    #[inline]
    pub(super) const fn new(now: u64, part: u64, generation: u64) -> Self {
        Self { lap: (now / part) & LAPS, tag: generation & ((1 << TAG_BITS) - 1) }
    }
}

impl Part {
    const fn empty(place: Place) -> Self {
        Self((place.lap << LAP_SHIFT) | (place.tag << (2 * COUNT_BITS)))
    }

    const fn lap(self) -> u64 {
        self.0 >> LAP_SHIFT
    }

    const fn calls(self) -> u64 {
        (self.0 >> COUNT_BITS) & MOST
    }

    const fn failures(self) -> u64 {
        self.0 & MOST
    }

    /// Whether it is of that very part.
    const fn is(self, place: Place) -> bool {
        self.0 >> (2 * COUNT_BITS) == Self::empty(place).0 >> (2 * COUNT_BITS)
    }

    /// Whether it is of the window that ends in that part. A lap that is still to come is not: the clock was put back.
    const fn counts(self, place: Place) -> bool {
        let same_state = Self::empty(Place { lap: self.lap(), ..place }).0 >> (2 * COUNT_BITS)
            == self.0 >> (2 * COUNT_BITS);
        same_state && place.lap.wrapping_sub(self.lap()) < PARTS as u64
    }

    /// One more call. A part that is full keeps its share of failures and half of its weight.
    const fn with(self, failed: bool) -> Self {
        let (mut calls, mut failures) = (self.calls(), self.failures());
        if calls == MOST || failures == MOST {
            (calls, failures) = (calls / 2, failures.div_ceil(2));
        }
        let counts = ((calls + 1) << COUNT_BITS) | (failures + failed as u64);
        Self((self.0 & !((1 << (2 * COUNT_BITS)) - 1)) | counts)
    }
}

impl Window {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    /// Counts a call.
    #[inline]
    pub(super) fn count(&self, place: Place, failed: bool) {
        let slot = &self.0[(place.lap % PARTS as u64) as usize];
        let mut seen = slot.load(Ordering::Relaxed);
        loop {
            let part = Part(seen);
            let part = if part.is(place) { part } else { Part::empty(place) };
            match slot.compare_exchange_weak(seen, part.with(failed).0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(changed) => seen = changed,
            }
        }
    }

    /// What the window that ends at `place` holds.
    pub(super) fn tally(&self, place: Place) -> Tally {
        let parts = self.0.iter().map(|slot| Part(slot.load(Ordering::Acquire)));
        parts.filter(|part| part.counts(place)).fold(Tally::default(), |tally, part| Tally {
            calls: tally.calls + part.calls(),
            failures: tally.failures + part.failures(),
        })
    }

    /// Takes all failures out.
    #[inline]
    pub(super) fn clear(&self) {
        for slot in &self.0 {
            if slot.load(Ordering::Relaxed) != 0 {
                slot.store(0, Ordering::Release);
            }
        }
    }
}
