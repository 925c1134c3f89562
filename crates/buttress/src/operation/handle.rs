//! What is known about an operation, and the owner's grip on it.

use super::history::{Entry, History};
use super::running::Running;
use crate::rejected::Site;
use crate::{Outcome, Ratio, Tick};
use buttress_core::{Bounds, Durations, Histogram};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An operation of a component. Cheap to clone; every clone, every layer made from one and every service of those share one
/// state. About 800 bytes.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

/// What is behind a handle. The counters only ever grow, so that what they count can be published.
pub(super) struct Shared {
    site: &'static Site,
    component: &'static str,
    /// Tells it from another that came under its name.
    seed: u64,
    started: AtomicU64,
    ended: Counters,
    durations: Histogram,
    history: History,
    /// What there was at the last reset.
    before: Mutex<Before>,
}

#[derive(Default)]
struct Counters {
    successes: AtomicU64,
    failures: AtomicU64,
    throttled: AtomicU64,
    ignored: AtomicU64,
    cancelled: AtomicU64,
    panicked: AtomicU64,
}

#[derive(Default)]
struct Before {
    totals: Totals,
    durations: Option<Durations>,
    entries: u64,
}

/// The kind of layer.
pub(super) const LAYER: &str = "operation";

/// How many of the last calls are kept: as many as a person looks through.
const HISTORY: usize = 10;

/// How often the calls under way are looked at again, when some began meanwhile.
const LOOKS: usize = 4;

impl Handle {
    /// The operation `operation` of `component`, such as `charge` of `payments`, with its last 10 calls. The names are kept as
    /// long as the program runs, so an application has as many as it has operations it names, never one per call.
    #[must_use]
    pub fn new(operation: &str, component: &str) -> Self {
        Self::remembering(operation, component, HISTORY)
    }

    /// The same with its last `calls` calls, at 24 bytes each.
    #[must_use]
    pub fn remembering(operation: &str, component: &str, calls: usize) -> Self {
        let site = Site::intern(LAYER, operation);
        Self(Arc::new(Shared {
            site,
            seed: site.seed(),
            component: Site::intern("component", component).name,
            started: AtomicU64::new(0),
            ended: Counters::default(),
            durations: Histogram::new(Bounds::default()),
            history: History::new(calls),
            before: Mutex::default(),
        }))
    }

    /// Whether both are one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The name of the operation.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.site.name
    }

    /// The component whose operation it is.
    #[must_use]
    pub fn component(&self) -> &'static str {
        self.0.component
    }

    pub(crate) fn seed(&self) -> u64 {
        self.0.seed
    }

    /// A call begins, without a service around: for code that has no tower stack.
    pub fn begin(&self) -> Running {
        self.0.started.fetch_add(1, Ordering::Relaxed);
        Running::new(Arc::clone(&self.0))
    }

    /// All calls that ended since it was made or reset.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.0.ended.read().since(self.0.before().totals)
    }

    /// The share of calls that succeeded, of those that had a say in it; `None` without any.
    #[must_use]
    pub fn success_rate(&self) -> Option<Ratio> {
        self.totals().success_rate()
    }

    /// The calls that have begun and not ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        // The counts are read one after the other. Where no call began meanwhile, those that did not end are under way. Where some
        // always do, those that began last are left out: calls that came and went would be taken for ones that stay.
        let started = || self.0.started.load(Ordering::Acquire);
        let mut before = started();
        for _ in 0..LOOKS {
            let ended = self.0.ended.read().calls();
            let after = started();
            if before == after {
                return after.saturating_sub(ended);
            }
            before = after;
        }
        before.saturating_sub(self.0.ended.read().calls())
    }

    /// How long calls took that succeeded, failed or were throttled, since it was made or reset.
    #[must_use]
    pub fn durations(&self) -> Durations {
        let mut durations = self.0.durations.snapshot();
        if let Some(before) = &self.0.before().durations {
            durations.sum = durations.sum.saturating_sub(before.sum);
            for (count, before) in durations.counts.iter_mut().zip(&before.counts) {
                *count = count.saturating_sub(*before);
            }
        }
        durations
    }

    /// The last calls that ended, oldest first.
    #[must_use]
    pub fn history(&self) -> Vec<Entry> {
        let first = self.0.before().entries;
        self.0.history.since(first)
    }

    /// All calls that ended since it was made and how long they took, which no reset takes back.
    pub(crate) fn lifetime(&self) -> (Totals, Durations) {
        (self.0.ended.read(), self.0.durations.snapshot())
    }

    /// All of it at one instant.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            operation: self.name(),
            component: self.component(),
            totals: self.totals(),
            in_flight: self.in_flight(),
            durations: self.durations(),
            history: self.history(),
        }
    }

    /// Counts from zero again. A call that is under way stays so, and counts when it ends.
    pub fn reset(&self) {
        let mut before = self.0.before();
        before.totals = self.0.ended.read();
        before.durations = Some(self.0.durations.snapshot());
        before.entries = self.0.history.len();
    }
}

