//! Places that services take ahead of their calls, and what becomes of those that are never used.
//!
//! A ready service that nobody calls must not keep others out for ever. So a place that was taken ahead is lent: once it has
//! been held for [`RESERVED_FOR`], whoever finds no room takes it back, and so does whoever waits. That needs no timer where
//! nobody waits, and one at a time where somebody does: who stops waiting wakes another to look at the clock.

use super::shared::Shared;
use super::turn::Alarm;
use crate::{Tick, clock};
use buttress_core::Refusal;
use buttress_core::bulkhead::{Joined, Left, Place, Priority, Ticket, Weight};
use std::mem;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// How long a place that a ready service took is kept for it while others want one. From readiness to the call there is as
/// good as no time, in a balancer that holds services ready a moment; who needs longer asks anew, and loses nothing but its
/// turn.
pub const RESERVED_FOR: Duration = Duration::from_secs(1);

/// What a service takes ahead of its next call. Dropped, it goes back.
pub(super) struct Reservation<L: Deref<Target = Shared> + Send + Sync + 'static> {
    slot: Arc<Slot<L>>,
    alarm: Alarm,
}

/// What a service had when it was called.
pub(super) enum Taken {
    Ticket(Ticket),
    /// The queue was full when it asked.
    Refused(Refusal),
    /// Others had waited for it too long.
    Nothing,
}

/// Where one service stands. It is its own waker in the queue, so that a turn which comes begins to run out at once, also
/// that of a service that nobody polls any more.
struct Slot<L> {
    lease: L,
    stands: Mutex<Stands>,
}

