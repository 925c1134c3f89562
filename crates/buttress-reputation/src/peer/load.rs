//! How many calls are under way, and when one was begun last.

use crate::sync::{AtomicU64, Ordering};
use buttress_core::Tick;

/// Both in one word, as both change with each call: `in flight 24 | time 40`, in units of 17 ms. The time is zero while the
/// peer was never asked.
#[derive(Debug)]
pub(super) struct Load(AtomicU64);

const TIME_BITS: u32 = 40;
const TIME: u64 = (1 << TIME_BITS) - 1;
const ONE: u64 = 1 << TIME_BITS;
const UNIT_BITS: u32 = 24;

impl Load {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// One more is under way.
    #[inline]
    pub(super) fn begin(&self, now: Tick) {
        self.note(now, ONE);
    }

    /// A call was begun that nobody says the end of.
    pub(super) fn touch(&self, now: Tick) {
        self.note(now, 0);
    }

    #[inline]
    fn note(&self, now: Tick, more: u64) {
        let time = (now.as_nanos() >> UNIT_BITS).max(1);
        let mut seen = self.0.load(Ordering::Relaxed);
        // An addition never fails, while exchanges of two threads at once do.
        if seen & TIME >= time {
            self.0.fetch_add(more, Ordering::AcqRel);
            return;
        }
        loop {
            let next = (seen & !TIME).wrapping_add(more) | (seen & TIME).max(time);
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(changed) => seen = changed,
            }
        }
    }

    #[inline]
    pub(super) fn end(&self) {
        self.0.fetch_sub(ONE, Ordering::AcqRel);
    }

    #[inline]
    pub(super) fn in_flight(&self) -> u32 {
        (self.0.load(Ordering::Relaxed) >> TIME_BITS) as u32
    }

    #[inline]
    pub(super) fn last_tried(&self) -> Option<Tick> {
        let time = self.0.load(Ordering::Relaxed) & TIME;
        (time > 0).then(|| Tick::from_nanos(time << UNIT_BITS))
    }
}
