//! Telling those who watch, in the order things happened and without holding anybody up.

use super::handle::Shared;
use crate::Event;
use buttress_core::circuit_breaker::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// Functions called at every event.
#[derive(Default)]
pub(super) struct Listeners {
    list: Mutex<Vec<Listener>>,
    panics: AtomicU64,
}

impl Listeners {
    /// How many there are now.
    pub(super) fn push(&self, listener: Listener) -> usize {
        let mut list = lock(&self.list);
        list.push(listener);
        list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.list).is_empty()
    }

    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn tell(&self, event: &Event) {
        let listeners = lock(&self.list).clone();
        for listener in listeners {
            if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Tells the listeners of a breaker of its changes: each once, in order.
#[derive(Default)]
pub(super) struct Delivery {
    pub(super) listeners: Listeners,
    /// How far the changes have been delivered. Whoever holds it delivers for all.
    delivered: Mutex<Cursor>,
}

impl Delivery {
    pub(super) fn add(&self, shared: &Shared, listener: Listener) {
        // Until now nobody listened, so nothing was delivered; with others around, the changes were.
        if self.listeners.push(listener) == 1 && !delivers_always(shared) {
            if let Ok(mut delivered) = self.delivered.try_lock() {
                *delivered = shared.machine.cursor();
            }
        }
    }

    /// Delivers what has not been delivered yet, unless another call is doing so: that one then takes these along.
    pub(super) fn deliver(&self, shared: &Shared) {
        if !delivers_always(shared) && self.listeners.is_empty() {
            return;
        }
        loop {
            let mut delivered = match self.delivered.try_lock() {
                Ok(delivered) => delivered,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Also when a listener changes the breaker that it listens to.
                Err(TryLockError::WouldBlock) => return,
            };
            while let Some((transition, _)) = shared.machine.next_transition(&mut delivered) {
                self.tell(shared, &shared.event(transition));
            }
            let seen = *delivered;
            drop(delivered);
            // What came after the last look and before the lock was free would be left to nobody.
            if shared.machine.cursor() == seen {
                return;
            }
        }
    }

    fn tell(&self, shared: &Shared, event: &Event) {
        #[cfg(feature = "tracing")]
        crate::observe::trace(event);
        self.listeners.tell(event);
        if let Some(group) = shared.group() {
            group.listeners.tell(event);
        }
    }
}

/// Whether changes are delivered although nobody listens to this very breaker.
pub(super) fn delivers_always(shared: &Shared) -> bool {
    cfg!(feature = "tracing") || shared.group().is_some()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The changes of one breaker, read at the reader's own pace.
#[derive(Debug)]
pub struct Subscription {
    shared: Arc<Shared>,
    cursor: Cursor,
    missed: u64,
}

impl Subscription {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let cursor = shared.machine.cursor();
        Self { shared, cursor, missed: 0 }
    }

    /// The next change, if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        let (transition, missed) = self.shared.machine.next_transition(&mut self.cursor)?;
        self.missed += missed;
        Some(self.shared.event(transition))
    }

    /// The next change. Never ends: a breaker can always change again.
    pub async fn next(&mut self) -> Event {
        let shared = Arc::clone(&self.shared);
        loop {
            let changed = shared.audience().changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change falls between the two.
            changed.as_mut().enable();
            if let Some(event) = self.try_next() {
                return event;
            }
            changed.await;
        }
    }

    /// How many changes this reader lost by reading too late.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }
}
