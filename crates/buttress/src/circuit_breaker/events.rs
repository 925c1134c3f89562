//! Telling those who watch, in the order things happened and without holding anybody up.

use super::handle::Shared;
use crate::observe::{Listen, Listeners};
use crate::{Event, EventKind, clock};
use buttress_core::Refusal;
use buttress_core::circuit_breaker::Cursor;
use std::sync::{Arc, Mutex, TryLockError};

/// Tells the listeners of a breaker of its changes: each once, in order.
#[derive(Default)]
pub(super) struct Delivery {
    pub(super) listeners: Listeners,
    /// How far the changes have been delivered. Whoever holds it delivers for all.
    delivered: Mutex<Cursor>,
}

impl Delivery {
    pub(super) fn add(&self, shared: &Shared, listener: Arc<dyn Listen>) {
        self.listeners.push(listener, || {
            // Until now nobody listened, so nothing was delivered; with others around, the changes were.
            if !delivers_always(shared)
                && let Ok(mut delivered) = self.delivered.try_lock()
            {
                *delivered = shared.machine.cursor();
            }
        });
    }

    /// Delivers what has not been delivered yet, unless another call is doing so: that one then takes these along.
    pub(super) fn deliver(&self, shared: &Shared) {
        // On the thread that made the change, as who delivers it may be another one.
        shared.note();
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
                shared.tell(&shared.event(transition.at, EventKind::Transition(transition)));
            }
            let seen = *delivered;
            drop(delivered);
            // What came after the last look and before the lock was free would be left to nobody.
            if shared.machine.cursor() == seen {
                return;
            }
        }
    }
}

impl Shared {
    fn tell(&self, event: &Event) {
        crate::observe::trace(event);
        if let Some(audience) = self.audience.get() {
            audience.delivery.listeners.tell(event);
        }
        if let Some(group) = self.group() {
            group.listeners.tell(event);
        }
    }

    /// Whether anybody wants to hear that a call was refused.
    #[inline]
    pub(super) fn refusals_are_heard(&self) -> bool {
        let own = self.audience.get().is_some_and(|audience| audience.delivery.listeners.hear_refusals());
        crate::observe::traces_refusals()
            || own
            || self.group().is_some_and(|group| group.listeners.hear_refusals())
    }

    /// Tells of a call that was refused, as it happens. The changes before may still be on their way.
    #[cold]
    #[inline(never)]
    pub(super) fn tell_refusal(&self, refusal: Refusal) {
        self.tell(&self.event(clock::now(), EventKind::Rejected(refusal)));
    }
}

/// Whether changes are delivered although nobody listens to this very breaker.
pub(super) fn delivers_always(shared: &Shared) -> bool {
    cfg!(feature = "tracing") || shared.group().is_some()
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
        Some(self.shared.event(transition.at, EventKind::Transition(transition)))
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
