//! Calls that wait for their turn, in the order in which they came.

use crate::{Deadline, Reason, Refusal, Rejected, Tick, clock};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// A wait that ends with an admission, or with a rejection if that did not come in time. Boxed, as it is only made where a call
/// waits.
pub type Turn = Pin<Box<dyn Future<Output = Result<(), Rejected>> + Send + Sync>>;

/// How much later than it said a call may look again before it is passed over. A runtime that is busy polls late by milliseconds;
/// a call whose future is kept and not polled does not look at all.
const GRACE: Duration = Duration::from_millis(10);

/// What calls wait for.
pub(super) trait Awaited: Send + Sync + 'static {
    /// Those who wait.
    fn queue(&self) -> &Queue;

    /// How long before its turn the first of the queue takes its tokens and makes room for the next.
    fn lead(&self) -> Duration;

    /// Takes `cost` tokens, also those of the [lead](Self::lead), and tells how long to wait for them.
    fn reserve(&self, cost: u32, now: Tick) -> Result<Duration, Refusal>;

    /// How long until `cost` is there for one that is behind those who take `ahead` before.
    fn wait_for(&self, cost: u32, ahead: u64, now: Tick) -> Result<Duration, Refusal>;

    /// Counts an admission.
    fn admitted(&self);

    /// The rejection of a call, counted.
    fn reject(&self, refusal: Refusal) -> Rejected;
}

/// Those who wait for one limit. Only the first of them asks the limit; nobody has taken anything before it is their turn.
///
/// Who waits has a place, and says at which time they look again. Who does not come by then is not polled: such a call keeps its
/// place, but those behind no longer wait for it.
pub(super) struct Queue {
    line: Mutex<Line>,
    /// How many wait.
    calls: AtomicU64,
}

struct Line {
    /// In the order in which they came.
    seats: BTreeMap<u64, Seat>,
    next: u64,
    /// What all cost who ever came, counting around.
    came: u64,
    /// What those cost who wait.
    cost: u64,
    /// Whose turn it was when somebody last looked.
    first: Option<u64>,
}

struct Seat {
    cost: u64,
    /// What all cost who came before.
    before: u64,
    looks_at: Tick,
    wake: Arc<Notify>,
}

impl Seat {
    fn is_present(&self, now: Tick) -> bool {
        now <= self.looks_at + GRACE
    }
}

impl Queue {
    pub(super) const fn new() -> Self {
        let line = Line { seats: BTreeMap::new(), next: 0, came: 0, cost: 0, first: None };
        Self { line: Mutex::new(line), calls: AtomicU64::new(0) }
    }

