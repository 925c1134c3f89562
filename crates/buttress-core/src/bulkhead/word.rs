//! The packed word and its legal changes.

use super::Weight;

/// What is free, the counts of late, whether it is closed and whether somebody waits, in one word:
/// `free 28, signed | admitted 17 | released 17 | closed 1 | waiting 1`.
///
/// Free goes below zero when the limit shrinks beneath what is in flight. The counts cost nothing, as the additions that
/// change what is free change them as well; the top bit of each asks to carry it over to the totals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

/// Few for the model checker, so that carries happen in it.
const COUNT_BITS: u32 = if cfg!(buttress_loom) { 3 } else { 17 };
const FREE_SHIFT: u32 = 2 + 2 * COUNT_BITS;

/// Somebody waits: who comes goes to the queue, who releases hands on. Set and cleared under the lock of the queue.
pub(super) const WAITING: u64 = 1;
/// Nobody is let in who comes now.
pub(super) const CLOSED: u64 = 1 << 1;
/// One call released.
pub(super) const RELEASED: u64 = 1 << 2;
/// One call admitted.
pub(super) const ADMITTED: u64 = RELEASED << COUNT_BITS;
/// As many counted as are carried over at a time.
pub(super) const CARRY: u64 = 1 << (COUNT_BITS - 1);
/// The bits that say so.
pub(super) const RELEASED_FULL: u64 = RELEASED * CARRY;
pub(super) const ADMITTED_FULL: u64 = ADMITTED * CARRY;

/// The highest limit: what is free goes from it to as far below zero, in 27 of its bits.
pub(super) const MOST: u32 = (1 << 26) - 1;

impl Word {
    /// The word of a bulkhead that nobody has entered.
    pub(super) const fn new(limit: u32) -> Self {
        Self(room(limit as i64))
    }

    /// What may still be taken; below zero if the limit shrank beneath what is in flight.
    #[inline]
    pub(super) const fn free(self) -> i64 {
        (self.0 as i64) >> FREE_SHIFT
    }

    #[inline]
    pub(super) const fn is_waiting(self) -> bool {
        self.0 & WAITING != 0
    }

    #[inline]
    pub(super) const fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    /// Whether there is room for `weight`, wherever it is to go.
    #[inline]
    pub(super) const fn fits(self, weight: Weight) -> bool {
        self.free() >= weight.get() as i64
    }

    /// Whether `weight` may go straight on: there is room and nobody waits for it.
    #[inline]
    pub(super) const fn admits(self, weight: Weight) -> bool {
        self.0 & (WAITING | CLOSED) == 0 && self.fits(weight)
    }

    /// The same with nothing to carry over before.
    #[inline]
    pub(super) const fn admits_as_it_is(self, weight: Weight) -> bool {
        self.0 & (WAITING | CLOSED | ADMITTED_FULL) == 0 && self.fits(weight)
    }

    /// The word once a call of `weight` is admitted.
    #[inline]
    pub(super) const fn admit(self, weight: Weight) -> Self {
        Self(self.0.wrapping_sub(place(weight)) + ADMITTED)
    }

    /// Calls admitted that are not carried over yet.
    pub(super) const fn admitted(self) -> u64 {
        (self.0 / ADMITTED) & (2 * CARRY - 1)
    }

    /// Calls released that are not carried over yet.
    pub(super) const fn released(self) -> u64 {
        (self.0 / RELEASED) & (2 * CARRY - 1)
    }
}

/// What `weight` takes of the word.
#[inline]
pub(super) const fn place(weight: Weight) -> u64 {
    (weight.get() as u64) << FREE_SHIFT
}

/// What a limit that is higher by `change` adds to the word.
#[inline]
pub(super) const fn room(change: i64) -> u64 {
    (change << FREE_SHIFT) as u64
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn free_goes_from_the_highest_limit_to_as_far_below_zero() {
        let word = Word::new(MOST);
        assert_eq!(word.free(), i64::from(MOST));
        let all = Weight::new(MOST).expect("not zero");
        let taken = word.admit(all);
        assert_eq!((taken.free(), taken.admitted(), taken.released()), (0, 1, 0));
        let shrunk = Word(taken.0.wrapping_add(room(1 - i64::from(MOST))));
        assert_eq!((shrunk.free(), shrunk.admitted()), (1 - i64::from(MOST), 1));
        assert!(!shrunk.admits(Weight::MIN));
        let released = Word(shrunk.0.wrapping_add(place(all) + RELEASED));
        assert_eq!((released.free(), released.admitted(), released.released()), (1, 1, 1));
        assert!(released.admits(Weight::MIN) && !Word(released.0 | WAITING).admits(Weight::MIN));
        assert!(!Word(released.0 | CLOSED).admits(Weight::MIN));
    }
}
