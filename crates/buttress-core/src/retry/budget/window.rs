//! Deposits and withdrawals over a window of time, exact and without a lock.
//!
//! Time is cut into slots, numbered by their *epoch*. Every word here has an epoch above and a count below, and an epoch in a
//! word never goes back, so that a word of an old epoch needs nobody to sweep it.
//!
//! - The *gate* has the latest epoch anybody has told and what was withdrawn in it. All withdrawals go through it by
//!   compare-and-swap. Who moves it to a later epoch first writes its count to the *history*, where the larger count stays: so
//!   the history of all epochs before the gate's is final.
//! - A withdrawal reads the gate, adds up, and swaps the very gate it read. If that succeeds, nothing was withdrawn since. What
//!   else it read can only have grown: deposits and refunds, which make room. A late one finds a later epoch in the gate and
//!   takes that for its own time.
//! - A deposit is one addition to the slot of the gate's epoch. The value that comes back tells when that slot was still an
//!   older epoch's; the addition strayed into it and is made again in order. Before that the gate had moved on, so whoever
//!   counted the stray swaps in vain.

use super::TOKEN;
use crate::Tick;
use crate::sync::{AtomicU64, Ordering};

/// Slots for which a deposit counts. The model checker gets fewer, as each is three words to explore.
pub(super) const DEPOSIT_SLOTS: u64 = if cfg!(buttress_loom) { 2 } else { 10 };
/// A withdrawal counts for one more: the window is as long as the slots of deposits, and may begin within a slot.
const SLOTS: u64 = DEPOSIT_SLOTS + 1;
/// Words of deposits: a power of two, as the index of one is found for every request; for the model checker as few as it takes.
const DEPOSIT_WORDS: u64 = if cfg!(buttress_loom) { SLOTS } else { SLOTS.next_power_of_two() };

type Ring<const WORDS: usize = { SLOTS as usize }> = [AtomicU64; WORDS];

#[derive(Debug)]
pub(super) struct Window {
    gate: AtomicU64,
    history: Ring,
    refunds: Ring,
    deposits: Ring<{ DEPOSIT_WORDS as usize }>,
    /// What overwritten slots of deposits held.
    retired: AtomicU64,
    /// Additions among it that were made again in another slot.
    strayed: AtomicU64,
    /// The most deposits ever shown.
    shown: AtomicU64,
    /// Of a token, for each deposit.
    ratio: u64,
    /// What there is without any deposit.
    floor: u64,
    slot: u64,
    /// Low bits of a word that count: enough for one a nanosecond.
    count_bits: u32,
}

impl Window {
    pub(super) fn new(ratio: u64, floor: u64, slot: u64, now: Tick) -> Self {
        let count_bits = (u64::MAX / slot).leading_zeros();
        let window = Self {
            gate: AtomicU64::new(0),
            history: ring(),
            refunds: ring(),
            deposits: ring(),
            retired: AtomicU64::new(0),
            strayed: AtomicU64::new(0),
            shown: AtomicU64::new(0),
            ratio,
            floor,
            slot,
            count_bits,
        };
        window.gate.store(window.word(window.epoch_at(now), 0), Ordering::Relaxed);
        window
    }

    #[inline]
    pub(super) fn deposit(&self, now: Tick) {
        let epoch = self.epoch_of(self.gate_at(now));
        // Released, so that who counts it has also seen the gate that it follows.
        let old = slot_of(&self.deposits, epoch).fetch_add(1, Ordering::Release);
        // One comparison for both: the right epoch, and the top bit of the count, which marks it as full, not set.
        if old >> (self.count_bits - 1) != epoch << 1 {
            self.settle(epoch, old);
        }
    }

    /// The gate, at the epoch of `now` or beyond.
    #[inline]
    fn gate_at(&self, now: Tick) -> u64 {
        let gate = self.gate.load(Ordering::Acquire);
        // Multiplied and compared, as a division costs as much as the rest.
        let into = now.as_nanos().saturating_sub(self.epoch_of(gate) * self.slot);
        if into >= self.slot { self.move_on(gate, now) } else { gate }
    }

    /// Moves the gate to the epoch of `now`, unless somebody moves it there or beyond.
    #[cold]
    #[inline(never)]
    fn move_on(&self, mut gate: u64, now: Tick) -> u64 {
        let epoch = self.epoch_at(now);
        while self.epoch_of(gate) < epoch {
            self.close(gate);
            let next = self.word(epoch, 0);
            match self.gate.compare_exchange_weak(gate, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return next,
                Err(other) => gate = other,
            }
        }
        gate
    }

    /// Writes what the gate counted to the history of its epoch. The gate can still count on; who moves it has closed its last
    /// count.
    fn close(&self, gate: u64) {
        slot_of(&self.history, self.epoch_of(gate)).fetch_max(gate, Ordering::Relaxed);
    }

