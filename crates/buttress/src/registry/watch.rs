//! Telling when the health changes: once per change, in order.

use super::book::Shelf;
use super::health::Health;
use crate::Event;
use crate::observe::Listen;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};

type Watcher = Arc<dyn Fn(&Health) + Send + Sync>;

/// How often one caller looks: once for itself, and for those who came while it looked.
const ROUNDS: usize = 4;

/// Who is told, and what they were told last.
#[derive(Default)]
pub(super) struct Watch {
    watchers: Mutex<Vec<Watcher>>,
    /// Whether anybody watches.
    is_on: AtomicBool,
    /// Whether things may have changed since they were last looked at.
    stale: AtomicBool,
    /// Whoever holds it looks, and tells for all.
    told: Mutex<Health>,
    panics: AtomicU64,
}

impl Watch {
    /// Adds one, and says whether it is the first; that one is told of what is no more as `health` says.
    pub(super) fn add(&self, watcher: Watcher, health: impl FnOnce() -> Health) -> bool {
        let mut watchers = lock(&self.watchers);
        let first = watchers.is_empty();
        if first {
            *lock(&self.told) = health();
            self.is_on.store(true, Ordering::SeqCst);
        }
        watchers.push(watcher);
        first
    }

    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Looks at the health, and tells if it is another; unless somebody is about to, who then looks once more. Says whether
    /// it is seen to: who keeps having to look again for others gives up after a few rounds, and [`Self::look_on`] is due.
    #[must_use]
    pub(super) fn look(&self, health: impl Fn() -> Health) -> bool {
        if !self.is_on.load(Ordering::SeqCst) {
            return true;
        }
        self.stale.store(true, Ordering::SeqCst);
        (0..ROUNDS).any(|_| !self.round(&health)) || !self.stale.load(Ordering::SeqCst)
    }

    /// Looks until it is all told.
    pub(super) fn look_on(&self, health: impl Fn() -> Health) {
        while self.round(&health) {}
    }

    /// Looks once, if there is something to be seen that nobody else looks at. Says whether it was so.
    fn round(&self, health: &impl Fn() -> Health) -> bool {
        if !self.stale.load(Ordering::SeqCst) {
            return false;
        }
        let mut told = match self.told.try_lock() {
            Ok(told) => told,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Also when a watcher changes what it watches.
            Err(TryLockError::WouldBlock) => return false,
        };
        if self.stale.swap(false, Ordering::SeqCst) {
            let now = health();
            if !now.agrees_with(&told) {
                told.clone_from(&now);
                self.tell(&now);
            }
        }
        true
    }

    fn tell(&self, health: &Health) {
        let watchers = lock(&self.watchers).clone();
        for watcher in watchers {
            if catch_unwind(AssertUnwindSafe(|| watcher(health))).is_err() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Has the health looked at when a member changes.
pub(super) struct Lookout {
    pub(super) shelf: Weak<Shelf>,
    pub(super) member: Weak<()>,
}

impl Listen for Lookout {
    fn hear(&self, _: &Event) {
        if self.member.strong_count() > 0
            && let Some(shelf) = self.shelf.upgrade()
        {
            shelf.look();
        }
    }

    fn hears_refusals(&self) -> bool {
        false
    }

    fn is_gone(&self) -> bool {
        self.member.strong_count() == 0
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