enum Stands {
    /// It asked for nothing, or what it had was taken back.
    Idle,
    Waiting {
        place: Place,
        task: Option<Waker>,
    },
    Holds {
        ticket: Ticket,
        since: Tick,
    },
    Refused(Refusal),
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Reservation<L> {
    pub(super) fn new(lease: L) -> Self {
        let slot = Arc::new(Slot { lease, stands: Mutex::new(Stands::Idle) });
        let weak = Arc::downgrade(&slot);
        slot.lease.reservations.get_or_init(Reservations::default).add(weak);
        Self { slot, alarm: Alarm::default() }
    }

    /// Ready with a place, or with the refusal that the next call has.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut stands = self.slot.lock();
            match &mut *stands {
                Stands::Holds { since, .. } => {
                    *since = clock::now();
                    return Poll::Ready(());
                }
                Stands::Refused(_) => return Poll::Ready(()),
                // Not while it looks around itself: what it finds then it need not be woken for.
                Stands::Waiting { task, .. } => *task = None,
                Stands::Idle => {
                    drop(stands);
                    self.slot.ask();
                    continue;
                }
            }
            drop(stands);
            let (shared, now) = (&*self.slot.lease, clock::precise());
            if shared.reclaim() || self.alarm.poll(cx, shared.next_reclaim(now)).is_ready() {
                continue;
            }
            if let Stands::Waiting { task, .. } = &mut *self.slot.lock() {
                *task = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
    }

    /// Whether its next call is refused.
    pub(super) fn is_refused(&self) -> bool {
        matches!(*self.slot.lock(), Stands::Refused(_))
    }

    /// What it has for a call.
    pub(super) fn take(&self) -> Taken {
        match self.slot.replace(Stands::Idle) {
            Stands::Holds { ticket, .. } => Taken::Ticket(ticket),
            Stands::Refused(refusal) => Taken::Refused(refusal),
            other => {
                self.slot.let_go(other);
                Taken::Nothing
            }
        }
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Drop for Reservation<L> {
    fn drop(&mut self) {
        let stands = self.slot.replace(Stands::Idle);
        self.slot.let_go(stands);
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Slot<L> {
    fn lock(&self) -> MutexGuard<'_, Stands> {
        lock(&self.stands)
    }

    fn replace(&self, stands: Stands) -> Stands {
        mem::replace(&mut *self.lock(), stands)
    }

    /// Asks for a place, or for one in the queue. Only the service itself does, and only when it has none.
    fn ask(self: &Arc<Self>) {
        let shared = &*self.lease;
        let stands = match shared.try_acquire_or_reclaim(Weight::MIN) {
            Ok(ticket) => Stands::Holds { ticket, since: clock::now() },
            Err(_) => match shared.machine.join(Weight::MIN, Priority::Normal) {
                Ok(Joined::Admitted(ticket)) => Stands::Holds { ticket, since: clock::now() },
                Ok(Joined::Waiting(place)) => Stands::Waiting { place, task: None },
                Err(refusal) => Stands::Refused(refusal),
            },
        };
        drop(self.replace(stands));
        self.look();
    }

    /// Looks whether the turn has come, and leaves itself to be woken if not. Who is to be told then.
    fn look(self: &Arc<Self>) -> Option<Waker> {
        let waker = Waker::from(Arc::clone(self));
        let mut stands = self.lock();
        let Stands::Waiting { place, task } = &mut *stands else { return None };
        let Poll::Ready(turn) = self.lease.machine.poll(place, &waker) else { return None };
        let task = task.take();
        *stands = match turn {
            Ok(ticket) => Stands::Holds { ticket, since: clock::now() },
            Err(refusal) => Stands::Refused(refusal),
        };
        task
    }

    /// Gives back what it had. Not under its lock, as whoever gets it is woken.
    fn let_go(&self, stands: Stands) {
        match stands {
            Stands::Holds { ticket, .. } => self.lease.give_back(ticket),
            Stands::Waiting { place, .. } => {
                self.lease.machine.leave(place, Left::Cancelled);
                // It may have been the one that looked at the clock.
                self.lease.wake_another();
            }
            Stands::Idle | Stands::Refused(_) => {}
        }
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Wake for Slot<L> {
    fn wake(self: Arc<Self>) {
        if let Some(task) = self.look() {
            task.wake();
        }
        // What it has now may never be used, and it may have been the one that looked at the clock.
        self.lease.wake_another();
    }
}

/// A slot, whatever it holds of the bulkhead.
trait Lent: Send + Sync {
    /// Until when its place is kept for it, if it has one.
    fn kept_until(&self) -> Option<Tick>;

    /// Takes its place back, if it was kept long enough.
    fn take_back(&self, now: Tick) -> bool;

    /// Wakes its task, if it waits and is asleep.
    fn wake_task(&self) -> bool;
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Lent for Slot<L> {
    fn kept_until(&self) -> Option<Tick> {
        match &*self.lock() {
            Stands::Holds { since, .. } => Some(*since + RESERVED_FOR),
            _ => None,
        }
    }

    fn take_back(&self, now: Tick) -> bool {
        let mut stands = self.lock();
        if !matches!(&*stands, Stands::Holds { since, .. } if *since + RESERVED_FOR <= now) {
            return false;
        }
        let taken = mem::replace(&mut *stands, Stands::Idle);
        drop(stands);
        self.let_go(taken);
        true
    }

    fn wake_task(&self) -> bool {
        let task = match &mut *self.lock() {
            Stands::Waiting { task, .. } => task.take(),
            _ => None,
        };
        task.map(Waker::wake).is_some()
    }
}

/// All services that take places ahead.
#[derive(Default)]
pub(super) struct Reservations(Mutex<Vec<Weak<dyn Lent>>>);

impl Reservations {
    fn add(&self, slot: Weak<dyn Lent>) {
        let mut slots = lock(&self.0);
        // Before it would grow, so that it is never twice as long as there are services.
        if slots.len() == slots.capacity() {
            slots.retain(|slot| slot.strong_count() > 0);
        }
        slots.push(slot);
    }

    /// Those that still are. Looked at without the lock, as who is woken may come back.
    fn slots(&self) -> Vec<Arc<dyn Lent>> {
        lock(&self.0).iter().filter_map(Weak::upgrade).collect()
    }
}

// All for those alone who find no room.
impl Shared {
    /// Takes back a place that somebody took ahead and has not used in time.
    pub(super) fn reclaim(&self) -> bool {
        let Some(reservations) = self.reservations.get() else { return false };
        let now = clock::precise();
        reservations.slots().iter().any(|slot| slot.take_back(now))
    }

    /// When the next place can be taken back.
    pub(super) fn next_reclaim(&self, now: Tick) -> Option<Duration> {
        let slots = self.reservations.get()?.slots();
        slots.iter().filter_map(|slot| slot.kept_until()).min().map(|until| until.since(now))
    }

    /// Wakes one of the services that wait, to look at the clock.
    fn wake_another(&self) {
        if let Some(reservations) = self.reservations.get() {
            reservations.slots().iter().any(|slot| slot.wake_task());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