    /// Puts right a deposit that fell into a slot of another epoch, or into a full one.
    #[cold]
    #[inline(never)]
    fn settle(&self, epoch: u64, strayed_into: u64) {
        let word = slot_of(&self.deposits, epoch);
        let stray = self.epoch_of(strayed_into);
        if stray > epoch {
            // It is late by a whole window and counts where it arrived.
            if self.count_of(strayed_into) < self.full() {
                return;
            }
        }
        if stray >= epoch {
            // Full: the count stays at its end.
            let take_back =
                |now| (self.epoch_of(now) == stray && self.count_of(now) > self.full()).then(|| now - 1);
            if word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take_back).is_ok() {
                self.retired.fetch_add(1, Ordering::Release);
            }
            return;
        }
        // Who overwrites a slot retires all of it, strays included.
        self.strayed.fetch_add(1, Ordering::Relaxed);
        let mut now = word.load(Ordering::Relaxed);
        loop {
            let behind = self.epoch_of(now) < epoch;
            let next = if behind { self.word(epoch, 1) } else { now + 1 };
            match word.compare_exchange_weak(now, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) if behind => {
                    self.retired.fetch_add(self.count_of(now), Ordering::Release);
                    return;
                }
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }

    /// The epoch of the withdrawal, if there is room for it.
    pub(super) fn withdraw(&self, share: u64, now: Tick) -> Option<u64> {
        let mut gate = self.gate_at(now);
        loop {
            let epoch = self.epoch_of(gate);
            if self.room(gate, share, epoch) == 0 || self.count_of(gate) == self.full() {
                return None;
            }
            match self.gate.compare_exchange_weak(gate, gate + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(epoch),
                Err(other) => gate = other,
            }
        }
    }

    /// Withdrawals for which there is room in this share of the window that ends with `epoch`, while `gate` stands.
    fn room(&self, gate: u64, share: u64, epoch: u64) -> u64 {
        let deposits: u64 =
            last(DEPOSIT_SLOTS, epoch).map(|epoch| self.count_in(&self.deposits, epoch)).sum();
        let withdrawals = |epoch| {
            let granted = if epoch == self.epoch_of(gate) {
                self.count_of(gate)
            } else {
                self.count_in(&self.history, epoch)
            };
            granted.saturating_sub(self.count_in(&self.refunds, epoch))
        };
        let spent: u64 = last(SLOTS, epoch).map(withdrawals).sum();
        let earned = u128::from(deposits) * u128::from(self.ratio) + u128::from(self.floor);
        let (token, share) = (u128::from(TOKEN), u128::from(share));
        // The whole tokens and the rest apart, as together they could be more than fits.
        let granted = (earned / token * share + earned % token * share / token) / token;
        let left = granted.saturating_sub(spent.into());
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// Gives a withdrawal of `epoch` back, for as long as it counts.
    pub(super) fn refund(&self, epoch: u64) {
        let count = |word| match self.epoch_of(word) {
            of if of < epoch => Some(self.word(epoch, 1)),
            of if of == epoch && self.count_of(word) < self.full() => Some(word + 1),
            _ => None,
        };
        let _ = slot_of(&self.refunds, epoch).fetch_update(Ordering::Release, Ordering::Relaxed, count);
    }

    /// Withdrawals for which there is room at `now`.
    pub(super) fn balance(&self, share: u64, now: Tick) -> u64 {
        let gate = self.gate.load(Ordering::Acquire);
        self.room(gate, share, self.epoch_at(now).max(self.epoch_of(gate)))
    }

    /// All deposits ever.
    pub(super) fn lifetime(&self) -> u64 {
        // In this order, the sum misses what is on its way and counts nothing twice; what was shown before stands.
        let retired = self.retired.load(Ordering::Acquire);
        let counts = self.deposits.iter().map(|word| self.count_of(word.load(Ordering::Acquire)));
        let counted = counts.fold(retired, u64::wrapping_add);
        let total = counted.wrapping_sub(self.strayed.load(Ordering::Relaxed));
        let total = if total > u64::MAX / 2 { 0 } else { total };
        self.shown.fetch_max(total, Ordering::Relaxed).max(total)
    }

    /// What a ring counts in `epoch`.
    fn count_in<const WORDS: usize>(&self, ring: &Ring<WORDS>, epoch: u64) -> u64 {
        let word = slot_of(ring, epoch).load(Ordering::Acquire);
        if self.epoch_of(word) == epoch { self.count_of(word).min(self.full()) } else { 0 }
    }

    /// The slot of time that `now` is in.
    const fn epoch_at(&self, now: Tick) -> u64 {
        now.as_nanos() / self.slot
    }

    #[inline]
    const fn epoch_of(&self, word: u64) -> u64 {
        word >> self.count_bits
    }

    #[inline]
    const fn count_of(&self, word: u64) -> u64 {
        word & ((1 << self.count_bits) - 1)
    }

    #[inline]
    const fn word(&self, epoch: u64, count: u64) -> u64 {
        (epoch << self.count_bits) | count
    }

    /// Where a count ends. Beyond it there is as much room again for additions on their way.
    const fn full(&self) -> u64 {
        1 << (self.count_bits - 1)
    }
}

/// The last `slots` epochs up to `epoch`.
fn last(slots: u64, epoch: u64) -> std::ops::RangeInclusive<u64> {
    (epoch + 1).saturating_sub(slots)..=epoch
}

#[inline]
fn slot_of<const WORDS: usize>(ring: &Ring<WORDS>, epoch: u64) -> &AtomicU64 {
    &ring[(epoch % WORDS as u64) as usize]
}

fn ring<const WORDS: usize>() -> Ring<WORDS> {
    std::array::from_fn(|_| AtomicU64::new(0))
}
