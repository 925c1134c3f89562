//! Calls that wait for their turn, in the order in which they came.

use super::handle::Handle;
use crate::{Deadline, Reason, Refusal, Rejected, clock};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};

/// A wait that ends with an admission, or with a rejection if that did not come in time. Boxed, as it is only made where a call
/// waits.
pub type Turn = Pin<Box<dyn Future<Output = Result<(), Rejected>> + Send + Sync>>;

/// Those who wait for one limit. Only the first of them asks the limit; nobody has taken anything before it is their turn.
pub(super) struct Queue {
    /// Lets one through at a time, in order.
    first: Semaphore,
    /// How many wait.
    calls: AtomicU64,
    /// What they cost, all together.
    cost: AtomicU64,
    /// Wakes the first when the limit is another.
    changed: Notify,
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            first: Semaphore::const_new(1),
            calls: AtomicU64::new(0),
            cost: AtomicU64::new(0),
            changed: Notify::const_new(),
        }
    }

    /// How many wait.
    #[inline]
    pub(super) fn len(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// What those cost who wait.
    pub(super) fn cost(&self) -> u64 {
        self.cost.load(Ordering::Relaxed)
    }

    /// The limit is another.
    pub(super) fn look_again(&self) {
        self.changed.notify_waiters();
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

/// Queues up for `cost` tokens of `handle`.
pub(super) fn queue_up(handle: Handle, cost: u32, patience: Patience) -> Turn {
    let place = Place::take(handle, cost);
    Box::pin(async move {
        let handle = place.handle.clone();
        match timeout(patience.time, turn(place, cost)).await {
            Ok(Ok(())) => {
                handle.0.admitted();
                Ok(())
            }
            Ok(Err(refusal)) => Err(handle.0.reject(refusal)),
            Err(_) => Err(handle.0.reject(patience.over())),
        }
    })
}

/// Waits for its turn and takes `cost` tokens.
async fn turn(place: Place, cost: u32) -> Result<(), Refusal> {
    let shared = &*place.handle.0;
    let lead = shared.machine.lead();
    let first = shared.queue.first.acquire().await.expect("it is never closed");
    let rest = loop {
        let mut changed = pin!(shared.queue.changed.notified());
        // Registered before asking, so that no change falls between the two.
        changed.as_mut().enable();
        match shared.machine.reserve(cost, lead, clock::fine()) {
            Ok(rest) => break rest,
            Err(refusal) => match refusal.retry_after() {
                // Which of the two it was, the next answer tells.
                Some(wait) => drop(timeout(wait.saturating_sub(lead), changed).await),
                None => return Err(refusal),
            },
        }
    };
    // Its tokens are taken, so it is ahead of nobody any more.
    drop(first);
    let waits = !rest.is_zero();
    drop(place);
    if waits {
        sleep(rest).await;
    }
    Ok(())
}

/// A place in the queue. Dropped, the call has left it: by its turn, or before.
struct Place {
    handle: Handle,
    cost: u64,
}

impl Place {
    fn take(handle: Handle, cost: u32) -> Self {
        let cost = u64::from(cost);
        handle.0.queue.calls.fetch_add(1, Ordering::Relaxed);
        handle.0.queue.cost.fetch_add(cost, Ordering::Relaxed);
        Self { handle, cost }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let queue = &self.handle.0.queue;
        queue.calls.fetch_sub(1, Ordering::Relaxed);
        queue.cost.fetch_sub(self.cost, Ordering::Relaxed);
    }
}
