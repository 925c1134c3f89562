//! Places that services take ahead of their calls, and what becomes of those that are never used.
//!
//! A ready service that nobody calls must not keep others out for ever. So a place that was taken ahead is lent: once it has
//! been held for [`RESERVED_FOR`], whoever finds no room takes it back, and so does whoever waits. That needs no timer where
//! nobody waits, nor where nothing is lent: the first place that is lent then wakes those who wait, to look at the clock.

use super::lent::Lent;
use super::shared::Shared;
use super::turn::Alarm;
use crate::{Tick, clock};
use buttress_core::bulkhead::{Joined, Left, Place, Priority, Ticket, Weight};
use buttress_core::{Reason, Refusal};
use std::mem;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    Refused(Refused),
    /// Others had waited for it too long.
    Nothing,
}

/// Why there is no place for its next call.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    /// Whether the machine counted it when the wait ended. What is refused without a wait counts with the call.
    pub(super) counted: bool,
}

/// Where one service stands. It is its own waker in the queue, so that a turn which comes begins to run out at once, also
/// that of a service that nobody polls any more.
struct Slot<L> {
    lease: L,
    state: Mutex<State>,
}

struct State {
    stands: Stands,
    /// Who is to be told when it has reason to look around.
    task: Option<Waker>,
    /// Whether it is among those that may have a place.
    listed: bool,
}

