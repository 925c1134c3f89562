//! Waiting for a turn.

use super::permit::Permit;
use super::shared::Shared;
use crate::{Deadline, Rejected, Tick, clock};
use buttress_core::bulkhead::{Left, Place};
use buttress_core::{Reason, Refusal};
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Sleep, sleep};

/// A place in the queue. Dropped, it is left, and a turn that it has got already goes to who is next.
pub(super) struct Turn<L: Deref<Target = Shared>> {
    waits: Option<(L, Place)>,
    patience: Patience,
    since: Tick,
    alarm: Alarm,
}

/// How long somebody waits.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) max_wait: Option<Duration>,
    pub(super) deadline: Deadline,
}

impl<L: Deref<Target = Shared>> Turn<L> {
    pub(super) fn new(lease: L, place: Place, patience: Patience) -> Self {
        Self { waits: Some((lease, place)), patience, since: clock::precise(), alarm: Alarm::default() }
    }

    /// The turn, when it has come; the rejection, when it does not.
    ///
    /// # Panics
    /// When it was ready before.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Permit<L>, Rejected>> {
        loop {
            let now = clock::precise();
            let Patience { max_wait, deadline } = self.patience;
            // Before the place is asked: who has got a turn when its deadline is over passes it on.
            if deadline.was_there() && deadline.remaining_at(now).is_zero() {
                return Poll::Ready(Err(self.give_up(Left::Expired, Refusal::new(Reason::Expired))));
            }
            let (lease, place) = self.waits.as_mut().expect(WAITS);
            if let Poll::Ready(turn) = lease.machine.poll(place, cx.waker()) {
                let (lease, _) = self.waits.take().expect(WAITS);
                return Poll::Ready(match turn {
                    Ok(ticket) => {
                        lease.group.waits.record(self.since, now);
                        Ok(Permit::begin(lease, ticket))
                    }
                    Err(refusal) => Err(lease.reject(refusal)),
                });
            }
            if let Some(limit) = max_wait
                && now.since(self.since) >= limit
            {
                let refusal = Refusal::after(Reason::QueueTimedOut, limit);
                return Poll::Ready(Err(self.give_up(Left::TimedOut, refusal)));
            }
            // Whoever waits looks after places that were taken and are not used.
            if lease.reclaim() {
                continue;
            }
            let wait = max_wait.map(|limit| limit.saturating_sub(now.since(self.since)));
            let deadline = deadline.was_there().then(|| deadline.remaining_at(now));
            let next = [wait, deadline, lease.next_reclaim(now)].into_iter().flatten().min();
            if self.alarm.poll(cx, now, next).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn give_up(&mut self, why: Left, refusal: Refusal) -> Rejected {
        let (lease, place) = self.waits.take().expect(WAITS);
        // It may have been refused before, and was counted as that.
        lease.reject(lease.machine.leave(place, why).unwrap_or(refusal))
    }
}

const WAITS: &str = "it is polled until it is ready";

impl<L: Deref<Target = Shared>> Drop for Turn<L> {
    fn drop(&mut self) {
        if let Some((lease, place)) = self.waits.take() {
            lease.machine.leave(place, Left::Cancelled);
        }
    }
}

/// A timer that is made when it is first needed.
#[derive(Default)]
pub(super) struct Alarm(Option<(Tick, Pin<Box<Unconstrained<Sleep>>>)>);

impl Alarm {
    /// Rings when `after` is over; never without one. A time once asked for stays until it has rung, unless it is earlier that
    /// is asked for.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Tick, after: Option<Duration>) -> Poll<()> {
        if let Some(after) = after
            && self.0.as_ref().is_none_or(|(rings, _)| now + after < *rings)
        {
            // Not subject to the task's budget: a task that uses it up must not hide that its time is over.
            self.0 = Some((now + after, Box::pin(unconstrained(sleep(after)))));
        }
        let Some((_, sleep)) = &mut self.0 else { return Poll::Pending };
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.0 = None;
        Poll::Ready(())
    }
}
