//! Those who are told what happens to peers.

use crate::PeerEvent;
use crate::sync::{Mutex, lock};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

type Listener<K> = dyn Fn(&K, &PeerEvent) + Send + Sync;

/// A list of them, and how they behaved.
pub(super) struct Listeners<K> {
    /// Shared, so that telling copies no list and holds no lock.
    list: Mutex<Arc<[Arc<Listener<K>>]>>,
    /// Whether there are any, outside the lock.
    any: AtomicBool,
    panics: AtomicU64,
}

impl<K> Listeners<K> {
    pub(super) fn new() -> Self {
        let list = Mutex::new(Arc::from([]));
        Self { list, any: AtomicBool::new(false), panics: AtomicU64::new(0) }
    }

    /// Tells all of them. A panic is counted and concerns nobody else.
    pub(super) fn tell(&self, key: &K, event: &PeerEvent) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let list = Arc::clone(&lock(&self.list));
        for listener in list.iter() {
            if catch_unwind(AssertUnwindSafe(|| listener(key, event))).is_err() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How often one of them panicked.
    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn add(&self, listener: Arc<Listener<K>>) {
        self.change(|list| list.push(listener));
    }

    fn remove(&self, gone: &Arc<Listener<K>>) {
        self.change(|list| list.retain(|listener| !Arc::ptr_eq(listener, gone)));
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Listener<K>>>)) {
        let mut list = lock(&self.list);
        let mut next = list.to_vec();
        change(&mut next);
        self.any.store(!next.is_empty(), Ordering::Release);
        let previous = std::mem::replace(&mut *list, next.into());
        drop(list);
        // What a listener leaves behind is not for the time of the lock.
        drop(previous);
    }
}

/// Somebody who is told, until this is dropped.
#[must_use = "nobody is told any more when this is dropped"]
pub struct Listening<K> {
    listener: Option<Arc<Listener<K>>>,
    /// The ledger may go before who listens to it.
    listeners: Weak<Listeners<K>>,
}

impl<K> Listening<K> {
    pub(super) fn to(
        listeners: &Arc<Listeners<K>>,
        listener: impl Fn(&K, &PeerEvent) + Send + Sync + 'static,
    ) -> Self {
        let listener: Arc<Listener<K>> = Arc::new(listener);
        listeners.add(Arc::clone(&listener));
        Self { listener: Some(listener), listeners: Arc::downgrade(listeners) }
    }

    /// Goes on for as long as the ledger does.
    pub fn forever(mut self) {
        self.listener = None;
    }
}

impl<K> Drop for Listening<K> {
    fn drop(&mut self) {
        if let (Some(listener), Some(listeners)) = (&self.listener, self.listeners.upgrade()) {
            listeners.remove(listener);
        }
    }
}

impl<K> fmt::Debug for Listening<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening").finish_non_exhaustive()
    }
}