enum Stands {
    /// It asked for nothing, or what it had was taken back.
    Idle,
    Waiting {
        place: Place,
        since: Tick,
    },
    Holds {
        ticket: Ticket,
        since: Tick,
    },
    Refused(Refused),
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Reservation<L> {
    pub(super) fn new(lease: L) -> Self {
        lease.reservations.get_or_init(Default::default);
        let state = State { stands: Stands::Idle, task: None, listed: false };
        Self { slot: Arc::new(Slot { lease, state: Mutex::new(state) }), alarm: Alarm::default() }
    }

    /// Ready with a place, or with the refusal that the next call has.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut state = self.slot.lock();
            // Not while it looks around itself: what it finds then it need not be woken for.
            state.task = None;
            let since = match &mut state.stands {
                Stands::Holds { since, .. } => {
                    *since = clock::now();
                    return Poll::Ready(());
                }
                Stands::Refused(_) => {
                    drop(state);
                    self.slot.ask_again();
                    return Poll::Ready(());
                }
                Stands::Waiting { since, .. } => *since,
                Stands::Idle => {
                    drop(state);
                    self.alarm = Alarm::default();
                    self.slot.ask();
                    continue;
                }
            };
            drop(state);
            let (shared, now) = (&*self.slot.lease, clock::precise());
            let max_wait = shared.group.config.max_wait();
            if let Some(limit) = max_wait
                && now.since(since) >= limit
            {
                self.slot.give_up(limit);
                continue;
            }
            if shared.reclaim() {
                continue;
            }
            let wait = max_wait.map(|limit| limit.saturating_sub(now.since(since)));
            let look = shared.next_reclaim(now);
            if self.alarm.poll(cx, now, [look, wait].into_iter().flatten().min()).is_ready() {
                continue;
            }
            let mut state = self.slot.lock();
            if let Stands::Waiting { .. } = state.stands {
                state.task = Some(cx.waker().clone());
                drop(state);
                // What was lent meanwhile found nobody to wake.
                if look.is_some() || shared.next_reclaim(now).is_none() {
                    return Poll::Pending;
                }
            }
        }
    }

    /// Whether its next call is refused.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.slot.lock().stands, Stands::Refused(_))
    }

    /// Gives back what it has; its next call is refused.
    pub(super) fn refuse(&self) {
        let refused = Refused { refusal: Refusal::new(Reason::Full), counted: false };
        self.slot.let_go(self.slot.replace(Stands::Refused(refused)));
    }

    /// What it has for a call.
    pub(super) fn take(&self) -> Taken {
        match self.slot.replace(Stands::Idle) {
            Stands::Holds { ticket, .. } => Taken::Ticket(ticket),
            Stands::Refused(refused) => Taken::Refused(refused),
            other => {
                self.slot.let_go(other);
                Taken::Nothing
            }
        }
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Drop for Reservation<L> {
    fn drop(&mut self) {
        self.slot.let_go(self.slot.replace(Stands::Idle));
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Slot<L> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, stands: Stands) -> Stands {
        mem::replace(&mut self.lock().stands, stands)
    }

    /// Asks for a place, or for one in the queue. Only the service itself does, and only when it has none.
    fn ask(self: &Arc<Self>) {
        let shared = &*self.lease;
        let joined = match shared.try_acquire_or_reclaim(Weight::MIN) {
            Ok(ticket) => Ok(Joined::Admitted(ticket)),
            Err(_) => shared.machine.join_uncounted(Weight::MIN, Priority::Normal),
        };
        let stands = match joined {
            Ok(Joined::Admitted(ticket)) => return self.hold(self.lock(), ticket),
            Ok(Joined::Waiting(place)) => Stands::Waiting { place, since: clock::precise() },
            Err(refusal) => Stands::Refused(Refused { refusal, counted: false }),
        };
        drop(self.replace(stands));
        self.look();
    }

    /// Asks for a place while it is refused. It does not wait for one: who was ready stays ready.
    fn ask_again(self: &Arc<Self>) {
        if let Ok(ticket) = self.lease.try_acquire_or_reclaim(Weight::MIN) {
            self.hold(self.lock(), ticket);
        }
    }

    /// It has a place from now on, which is lent.
    fn hold(self: &Arc<Self>, mut state: MutexGuard<'_, State>, ticket: Ticket) {
        let since = clock::now();
        state.stands = Stands::Holds { ticket, since };
        let listed = mem::replace(&mut state.listed, true);
        drop(state);
        if !listed && let Some(reservations) = self.lease.reservations.get() {
            let slot = Arc::downgrade(self);
            if reservations.add(slot, since + RESERVED_FOR) {
                self.lease.machine.rouse();
            }
        }
    }

    /// Looks whether the turn has come, and leaves itself to be woken if not.
    fn look(self: &Arc<Self>) {
        let waker = Waker::from(Arc::clone(self));
        let mut state = self.lock();
        let Stands::Waiting { place, .. } = &mut state.stands else { return };
        let Poll::Ready(turn) = self.lease.machine.poll(place, &waker) else { return };
        match turn {
            Ok(ticket) => self.hold(state, ticket),
            Err(refusal) => state.stands = Stands::Refused(Refused { refusal, counted: true }),
        }
    }

    /// It waited for as long as it may, unless its turn has come meanwhile.
    fn give_up(&self, limit: Duration) {
        let timed_out = Refusal::after(Reason::QueueTimedOut, limit);
        let refused = |refusal| Stands::Refused(Refused { refusal, counted: true });
        let mut state = self.lock();
        if !matches!(state.stands, Stands::Waiting { .. }) {
            return;
        }
        let waited = mem::replace(&mut state.stands, refused(timed_out));
        drop(state);
        if let Stands::Waiting { place, .. } = waited
            && let Some(earlier) = self.lease.machine.leave(place, Left::TimedOut)
        {
            self.replace(refused(earlier));
        }
    }

    /// Gives back what it had. Not under its lock, as whoever gets it is woken.
    fn let_go(&self, stands: Stands) {
        match stands {
            Stands::Holds { ticket, .. } => self.lease.give_back(ticket),
            Stands::Waiting { place, .. } => {
                self.lease.machine.leave(place, Left::Cancelled);
            }
            Stands::Idle | Stands::Refused(_) => {}
        }
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Wake for Slot<L> {
    fn wake(self: Arc<Self>) {
        self.look();
        let task = self.lock().task.take();
        if let Some(task) = task {
            task.wake();
        }
    }
}

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Lent for Slot<L> {
    fn stays_until(&self) -> Option<Tick> {
        let mut state = self.lock();
        if let Stands::Holds { since, .. } = state.stands {
            return Some(since + RESERVED_FOR);
        }
        state.listed = false;
        None
    }

    fn take_back(&self, now: Tick) -> bool {
        let mut state = self.lock();
        if !matches!(state.stands, Stands::Holds { since, .. } if since + RESERVED_FOR <= now) {
            return false;
        }
        let taken = mem::replace(&mut state.stands, Stands::Idle);
        drop(state);
        self.let_go(taken);
        true
    }
}
