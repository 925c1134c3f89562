//! Those who are told what happens, in whatever layer.

use crate::rejected::Site;
use crate::{Event, EventKind, clock};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Somebody who is told.
pub trait Listen: Send + Sync {
    /// This happened.
    fn hear(&self, event: &Event);

    /// Whether refusals are of interest, of which there is one with every refused call, and what else is told of single
    /// calls.
    fn hears_refusals(&self) -> bool {
        true
    }

    /// Whether nobody is there any more.
    fn is_gone(&self) -> bool {
        false
    }
}

/// A function that is told on the thread on which things happen.
pub(crate) struct Inline<F>(pub(crate) F);

thread_local! {
    /// Whether this thread is in a function that is told of a refusal.
    static IN_REFUSAL: Cell<bool> = const { Cell::new(false) };
}

impl<F: Fn(&Event) + Send + Sync> Listen for Inline<F> {
    /// A function that makes a call which is refused is not told of that: it would never come to an end.
    fn hear(&self, event: &Event) {
        struct Left;
        impl Drop for Left {
            fn drop(&mut self) {
                IN_REFUSAL.set(false);
            }
        }
        if !is_of_a_call(event) {
            return (self.0)(event);
        }
        if !IN_REFUSAL.replace(true) {
            let _left = Left;
            (self.0)(event);
        }
    }
}

/// A list of them, and how they behaved.
#[derive(Default)]
pub(crate) struct Listeners {
    /// Shared, so that telling copies no list and holds no lock.
    list: Mutex<Arc<[Arc<dyn Listen>]>>,
    /// Whether any of them hears refusals.
    hear_refusals: AtomicBool,
    panics: AtomicU64,
}

impl Listeners {
    /// Adds one. Where it is the only one, `if_first` runs before anything can be told to it.
    pub(crate) fn push(&self, listener: Arc<dyn Listen>, if_first: impl FnOnce()) {
        self.change(Some(listener), if_first);
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.list).is_empty()
    }

    /// Whether anybody, in here or by `tracing`, wants to hear that a call was refused, or what else is told of single calls: a
    /// load or two, as an open breaker asks it with every call.
    #[inline]
    pub(crate) fn refusals_are_heard(&self) -> bool {
        super::traces_refusals() || self.hear_refusals()
    }

    /// Whether a refusal is worth telling to any of them.
    #[inline]
    pub(crate) fn hear_refusals(&self) -> bool {
        self.hear_refusals.load(Ordering::Relaxed)
    }

    /// How often one of them panicked.
    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Something happens, at `site`: `tracing` hears it, and all that want to.
    #[cold]
    #[inline(never)]
    pub(crate) fn happens(&self, site: &Site, key: Option<Arc<str>>, kind: EventKind) {
        let event = Event::new(clock::now(), site.layer, site.name, kind).of_key(key);
        super::trace(&event);
        self.tell(&event);
    }

    /// The same of a single call, if anybody wants to hear of such.
    #[inline]
    pub(crate) fn happens_to_a_call(&self, site: &Site, kind: impl FnOnce() -> EventKind) {
        if self.refusals_are_heard() {
            self.happens(site, None, kind());
        }
    }

    /// Tells all that want to hear it. A panic is counted and concerns nobody else.
    pub(crate) fn tell(&self, event: &Event) {
        let refusal = is_of_a_call(event);
        let list = Arc::clone(&lock(&self.list));
        let mut gone = false;
        for listener in list.iter().filter(|listener| !refusal || listener.hears_refusals()) {
            if catch_unwind(AssertUnwindSafe(|| listener.hear(event))).is_err() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
            gone |= listener.is_gone();
        }
        if gone {
            self.change(None, || {});
        }
    }

    /// Takes out who is gone and adds who is new.
    fn change(&self, new: Option<Arc<dyn Listen>>, if_only_new: impl FnOnce()) {
        let mut list = lock(&self.list);
        let mut next: Vec<_> = list.iter().filter(|listener| !listener.is_gone()).cloned().collect();
        if next.is_empty() && new.is_some() {
            if_only_new();
        }
        next.extend(new);
        self.hear_refusals.store(next.iter().any(|listener| listener.hears_refusals()), Ordering::Relaxed);
        let previous = std::mem::replace(&mut *list, next.into());
        drop(list);
        // What a listener leaves behind is not for the time of the lock.
        drop(previous);
    }
}

/// Whether there can be one with every call.
const fn is_of_a_call(event: &Event) -> bool {
    let not_of_one = matches!(
        event.kind,
        EventKind::Transition(_)
            | EventKind::LimitChanged { .. }
            | EventKind::HealthChanged(_)
            | EventKind::Budget(_)
            | EventKind::Failing { .. }
            | EventKind::Peer { .. }
    );
    !not_of_one
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reason, Refusal, Tick};
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Ear {
        gone: AtomicBool,
        refusals: bool,
        heard: AtomicUsize,
    }

    impl Listen for Ear {
        fn hear(&self, _: &Event) {
            self.heard.fetch_add(1, Ordering::Relaxed);
        }

        fn hears_refusals(&self) -> bool {
            self.refusals
        }

        fn is_gone(&self) -> bool {
            self.gone.load(Ordering::Relaxed)
        }
    }

    fn refusal() -> Event {
        let kind = EventKind::Rejected(Refusal::new(Reason::ForcedOpen));
        Event::new(Tick::ZERO, "circuit_breaker", "orders", kind)
    }

    #[test]
    fn f7_who_is_gone_is_forgotten_when_somebody_comes_or_something_happens() {
        let listeners = Listeners::default();
        for _ in 0..10_000 {
            listeners.push(Arc::new(Ear { gone: true.into(), ..Ear::default() }), || {});
            assert!(lock(&listeners.list).len() <= 1);
        }
        let ear = Arc::new(Ear { refusals: true, ..Ear::default() });
        listeners.push(ear.clone(), || {});
        listeners.tell(&refusal());
        ear.gone.store(true, Ordering::Relaxed);
        listeners.tell(&refusal());
        assert_eq!((ear.heard.load(Ordering::Relaxed), listeners.is_empty()), (2, true));
        assert!(!listeners.hear_refusals());
    }

    #[test]
    fn refusals_are_told_to_those_alone_who_hear_them() {
        let listeners = Listeners::default();
        let [deaf, ear] = [false, true].map(|refusals| Arc::new(Ear { refusals, ..Ear::default() }));
        listeners.push(deaf.clone(), || {});
        assert!(!listeners.hear_refusals());
        listeners.push(ear.clone(), || panic!("it is not the first"));
        assert!(listeners.hear_refusals());
        listeners.tell(&refusal());
        assert_eq!((deaf.heard.load(Ordering::Relaxed), ear.heard.load(Ordering::Relaxed)), (0, 1));
    }
}
