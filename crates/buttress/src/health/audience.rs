//! Who is told what a monitor finds.

use super::{Change, Status};
use crate::EventKind;
use crate::dice::Dice;
use crate::observe::{Inline, Listen, Listeners};
use crate::rejected::Site;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the checks of one monitor share.
pub(super) struct Audience {
    pub(super) site: &'static Site,
    pub(super) dice: Dice,
    pub(super) listeners: Listeners,
    watchers: Mutex<Vec<Watcher>>,
    panics: AtomicU64,
}

type Watcher = Arc<dyn Fn(&Changed) + Send + Sync>;

/// The status of a check became another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changed {
    /// The name of the check.
    pub check: Arc<str>,
    /// What it was.
    pub from: Status,
    /// What it is.
    pub to: Status,
    /// Why the last look did not find it healthy; `None` if it did, or was forgotten by a reset.
    pub why: Option<Arc<str>>,
}

impl Audience {
    pub(super) fn new(site: &'static Site) -> Self {
        Self {
            site,
            dice: Dice::new(site.seed()),
            listeners: Listeners::default(),
            watchers: Mutex::default(),
            panics: AtomicU64::new(0),
        }
    }

    pub(super) fn watch(&self, watcher: Watcher) {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(watcher);
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.listeners.push(listener, || {});
    }

    pub(super) fn on_event(&self, listener: impl Fn(&crate::Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    /// How often one of them panicked.
    pub(super) fn panics(&self) -> u64 {
        self.listeners.panics() + self.panics.load(Ordering::Relaxed)
    }

    pub(super) fn tell(&self, check: &Arc<str>, change: Change, why: Option<Arc<str>>) {
        self.listeners.happens(self.site, Some(Arc::clone(check)), EventKind::HealthChanged(change));
        let Change { from, to } = change;
        let changed = Changed { check: Arc::clone(check), from, to, why };
        let watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for watcher in watchers {
            if catch_unwind(AssertUnwindSafe(|| watcher(&changed))).is_err() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
