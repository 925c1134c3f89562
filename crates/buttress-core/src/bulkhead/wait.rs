//! Joining the queue, waiting in it and leaving it.

use super::queue::{Queue, Turn};
use super::wake::Wakers;
use super::word::{WAITING, Word, place};
use super::{Bulkhead, Joined, Left, Place, Priority, Ticket, Weight};
use crate::sync::{MutexGuard, Ordering, lock};
use crate::{Reason, Refusal};
use std::mem;
use std::task::{Poll, Waker};

/// What is behind the lock.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) queue: Queue,
    /// To be woken once the lock is free.
    woken: Wakers,
    /// Totals, without what the word still counts.
    pub(super) admitted: u64,
    pub(super) completed: u64,
    pub(super) given_back: u64,
    pub(super) joined: u64,
    pub(super) timed_out: u64,
    pub(super) expired: u64,
    pub(super) cancelled: u64,
}

impl Waiting {
    /// Ends the wait of one that is not to get its turn.
    pub(super) fn refuse(&mut self, slot: u32, reason: Reason) {
        let waker = self.queue.refuse(slot, reason);
        self.woken.add(waker);
    }

    const fn count(&mut self, why: Left) {
        let counter = match why {
            Left::Cancelled => &mut self.cancelled,
            Left::TimedOut => &mut self.timed_out,
            Left::Expired => &mut self.expired,
        };
        *counter += 1;
    }
}

impl Bulkhead {
    /// May I call, or wait for my turn? A place in the queue is asked with [`Bulkhead::poll`].
    ///
    /// When the queue is full, a call of a higher priority takes the place of the last one of the lowest priority.
    ///
    /// # Errors
    /// [`Reason::Full`] when there is neither room nor a place to wait, or it is closed; [`Reason::TooLarge`] when `weight` is above the limit.
    #[inline]
    pub fn join(&self, weight: Weight, priority: Priority) -> Result<Joined, Refusal> {
        self.join_uncounted(weight, priority).inspect_err(|refusal| self.count_rejected(*refusal))
    }

    /// As [`Bulkhead::join`], for those who ask before there is a call: a refusal is not counted.
    ///
    /// # Errors
    /// As [`Bulkhead::join`].
    #[inline]
    pub fn join_uncounted(&self, weight: Weight, priority: Priority) -> Result<Joined, Refusal> {
        match self.acquire_uncounted(weight) {
            Ok(ticket) => Ok(Joined::Admitted(ticket)),
            // Without the lock, which those who are done need to hand on what they held.
            Err(refusal) if (priority as u32) < self.turned_away.load(Ordering::Relaxed) => Err(refusal),
            Err(_) => self.queue_up(weight, priority),
        }
    }

    #[cold]
    #[inline(never)]
    fn queue_up(&self, weight: Weight, priority: Priority) -> Result<Joined, Refusal> {
        let mut waiting = self.waiting();
        if weight.get() > self.limit() {
            return Err(Refusal::new(Reason::TooLarge));
        }
        if self.is_closed() {
            return Err(Refusal::new(Reason::Full));
        }
        if waiting.queue.turned_away(self.config.queue) > priority as u32 {
            return Err(Refusal::new(Reason::Full));
        }
        if self.flag_or_take(weight) {
            waiting.admitted += 1;
            return Ok(Joined::Admitted(Ticket { weight }));
        }
        let slot = waiting.queue.push(weight, priority);
        waiting.joined += 1;
        // It may be next, and there may be room that was too little for who was next before.
        self.grant(&mut waiting);
        // Only then: who has its turn needs nobody's place.
        if waiting.queue.len() > self.config.queue
            && let Some(last) = waiting.queue.gives_way_to(priority)
        {
            self.count_rejected(Refusal::new(Reason::Full));
            waiting.refuse(last, Reason::Full);
            // That one may have been next.
            self.grant(&mut waiting);
        }
        let joined = if waiting.queue.take(slot).is_ok() {
            waiting.admitted += 1;
            Joined::Admitted(Ticket { weight })
        } else {
            Joined::Waiting(Place { slot: Some(slot), weight })
        };
        self.unlock_and_wake(waiting);
        Ok(joined)
    }

