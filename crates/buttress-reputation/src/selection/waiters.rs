//! Who waits for the members to change.

use crate::sync::{Mutex, lock};
use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Wake, Waker};

/// Who is woken when the members change: one entry for each call that waits.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// The last place that was taken.
    last: u64,
    wakers: HashMap<u64, Waker>,
}

/// The place of one of them, which is free again when this is dropped.
pub(crate) struct Waits {
    waiters: Arc<Waiters>,
    place: u64,
}

impl Waiters {
    /// Adds one that is woken by the next change. Whoever looks at the members from now on misses none.
    pub(crate) fn join(self: &Arc<Self>, waker: &Waker) -> Waits {
        let mut inner = lock(&self.0);
        inner.last += 1;
        let place = inner.last;
        inner.wakers.insert(place, waker.clone());
        drop(inner);
        Waits { waiters: Arc::clone(self), place }
    }

    /// Wakes all of them, each once.
    pub(super) fn notify(&self) {
        // Not under the lock: who is woken may leave at once.
        let wakers = std::mem::take(&mut lock(&self.0).wakers);
        for waker in wakers.into_values() {
            waker.wake();
        }
    }
}

impl Waits {
    /// Is woken by the next change: whether it was woken since it waits.
    pub(crate) fn go_on(&self, waker: &Waker) -> bool {
        let before = lock(&self.waiters.0).wakers.insert(self.place, waker.clone());
        before.is_none()
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        let waker = lock(&self.waiters.0).wakers.remove(&self.place);
        drop(waker);
    }
}

/// Woken as a whole, by what brings the changes.
impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        self.notify();
    }
}
