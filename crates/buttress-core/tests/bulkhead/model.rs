//! A bulkhead in plain numbers: one list of those who wait, looked through from the front each time.

use buttress_core::Reason;
use buttress_core::bulkhead::{Left, Priority};
use std::collections::HashMap;

/// Who waits, by a number of its own.
#[derive(Clone, Debug)]
struct Waiter {
    number: usize,
    weight: u32,
    priority: Priority,
}

/// What became of one that waits no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Turn,
    Refused(Reason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Admitted,
    Waits,
    Refused(Reason),
}

#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) admitted: u64,
    pub(crate) completed: u64,
    pub(crate) given_back: u64,
    pub(crate) waited: u64,
    pub(crate) rejected: u64,
    pub(crate) too_large: u64,
    pub(crate) left: HashMap<Left, u64>,
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) limit: u32,
    queue: usize,
    pub(crate) in_flight: u32,
    /// In the order in which they came.
    waiting: Vec<Waiter>,
    /// Waits that are over and not fetched, with what they take.
    ended: HashMap<usize, (End, u32)>,
    passed: u32,
    pub(crate) totals: Totals,
}

impl Model {
    pub(crate) fn new(limit: u32, queue: u32) -> Self {
        Self {
            limit,
            queue: queue as usize,
            in_flight: 0,
            waiting: Vec::new(),
            ended: HashMap::new(),
            passed: 0,
            totals: Totals::default(),
        }
    }

    pub(crate) fn queued(&self) -> usize {
        self.waiting.len()
    }

    fn fits(&self, weight: u32) -> bool {
        u64::from(self.in_flight) + u64::from(weight) <= u64::from(self.limit)
    }

    fn reject(&mut self, reason: Reason) -> Answer {
        match reason {
            Reason::TooLarge => self.totals.too_large += 1,
            _ => self.totals.rejected += 1,
        }
        Answer::Refused(reason)
    }

    pub(crate) fn try_acquire(&mut self, weight: u32) -> Answer {
        if weight > self.limit {
            return self.reject(Reason::TooLarge);
        }
        if !self.waiting.is_empty() || !self.fits(weight) {
            return self.reject(Reason::Full);
        }
        self.in_flight += weight;
        self.totals.admitted += 1;
        Answer::Admitted
    }

    pub(crate) fn join(&mut self, number: usize, weight: u32, priority: Priority) -> Answer {
        if weight > self.limit {
            return self.reject(Reason::TooLarge);
        }
        if self.waiting.is_empty() && self.fits(weight) {
            return self.try_acquire(weight);
        }
        self.waiting.push(Waiter { number, weight, priority });
        self.hand_out();
        if self.waiting.len() > self.queue {
            let lowest = self.waiting.iter().map(|waiter| waiter.priority).min();
            let last = self.waiting.iter().rposition(|waiter| Some(waiter.priority) == lowest);
            let last = self.waiting.remove(last.expect("somebody has the lowest priority"));
            self.reject(Reason::Full);
            if last.number == number {
                return Answer::Refused(Reason::Full);
            }
            self.ended.insert(last.number, (End::Refused(Reason::Full), 0));
            self.hand_out();
        }
        self.totals.waited += 1;
        if self.ended.remove(&number).is_none() {
            return Answer::Waits;
        }
        self.totals.admitted += 1;
        Answer::Admitted
    }

    /// What the wait of `number` came to, if it is over.
    pub(crate) fn poll(&mut self, number: usize) -> Option<End> {
        let (end, _) = self.ended.remove(&number)?;
        self.totals.admitted += u64::from(end == End::Turn);
        Some(end)
    }

    pub(crate) fn leave(&mut self, number: usize, why: Left) -> Option<Reason> {
        match self.ended.remove(&number) {
            Some((End::Refused(reason), _)) => return Some(reason),
            Some((End::Turn, weight)) => self.in_flight -= weight,
            None => self.waiting.retain(|waiter| waiter.number != number),
        }
        *self.totals.left.entry(why).or_default() += 1;
        self.hand_out();
        None
    }

    pub(crate) fn release(&mut self, weight: u32, used: bool) {
        self.in_flight -= weight;
        if used {
            self.totals.completed += 1;
        } else {
            self.totals.given_back += 1;
        }
        self.hand_out();
    }

    pub(crate) fn resize(&mut self, limit: u32) {
        self.limit = limit;
        for waiter in std::mem::take(&mut self.waiting) {
            if waiter.weight > limit {
                self.ended.insert(waiter.number, (End::Refused(Reason::TooLarge), 0));
                self.reject(Reason::TooLarge);
            } else {
                self.waiting.push(waiter);
            }
        }
        self.hand_out();
    }

    fn hand_out(&mut self) {
        while !self.waiting.is_empty() {
            let highest = self.waiting.iter().map(|waiter| waiter.priority).max();
            let first = self.waiting.iter().position(|waiter| Some(waiter.priority) == highest);
            let next = if self.passed == 7 { 0 } else { first.expect("somebody has the highest priority") };
            if !self.fits(self.waiting[next].weight) {
                return;
            }
            self.passed = if next == 0 { 0 } else { self.passed + 1 };
            let turn = self.waiting.remove(next);
            self.in_flight += turn.weight;
            self.ended.insert(turn.number, (End::Turn, turn.weight));
        }
    }
}
