//! What is known about a fallback, and the owner's grip on it.

use crate::observe::{Inline, Listen, Listeners};
use crate::rejected::Site;
use crate::{Event, EventKind, Trigger};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A fallback with a name. Cheap to clone; every clone, every layer made from one and every service of those count together.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

struct Shared {
    site: &'static Site,
    /// Tells it from another that came under its name.
    seed: u64,
    uses: [Uses; Trigger::ALL.len()],
    panicked: AtomicU64,
    listeners: Listeners,
}

/// How uses for one trigger ended.
#[derive(Default)]
struct Uses {
    answered: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
}

/// The kind of layer, in events.
pub(super) const LAYER: &str = "fallback";

impl Handle {
    /// A fallback. The name is for people and metrics; an application has as many as it has fallbacks it names.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let site = Site::intern(LAYER, name);
        Self(Arc::new(Shared {
            site,
            seed: site.seed(),
            uses: Default::default(),
            panicked: AtomicU64::new(0),
            listeners: Listeners::default(),
        }))
    }

    /// Whether both are one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.site.name
    }

    pub(crate) fn seed(&self) -> u64 {
        self.0.seed
    }

    /// How often it was asked since it was made. The numbers only ever grow.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let of = |trigger: Trigger| {
            let uses = &self.0.uses[trigger as usize];
            Ends {
                answered: read(&uses.answered),
                failed: read(&uses.failed),
                cancelled: read(&uses.cancelled),
            }
        };
        Totals {
            rejected: of(Trigger::Rejected),
            opening: of(Trigger::Opening),
            error: of(Trigger::Error),
            response: of(Trigger::Response),
            panicked: read(&self.0.panicked),
        }
    }

    /// Calls `listener` each time it was asked and had an answer or failed, on the thread on which it happened. A panic in it is
    /// caught and counted ([`Handle::listener_panics`]). It must be quick, as it is part of every call that needs the fallback.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.listeners.panics()
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listeners.push(listener, || {});
    }

    /// It is asked.
    pub(super) fn begin(&self, trigger: Trigger, source: &'static str) -> Using {
        Using { handle: self.clone(), trigger, source, ended: false }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// A fallback at work. Dropped before its end, it counts as cancelled.
pub(super) struct Using {
    handle: Handle,
    trigger: Trigger,
    source: &'static str,
    ended: bool,
}

impl Using {
    /// It has an answer, or failed.
    pub(super) fn end(&mut self, answered: bool) {
        self.ended = true;
        let uses = &self.handle.0.uses[self.trigger as usize];
        let counter = if answered { &uses.answered } else { &uses.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        let Shared { site, listeners, .. } = &*self.handle.0;
        let (trigger, source) = (self.trigger, self.source);
        listeners.happens_to_a_call(site, || EventKind::FellBack { trigger, source, answered });
    }
}

impl Drop for Using {
    fn drop(&mut self) {
        if !self.ended {
            self.handle.0.uses[self.trigger as usize].cancelled.fetch_add(1, Ordering::Relaxed);
            if std::thread::panicking() {
                self.handle.0.panicked.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// How often a fallback was asked, by what made it so and how that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Totals {
    /// For calls that were refused beneath, and not sent.
    pub rejected: Ends,
    /// For calls that failed while the breaker opened or was open.
    pub opening: Ends,
    /// For other errors.
    pub error: Ends,
    /// For responses that are as good as none.
    pub response: Ends,
    /// Cancelled uses that were dropped by a panic, most likely that of the fallback itself.
    pub panicked: u64,
}

/// How uses of a fallback ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ends {
    /// It had an answer.
    pub answered: u64,
    /// It failed too.
    pub failed: u64,
    /// It was dropped before its end.
    pub cancelled: u64,
}

impl Totals {
    /// Those for one trigger.
    #[must_use]
    pub const fn of(&self, trigger: Trigger) -> Ends {
        match trigger {
            Trigger::Rejected => self.rejected,
            Trigger::Opening => self.opening,
            Trigger::Error => self.error,
            Trigger::Response => self.response,
        }
    }

    /// All that had an answer.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.all(|ends| ends.answered)
    }

    /// All that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.all(|ends| ends.failed)
    }

    /// All that were dropped before their end.
    #[must_use]
    pub fn cancelled(&self) -> u64 {
        self.all(|ends| ends.cancelled)
    }

    fn all(&self, of: impl Fn(Ends) -> u64) -> u64 {
        Trigger::ALL.into_iter().map(|trigger| of(self.of(trigger))).sum()
    }
}
