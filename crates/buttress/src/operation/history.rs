//! The last few calls, kept without a lock.

use crate::{FailureKind, Outcome, Tick};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

/// One call that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// When it ended.
    pub at: Tick,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub duration: Duration,
}

/// A ring of entries. A writer never waits: one that meets another in its slot, which takes as many calls meanwhile as the
/// ring has slots, leaves its entry out. A reader leaves out what is being written.
#[derive(Debug)]
pub(super) struct History {
    next: AtomicU64,
    slots: Box<[Slot]>,
}

#[derive(Debug, Default)]
struct Slot {
    /// Twice the number of the entry, counted from one, and one more while it is written; zero if there is none.
    stamp: AtomicU64,
    at: AtomicU64,
    /// The outcome in the lowest bits, the nanoseconds above.
    what: AtomicU64,
}

const WRITING: u64 = 1;

const fn stamp(number: u64) -> u64 {
    (number + 1) << 1
}

impl History {
    pub(super) fn new(capacity: usize) -> Self {
        Self { next: AtomicU64::new(0), slots: (0..capacity).map(|_| Slot::default()).collect() }
    }

    /// How many entries there were.
    pub(super) fn len(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    pub(super) fn push(&self, entry: Entry) {
        if self.slots.is_empty() {
            return;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = &self.slots[self.place(number)];
        let before = slot.stamp.load(Ordering::Relaxed);
        if before & WRITING != 0 || before > stamp(number) {
            return;
        }
        let (relaxed, claimed) = (Ordering::Relaxed, before | WRITING);
        if slot.stamp.compare_exchange(before, claimed, Ordering::Acquire, relaxed).is_err() {
            return;
        }
        // With the reader's: who sees what follows sees the claim as well.
        fence(Ordering::Release);
        slot.at.store(entry.at.as_nanos(), relaxed);
        slot.what.store(pack(entry.outcome, entry.duration), relaxed);
        slot.stamp.store(stamp(number), Ordering::Release);
    }

    /// The entries from the one with this number on, oldest first.
    pub(super) fn since(&self, first: u64) -> Vec<Entry> {
        let end = self.len();
        let oldest = end.saturating_sub(self.slots.len() as u64);
        (first.max(oldest)..end).filter_map(|number| self.read(number)).collect()
    }

    fn read(&self, number: u64) -> Option<Entry> {
        let slot = &self.slots[self.place(number)];
        let load = || (slot.at.load(Ordering::Relaxed), slot.what.load(Ordering::Relaxed));
        let (at, what) = slot.while_it_holds(number, load)?;
        let (outcome, duration) = unpack(what);
        Some(Entry { at: Tick::from_nanos(at), outcome, duration })
    }

    const fn place(&self, number: u64) -> usize {
        (number % self.slots.len() as u64) as usize
    }
}

impl Slot {
    /// What `load` loads, if the slot holds the entry with this number all the while.
    fn while_it_holds<T>(&self, number: u64, load: impl FnOnce() -> T) -> Option<T> {
        if self.stamp.load(Ordering::Acquire) != stamp(number) {
            return None;
        }
        let loaded = load();
        fence(Ordering::Acquire);
        (self.stamp.load(Ordering::Relaxed) == stamp(number)).then_some(loaded)
    }
}

/// The outcomes by the number they are packed as.
const OUTCOMES: [Outcome; 9] = [
    Outcome::Success,
    Outcome::Throttled,
    Outcome::Ignored,
    Outcome::Cancelled,
    Outcome::Failure(FailureKind::Timeout),
    Outcome::Failure(FailureKind::Connection),
    Outcome::Failure(FailureKind::Response),
    Outcome::Failure(FailureKind::Body),
    Outcome::Failure(FailureKind::Error),
];
const OUTCOME_BITS: u32 = 4;

/// In 60 bits a duration lasts 36 years.
fn pack(outcome: Outcome, duration: Duration) -> u64 {
    const LONGEST: u64 = u64::MAX >> OUTCOME_BITS;
    let code = OUTCOMES.iter().position(|known| *known == outcome).unwrap_or(OUTCOMES.len() - 1);
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).min(LONGEST);
    nanos << OUTCOME_BITS | code as u64
}

fn unpack(what: u64) -> (Outcome, Duration) {
    let code = (what & ((1 << OUTCOME_BITS) - 1)) as usize;
    (OUTCOMES[code], Duration::from_nanos(what >> OUTCOME_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> Entry {
        let outcome = OUTCOMES[number as usize % OUTCOMES.len()];
        Entry { at: Tick::from_nanos(number), outcome, duration: Duration::from_nanos(number * 3) }
    }

    #[test]
    fn s4_46_the_last_ones_are_kept_oldest_first() {
        let history = History::new(4);
        assert_eq!(history.since(0), []);
        (0..6).for_each(|number| history.push(entry(number)));
        assert_eq!(history.since(0), [2, 3, 4, 5].map(entry));
        assert_eq!(history.since(5), [entry(5)]);
        assert_eq!(history.since(6), []);
    }

    #[test]
    fn a_history_of_none_keeps_none() {
        let history = History::new(0);
        history.push(entry(1));
        assert_eq!(history.since(0), []);
    }

    #[test]
    fn every_outcome_and_any_duration_comes_back() {
        for outcome in OUTCOMES {
            for nanos in [0, 1, u64::MAX >> OUTCOME_BITS] {
                let duration = Duration::from_nanos(nanos);
                assert_eq!(unpack(pack(outcome, duration)), (outcome, duration));
            }
        }
        let longest = Duration::from_nanos(u64::MAX >> OUTCOME_BITS);
        assert_eq!(unpack(pack(Outcome::Success, Duration::MAX)), (Outcome::Success, longest));
    }

    #[test]
    fn w64_a_slot_that_another_writes_or_has_written_later_is_left_alone() {
        let history = History::new(1);
        history.push(entry(0));
        for taken in [stamp(0) | WRITING, stamp(7)] {
            history.slots[0].stamp.store(taken, Ordering::Relaxed);
            history.push(entry(5));
            assert_eq!(history.slots[0].stamp.load(Ordering::Relaxed), taken);
            assert_eq!(history.slots[0].at.load(Ordering::Relaxed), 0);
            assert_eq!(history.since(0), []);
        }
    }

    #[test]
    fn w64_a_reader_that_is_overtaken_reads_nothing() {
        let history = History::new(1);
        history.push(entry(0));
        let slot = &history.slots[0];
        assert_eq!(slot.while_it_holds(0, || "undisturbed"), Some("undisturbed"));
        assert_eq!(slot.while_it_holds(0, || history.push(entry(1))), None);
        assert_eq!(slot.while_it_holds(0, || unreachable!("it is gone")), None::<()>);
        assert_eq!(history.since(0), [entry(1)]);
    }
}