    /// How many wait.
    #[inline]
    pub(super) fn len(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// What those cost who wait.
    pub(super) fn cost(&self) -> u64 {
        self.line().cost
    }

    /// The limit is another.
    pub(super) fn look_again(&self) {
        let line = self.line();
        let wake = line.first.and_then(|first| Some(Arc::clone(&line.seats.get(&first)?.wake)));
        drop(line);
        if let Some(wake) = wake {
            wake.notify_one();
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, cost: u32, now: Tick) -> (u64, Arc<Notify>) {
        let (cost, wake) = (u64::from(cost), Arc::new(Notify::new()));
        let mut line = self.line();
        let (id, before) = (line.next, line.came);
        line.next += 1;
        line.came = before.wrapping_add(cost);
        line.cost += cost;
        line.seats.insert(id, Seat { cost, before, looks_at: now, wake: Arc::clone(&wake) });
        self.calls.fetch_add(1, Ordering::Relaxed);
        (id, wake)
    }

    /// What those take before it who have not been passed over; `None` if it is its turn.
    fn ahead(&self, id: u64, now: Tick) -> Option<u64> {
        let mut line = self.line();
        let before = line.seats[&id].before;
        let mut waiting = line.seats.iter();
        let first = waiting.find(|(other, seat)| **other == id || seat.is_present(now));
        let (first, ahead) = first.map(|(first, seat)| (*first, before.wrapping_sub(seat.before)))?;
        if first == id {
            line.first = Some(id);
            return None;
        }
        Some(ahead)
    }

    fn looks_at(&self, id: u64, at: Tick) {
        if let Some(seat) = self.line().seats.get_mut(&id) {
            seat.looks_at = at;
        }
    }

    /// Whose turn it was calls the next.
    fn leave(&self, id: u64, now: Tick) {
        let mut line = self.line();
        let Some(seat) = line.seats.remove(&id) else { return };
        line.cost -= seat.cost;
        self.calls.fetch_sub(1, Ordering::Relaxed);
        if line.first != Some(id) {
            return;
        }
        let next = line.seats.iter_mut().find(|(_, seat)| seat.is_present(now)).map(|(next, seat)| {
            seat.looks_at = now;
            (*next, Arc::clone(&seat.wake))
        });
        line.first = next.as_ref().map(|(next, _)| *next);
        drop(line);
        if let Some((_, wake)) = next {
            wake.notify_one();
        }
    }
}

/// Who is waited for no longer than so, and by whom that is said.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) time: Duration,
    over: Reason,
}

impl Patience {
    /// `max_wait`, or what the deadline of this call leaves if that is less.
    pub(super) fn of(max_wait: Duration) -> Self {
        match Deadline::current().map(Deadline::remaining) {
            Some(time) if time < max_wait => Self { time, over: Reason::Expired },
            _ => Self { time: max_wait, over: Reason::QueueTimedOut },
        }
    }

    fn over(self) -> Refusal {
        match self.over {
            Reason::QueueTimedOut => Refusal::after(self.over, self.time),
            reason => Refusal::new(reason),
        }
    }
}

/// Queues up for `cost` tokens of `limit`.
pub(super) fn queue_up<A: Awaited>(limit: A, cost: u32, patience: Patience) -> Turn {
    let mut place = Place::take(limit, cost);
    Box::pin(async move {
        let refusal = match timeout(patience.time, turn(&mut place, cost)).await {
            Ok(Ok(())) => {
                place.limit.admitted();
                return Ok(());
            }
            Ok(Err(refusal)) => refusal,
            Err(_) => patience.over(),
        };
        place.leave();
        Err(place.limit.reject(refusal))
    })
}

/// Waits for its turn and takes `cost` tokens.
async fn turn<A: Awaited>(place: &mut Place<A>, cost: u32) -> Result<(), Refusal> {
    let rest = loop {
        let (limit, now) = (&place.limit, clock::fine());
        let wait = match limit.queue().ahead(place.id, now) {
            None => match limit.reserve(cost, now) {
                Ok(rest) => break rest,
                Err(refusal) => match refusal.retry_after() {
                    Some(wait) => wait.saturating_sub(limit.lead()),
                    None => return Err(refusal),
                },
            },
            // By then its turn has come, unless one of those ahead does not come to theirs, or the limit is another.
            Some(ahead) => limit.wait_for(cost, ahead, now)?.saturating_add(GRACE),
        };
        limit.queue().looks_at(place.id, now + wait);
        // Which of the two it was, the next answer tells.
        drop(timeout(wait, place.wake.notified()).await);
    };
    // Its tokens are taken, so it is ahead of nobody any more.
    place.leave();
    if !rest.is_zero() {
        sleep(rest).await;
    }
    Ok(())
}

/// A place in the queue. Dropped, the call has left it: by its turn, or before.
struct Place<A: Awaited> {
    limit: A,
    id: u64,
    wake: Arc<Notify>,
}

impl<A: Awaited> Place<A> {
    fn take(limit: A, cost: u32) -> Self {
        let (id, wake) = limit.queue().enter(cost, clock::fine());
        Self { limit, id, wake }
    }

    fn leave(&self) {
        self.limit.queue().leave(self.id, clock::fine());
    }
}

impl<A: Awaited> Drop for Place<A> {
    fn drop(&mut self) {
        self.leave();
    }
}