    /// Says in the word that somebody waits; unless there is room by now, which is taken.
    fn flag_or_take(&self, weight: Weight) -> bool {
        let mut word = self.word();
        while !word.is_waiting() {
            let takes = word.admits(weight);
            let next = if takes { word.0.wrapping_sub(place(weight)) } else { word.0 | WAITING };
            match self.word.compare_exchange_weak(word.0, next, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return takes,
                Err(other) => word = Word(other),
            }
        }
        false
    }

    /// Is it my turn? If not, `waker` is told when it is.
    ///
    /// # Errors
    /// [`Reason::Full`] when it had to give its place to a higher priority; [`Reason::TooLarge`] when the limit shrank
    /// below its weight.
    ///
    /// # Panics
    /// When it was ready before.
    pub fn poll(&self, place: &mut Place, waker: &Waker) -> Poll<Result<Ticket, Refusal>> {
        let slot = place.slot.expect("a place is polled until it is ready");
        let mut mine = None;
        loop {
            let mut waiting = self.waiting();
            let turn = match waiting.queue.take(slot) {
                Ok(turn) => turn,
                Err(Some(told)) if told.will_wake(waker) => return Poll::Pending,
                // What a task does when its waker is cloned or dropped is not for the lock to wait for.
                Err(told) => match mine.take() {
                    Some(mine) => {
                        let other = told.replace(mine);
                        drop(waiting);
                        drop(other);
                        return Poll::Pending;
                    }
                    None => {
                        drop(waiting);
                        mine = Some(waker.clone());
                        continue;
                    }
                },
            };
            place.slot = None;
            return Poll::Ready(match turn {
                Turn::Granted => {
                    waiting.admitted += 1;
                    Ok(Ticket { weight: place.weight })
                }
                Turn::Refused(reason) => Err(Refusal::new(reason)),
            });
        }
    }

    /// Leaves the queue. A turn that it has got already goes to who is next. So a call whose time is over never runs, if that
    /// is looked at before the place is polled.
    ///
    /// Nothing happens, and nothing is counted, if its wait was over before; where it had been refused, and was counted as
    /// that, the answer is the refusal.
    pub fn leave(&self, mut left: Place, why: Left) -> Option<Refusal> {
        let slot = left.slot.take()?;
        let mut waiting = self.waiting();
        let waker = match waiting.queue.remove(slot) {
            Ok(Turn::Refused(reason)) => return Some(Refusal::new(reason)),
            Ok(Turn::Granted) => {
                self.word.fetch_add(place(left.weight), Ordering::Release);
                None
            }
            Err(waker) => waker,
        };
        waiting.count(why);
        self.serve(waiting);
        drop(waker);
        None
    }

    /// Wakes all who wait though it is not their turn, as there is something else they have to look at.
    pub fn rouse(&self) {
        let mut waiting = self.waiting();
        let Waiting { queue, woken, .. } = &mut *waiting;
        queue.wakers().for_each(|waker| woken.add(Some(waker)));
        self.unlock_and_wake(waiting);
    }

    /// Gives what there is to those who wait, unlocks and wakes them.
    pub(super) fn serve(&self, mut waiting: MutexGuard<'_, Waiting>) {
        self.grant(&mut waiting);
        self.unlock_and_wake(waiting);
    }

    /// Gives what there is to those who wait. Nobody else takes anything while the word says that somebody waits.
    fn grant(&self, waiting: &mut Waiting) {
        while let Some((slot, weight)) = waiting.queue.next() {
            if !self.word().fits(weight) {
                return;
            }
            self.word.fetch_sub(place(weight), Ordering::Acquire);
            let waker = waiting.queue.grant(slot);
            waiting.woken.add(waker);
        }
        if self.word().is_waiting() {
            self.word.fetch_and(!WAITING, Ordering::Relaxed);
        }
    }

    fn unlock_and_wake(&self, mut waiting: MutexGuard<'_, Waiting>) {
        let woken = mem::take(&mut waiting.woken);
        let turned_away = waiting.queue.turned_away(self.config.queue);
        if turned_away != self.turned_away.load(Ordering::Relaxed) {
            self.turned_away.store(turned_away, Ordering::Relaxed);
        }
        drop(waiting);
        woken.wake();
    }

    pub(super) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }
}