impl Shared {
    /// A call ended that began at `began`.
    pub(super) fn end(&self, outcome: Outcome, began: Tick, now: Tick) {
        self.history.push(Entry { at: now, outcome, duration: now.since(began) });
        let counter = match outcome {
            Outcome::Success => &self.ended.successes,
            Outcome::Failure(_) => &self.ended.failures,
            Outcome::Throttled => &self.ended.throttled,
            Outcome::Ignored => &self.ended.ignored,
            Outcome::Cancelled => &self.ended.cancelled,
        };
        if !matches!(outcome, Outcome::Ignored | Outcome::Cancelled) {
            self.durations.record(began, now);
        } else if outcome == Outcome::Cancelled && std::thread::panicking() {
            self.ended.panicked.fetch_add(1, Ordering::Relaxed);
        }
        // Last, and with the reading: whoever sees the end sees the beginning as well.
        counter.fetch_add(1, Ordering::Release);
    }

    fn before(&self) -> MutexGuard<'_, Before> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    fn read(&self) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        Totals {
            successes: read(&self.successes),
            failures: read(&self.failures),
            throttled: read(&self.throttled),
            ignored: read(&self.ignored),
            cancelled: read(&self.cancelled),
            panicked: read(&self.panicked),
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("component", &self.component())
            .finish_non_exhaustive()
    }
}

/// Calls that ended, by how they did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Calls that the peer throttled.
    pub throttled: u64,
    /// Calls that say nothing, such as those refused beneath and never sent.
    pub ignored: u64,
    /// Calls that were dropped before they had a result.
    pub cancelled: u64,
    /// Cancelled calls that were dropped by a panic.
    pub panicked: u64,
}

impl Totals {
    /// All calls.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.successes + self.failures + self.throttled + self.ignored + self.cancelled
    }

    /// The share of successes in successes, failures and throttled calls; `None` without any.
    #[must_use]
    pub fn success_rate(&self) -> Option<Ratio> {
        Ratio::of(self.successes, self.successes + self.failures + self.throttled)
    }

    const fn since(self, before: Self) -> Self {
        Self {
            successes: self.successes.saturating_sub(before.successes),
            failures: self.failures.saturating_sub(before.failures),
            throttled: self.throttled.saturating_sub(before.throttled),
            ignored: self.ignored.saturating_sub(before.ignored),
            cancelled: self.cancelled.saturating_sub(before.cancelled),
            panicked: self.panicked.saturating_sub(before.panicked),
        }
    }
}

/// How an operation stood at one instant.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The name of the operation.
    pub operation: &'static str,
    /// The component whose operation it is.
    pub component: &'static str,
    /// All calls that ended since it was made or reset.
    pub totals: Totals,
    /// The calls that have begun and not ended.
    pub in_flight: u64,
    /// How long calls took.
    pub durations: Durations,
    /// The last calls that ended, oldest first.
    pub history: Vec<Entry>,
}
