//! Who waits, and whose turn is next.

use super::{Priority, Weight};
use crate::Reason;
use std::task::Waker;

/// How often in a row the next turn may pass over who has waited longest: with it one turn of eight goes by age, so that
/// what is unimportant is slow and not starved.
const PASSES: u32 = 7;

/// How many slots are kept when none of them is taken. There may be a queue for each of very many keys, of which few are full
/// at a time.
const KEPT: usize = 4;

/// A line for each priority. Joining, leaving and the next turn take the same time however many wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    slots: Vec<Slot>,
    vacant: Option<u32>,
    lines: [Line; Priority::ALL.len()],
    waiting: u32,
    /// Slots that are not vacant.
    taken: u32,
    /// Who comes next has this number.
    arrivals: u64,
    /// Turns in a row that passed over who has waited longest.
    passed: u32,
}

/// Those of one priority, in the order in which they came.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    first: Option<u32>,
    last: Option<u32>,
}

#[derive(Debug)]
enum Slot {
    Vacant { next: Option<u32> },
    Waiting(Waiter),
    Settled(Turn),
}

#[derive(Debug)]
struct Waiter {
    weight: Weight,
    priority: Priority,
    arrived: u64,
    before: Option<u32>,
    after: Option<u32>,
    waker: Option<Waker>,
}

/// What a wait came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Granted,
    Refused(Reason),
}

impl Queue {
    /// How many wait for their turn.
    pub(super) const fn len(&self) -> u32 {
        self.waiting
    }

    /// How many there is memory for.
    #[cfg(all(test, not(buttress_loom)))]
    pub(super) const fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Joins at the end of its line.
    pub(super) fn push(&mut self, weight: Weight, priority: Priority) -> u32 {
        let line = &mut self.lines[priority as usize];
        let before = line.last;
        let slot = Slot::Waiting(Waiter {
            weight,
            priority,
            arrived: self.arrivals,
            before,
            after: None,
            waker: None,
        });
        let index = match self.vacant {
            Some(index) => {
                if let Slot::Vacant { next } = std::mem::replace(&mut self.slots[index as usize], slot) {
                    self.vacant = next;
                }
                index
            }
            None => {
                self.slots.push(slot);
                // Each is a future somewhere, and of those there are never so many.
                u32::try_from(self.slots.len() - 1).expect("fewer wait than 32 bits can number")
            }
        };
        line.last = Some(index);
        match before {
            Some(before) => self.waiter_mut(before).after = Some(index),
            None => line.first = Some(index),
        }
        self.arrivals += 1;
        self.waiting += 1;
        self.taken += 1;
        index
    }

    /// Whose turn is next, and what it takes.
    pub(super) fn next(&self) -> Option<(u32, Weight)> {
        let next = if self.passed < PASSES { self.firsts().next() } else { self.oldest() };
        next.map(|(index, waiter)| (index, waiter.weight))
    }

    /// The first of each line, the highest priority first.
    fn firsts(&self) -> impl Iterator<Item = (u32, &Waiter)> {
        let firsts = self.lines.iter().rev().filter_map(|line| line.first);
        firsts.map(|index| (index, self.waiter(index)))
    }

    fn oldest(&self) -> Option<(u32, &Waiter)> {
        self.firsts().min_by_key(|(_, waiter)| waiter.arrived)
    }

    /// Gives it its turn. Whoever waits in that slot is to be woken.
    pub(super) fn grant(&mut self, index: u32) -> Option<Waker> {
        let passes_over = self.oldest().is_some_and(|(oldest, _)| oldest != index);
        self.passed = if passes_over { self.passed + 1 } else { 0 };
        self.settle(index, Turn::Granted)
    }

    /// Who has to give way to `priority`: the last one of the lowest priority, if that is lower.
    pub(super) fn gives_way_to(&self, priority: Priority) -> Option<u32> {
        self.lines[..priority as usize].iter().find_map(|line| line.last)
    }

    /// Those to be woken of all who wait.
    pub(super) fn wakers(&mut self) -> impl Iterator<Item = Waker> {
        self.slots.iter_mut().filter_map(|slot| match slot {
            Slot::Waiting(waiter) => waiter.waker.take(),
            Slot::Vacant { .. } | Slot::Settled(_) => None,
        })
    }

    /// How many priorities, from the lowest, have to give way to somebody in a queue of `most`: none while it has a place, and
    /// else those up to the lowest in it.
    pub(super) fn turned_away(&self, most: u32) -> u32 {
        if self.waiting < most {
            return 0;
        }
        let lowest = self.lines.iter().position(|line| line.first.is_some());
        lowest.map_or(self.lines.len(), |lowest| lowest + 1) as u32
    }

    /// Those that take more than `limit`.
    pub(super) fn heavier_than(&self, limit: u32) -> Vec<u32> {
        let heavy = |slot: &Slot| matches!(slot, Slot::Waiting(waiter) if waiter.weight.get() > limit);
        (0..).zip(&self.slots).filter(|(_, slot)| heavy(slot)).map(|(index, _)| index).collect()
    }

    /// Ends its wait without a turn. Whoever waits in that slot is to be woken.
    pub(super) fn refuse(&mut self, index: u32, reason: Reason) -> Option<Waker> {
        self.settle(index, Turn::Refused(reason))
    }

    fn settle(&mut self, index: u32, turn: Turn) -> Option<Waker> {
        let slot = std::mem::replace(&mut self.slots[index as usize], Slot::Settled(turn));
        let Slot::Waiting(waiter) = slot else { return None };
        self.unlink(&waiter);
        waiter.waker
    }

    /// What its wait came to, and the slot is free; or who is to be woken then.
    pub(super) fn take(&mut self, index: u32) -> Result<Turn, &mut Option<Waker>> {
        match self.slots[index as usize] {
            Slot::Settled(turn) => {
                self.vacate(index);
                Ok(turn)
            }
            _ => Err(&mut self.waiter_mut(index).waker),
        }
    }

    /// Leaves its slot, whether it waits or not: what its wait came to, or who was to be woken.
    pub(super) fn remove(&mut self, index: u32) -> Result<Turn, Option<Waker>> {
        match self.vacate(index) {
            Slot::Waiting(waiter) => {
                self.unlink(&waiter);
                Err(waiter.waker)
            }
            Slot::Settled(turn) => Ok(turn),
            Slot::Vacant { .. } => unreachable!("a place is left once"),
        }
    }

    fn vacate(&mut self, index: u32) -> Slot {
        let vacant = Slot::Vacant { next: self.vacant.replace(index) };
        let left = std::mem::replace(&mut self.slots[index as usize], vacant);
        self.taken -= 1;
        if self.taken == 0 && self.slots.len() > KEPT {
            (self.slots, self.vacant) = (Vec::new(), None);
        }
        left
    }

    fn unlink(&mut self, waiter: &Waiter) {
        match waiter.before {
            Some(before) => self.waiter_mut(before).after = waiter.after,
            None => self.lines[waiter.priority as usize].first = waiter.after,
        }
        match waiter.after {
            Some(after) => self.waiter_mut(after).before = waiter.before,
            None => self.lines[waiter.priority as usize].last = waiter.before,
        }
        self.waiting -= 1;
    }

    fn waiter(&self, index: u32) -> &Waiter {
        match &self.slots[index as usize] {
            Slot::Waiting(waiter) => waiter,
            _ => unreachable!("who is in a line waits"),
        }
    }

    fn waiter_mut(&mut self, index: u32) -> &mut Waiter {
        match &mut self.slots[index as usize] {
            Slot::Waiting(waiter) => waiter,
            _ => unreachable!("who is in a line waits"),
        }
    }
}
