//! The log that layers write to, and the owner's grip on it.

#[cfg(feature = "persist")]
use super::Record;
use super::announce::Announcements;
use super::operation::{Operation, Slot};
use super::{Config, Failure, Recorded, Rule};
#[cfg(feature = "persist")]
use crate::disk::Lines;
use crate::observe::{Inline, Listen, Listeners};
use crate::rejected::Site;
use crate::{Event, EventKind, Tick, clock};
use buttress_core::clock::wall;
use buttress_core::failure_log::FailureLog;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A failure log with a name. Cheap to clone; every clone, every [`Operation`] of it, every layer made from one and every
/// service of those write to one log. What it takes is bounded by its [`Config`]; the counters of its operations, about a
/// kilobyte each, stay when it goes, so an application has as many logs as it names, never one per call.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

/// What is behind a handle.
pub(super) struct Shared {
    pub(super) site: &'static Site,
    /// Tells it from another that came under its name.
    seed: u64,
    pub(super) log: FailureLog,
    slots: Mutex<Vec<&'static Slot>>,
    listeners: Listeners,
    announcements: Announcements,
    /// The files that failures are written to, if to any.
    #[cfg(feature = "persist")]
    pub(super) lines: Option<Lines<Record>>,
}

/// The kind of layer, in events and in a registry.
pub(super) const LAYER: &str = "failure_log";

impl Handle {
    /// A log in memory. The name is for people and metrics.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self::with_rules(name, config, [])
    }

    /// The same with the user's own rules for how bad a failure is and of what sort.
    ///
    /// ```
    /// use buttress::failure_log::{Category, Config, Handle, Rule, Severity};
    ///
    /// let declined = Rule::default().message("card declined").is(Category::Validation).as_bad_as(Severity::Info);
    /// let log = Handle::with_rules("shop", Config::default(), [declined]);
    /// let charge = log.operation("charge", "payments");
    /// let recorded = charge.failed_with(&std::io::Error::other("card declined: 51"));
    /// assert_eq!((recorded.category, recorded.severity), (Category::Validation, Severity::Info));
    /// ```
    #[must_use]
    pub fn with_rules(name: &str, config: Config, rules: impl IntoIterator<Item = Rule>) -> Self {
        let log = FailureLog::new(config, wall(), clock::now()).with_rules(rules);
        Self(Arc::new(Shared::new(name, log)))
    }

    /// The same, which goes on where these records end and writes what comes to files.
    #[cfg(feature = "persist")]
    pub(super) fn going_on(name: &str, config: Config, before: Vec<Record>, lines: Lines<Record>) -> Self {
        let log = FailureLog::new(config, wall(), clock::now());
        log.restore(before);
        Self(Arc::new(Shared { lines: Some(lines), ..Shared::new(name, log) }))
    }

    /// Whether both are one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.0.seed
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.site.name
    }

    /// The operation `operation` of `component`, such as `charge` of `payments`; the same for all who ask for it. Those
    /// beyond as many as the settings allow are one that is called `other`.
    #[must_use]
    pub fn operation(&self, operation: &str, component: &str) -> Operation {
        let core = self.0.log.operation(operation, component);
        let mut slots = self.0.slots();
        let known = slots
            .iter()
            .find(|slot| slot.core().name() == core.name() && slot.core().component() == core.component());
        let slot = known.copied().unwrap_or_else(|| {
            let slot: &'static Slot = Box::leak(Box::new(Slot::new(core, Arc::downgrade(&self.0))));
            slots.push(slot);
            slot
        });
        Operation::new(slot, self.clone())
    }

    /// All operations that were asked for, in that order.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.0.slots().iter().map(|slot| Operation::new(slot, self.clone())).collect()
    }

    /// Forgets every failure there was, also those in files, which are removed as soon as the disk answers. The counts of calls
    /// go on.
    pub fn clear(&self) {
        self.0.log.clear();
        #[cfg(feature = "persist")]
        if let Some(lines) = &self.0.lines {
            // Whoever waits for it can flush.
            let _ = lines.clear(std::time::Duration::ZERO);
        }
    }

    /// The settings it was made with.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.0.log.config()
    }

    /// Calls `listener` when a class of failures is new, comes back or becomes frequent, at most ten times a second; on the
    /// thread of the call that failed, so it must be quick, and
    /// [`Registry::subscribe`](crate::registry::Registry::subscribe) is for the others. A panic in it is caught and
    /// [counted](Handle::listener_panics).
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listeners.push(listener, || {});
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.listeners.panics()
    }
}

impl Shared {
    fn new(name: &str, log: FailureLog) -> Self {
        let site = Site::intern(LAYER, name);
        Self {
            site,
            seed: site.seed(),
            log,
            slots: Mutex::default(),
            listeners: Listeners::default(),
            announcements: Announcements::default(),
            #[cfg(feature = "persist")]
            lines: None,
        }
    }

    pub(super) fn record(&self, failure: &Failure<'_>, now: Tick) -> Recorded {
        let recorded = self.take_in(failure, now);
        if let Some(standing) = recorded.turned
            && self.announcements.may(now)
        {
            let fingerprint = recorded.fingerprint;
            self.listeners.happens(self.site, None, EventKind::Failing { fingerprint, standing });
        }
        recorded
    }

    #[cfg(feature = "persist")]
    fn take_in(&self, failure: &Failure<'_>, now: Tick) -> Recorded {
        let Some(lines) = &self.lines else { return self.log.record(failure, wall(), now) };
        let (recorded, record) = self.log.record_and_show(failure, wall(), now);
        // What finds no place is counted there.
        let _ = lines.push(record, now);
        recorded
    }

    #[cfg(not(feature = "persist"))]
    fn take_in(&self, failure: &Failure<'_>, now: Tick) -> Recorded {
        self.log.record(failure, wall(), now)
    }

    fn slots(&self) -> MutexGuard<'_, Vec<&'static Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("name", &self.name()).finish_non_exhaustive()
    }
}
