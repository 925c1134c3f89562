//! Telling those who watch, in order and without holding anybody up.

use super::objective::Objective;
use super::shared::Shared;
use crate::observe::{Listen, Listeners};
use crate::rejected::Site;
use crate::{EventKind, Refusal};
use buttress_core::error_budget::{Change, Changes};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// Who is told of changes and refusals, and the changes that nobody has been told of yet.
#[derive(Default)]
pub(super) struct Delivery {
    pub(super) listeners: Listeners,
    waiting: Mutex<VecDeque<(&'static Site, Change)>>,
    /// Whoever holds it tells for all.
    telling: Mutex<()>,
}

/// A listener that is stuck has so many changes wait, and no more: days of them.
const WAITING: usize = 1_024;

impl Delivery {
    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.listeners.push(listener, || {});
    }

    /// Tells of a call that was refused, as it happens.
    pub(super) fn refused(&self, site: &'static Site, refusal: Refusal) {
        self.listeners.happens_to_a_call(site, || EventKind::Rejected(refusal));
    }

    fn push(&self, site: &'static Site, changes: Changes) {
        let mut waiting = self.waiting();
        for change in changes {
            if waiting.len() == WAITING {
                waiting.pop_front();
            }
            waiting.push_back((site, change));
        }
    }

    /// Tells what has not been told yet, unless another call is doing so: that one then takes these along.
    fn deliver(&self) {
        while !self.waiting().is_empty() {
            let _telling = match self.telling.try_lock() {
                Ok(telling) => telling,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Also when a listener makes a call that changes the budget it listens to.
                Err(TryLockError::WouldBlock) => return,
            };
            loop {
                let next = self.waiting().pop_front();
                let Some((site, change)) = next else { break };
                self.listeners.happens(site, None, EventKind::Budget(change));
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<(&'static Site, Change)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// An objective changed. What follows from that is done before anybody is told.
    #[cold]
    #[inline(never)]
    pub(super) fn changed(&self, objective: &Objective, changes: Changes) {
        self.delivery.push(objective.site(), changes);
        self.adjust();
        self.delivery.deliver();
    }
}
