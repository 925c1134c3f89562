//! The state that all services of a layer share, and the owner's grip on it.

use super::budget::Budget;
use super::counters::{Counters, Totals};
use crate::dice::Dice;
use crate::observe::{Inline, Listen, Listeners};
use crate::rejected::Site;
use crate::{Event, EventKind, Reason, Refusal, Rejected, Tick};
use buttress_core::retry::{Config, budget};
use buttress_core::{Bounds, Durations, Histogram};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// A retry with a name. Cheap to clone; every clone, every layer made from one and every service of those share its budget
/// and its counters. About 900 bytes.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

/// What is behind a handle.
pub(super) struct Shared {
    site: &'static Site,
    /// Tells it from another that came under its name.
    seed: u64,
    pub(super) config: Config,
    pub(super) budget: Option<Budget>,
    /// Whether its budget is its own, so that a deposit counts a call as well: one word to write for a call that succeeds.
    owns_budget: bool,
    pub(super) dice: Dice,
    pub(super) counters: Counters,
    delays: Histogram,
    listeners: Listeners,
}

/// The kind of layer, in events.
pub(super) const LAYER: &str = "retry";

impl Handle {
    /// A retry with a [default budget](Budget::default) of its own. The name is for people and metrics; an application has as
    /// many as it has retries it names.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self::made_of(name, config, Some(Budget::owned()), true)
    }

    /// The same, with a budget that others may share.
    #[must_use]
    pub fn with_budget(name: &str, config: Config, budget: Budget) -> Self {
        Self::made_of(name, config, Some(budget), false)
    }

    /// The same without a budget: each call makes all its attempts, whatever all of them together do to a peer that is down.
    /// For what runs now and then, such as a job or a start-up, and not for traffic.
    #[must_use]
    pub fn without_budget(name: &str, config: Config) -> Self {
        Self::made_of(name, config, None, false)
    }

    fn made_of(name: &str, config: Config, budget: Option<Budget>, owns_budget: bool) -> Self {
        let site = Site::intern(LAYER, name);
        let seed = site.seed();
        Self(Arc::new(Shared {
            site,
            seed,
            config,
            budget,
            owns_budget,
            dice: Dice::new(seed),
            counters: Counters::default(),
            delays: Histogram::new(delay_bounds()),
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

    /// The settings it was made with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// What limits its retries, unless nothing does.
    #[must_use]
    pub fn budget(&self) -> Option<&Budget> {
        self.0.budget.as_ref()
    }

    /// Calls and attempts since it was made.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let own_budget = self.budget().filter(|_| self.0.owns_budget);
        self.0.counters.read(own_budget.map(Budget::deposits_of_owner))
    }

    /// The waits before retries, as they were decided: a call that is dropped ends its wait early. In buckets from 1 ms, each
    /// twice as long as the one before.
    #[must_use]
    pub fn delays(&self) -> Durations {
        self.0.delays.snapshot()
    }

    /// All of it at one instant.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            name: self.name(),
            totals: self.totals(),
            delays: self.delays(),
            budget: self.budget().map(Budget::snapshot),
        }
    }

    /// Calls `listener` before the wait for each retry and whenever a call is given up, on the thread it happens on. A panic in
    /// it is caught and counted ([`Handle::listener_panics`]). It must be quick, as it is part of the call.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.listeners.panics()
    }

    pub(crate) fn seed(&self) -> u64 {
        self.0.seed
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listeners.push(listener, || {});
    }
}

impl Shared {
    /// A call succeeded with its first attempt.
    #[inline]
    pub(super) fn succeeded_at_once(&self) {
        match &self.budget {
            Some(budget) if self.owns_budget => budget.deposit(),
            _ => {
                self.deposit();
                self.counters.succeeded(1);
            }
        }
    }

    /// The first attempt of a call ended in another way.
    pub(super) fn first_ended(&self) {
        // In this order, so that a deposit which nothing else is known of is a success.
        self.counters.attempted(1);
        self.deposit();
    }

    /// A call is one of those that its budget is a share of.
    fn deposit(&self) {
        match &self.budget {
            Some(budget) if self.owns_budget => budget.deposit(),
            Some(budget) => budget.deposit_of_another(),
            None => {}
        }
    }

    /// Another attempt follows after `delay`.
    pub(super) fn waits(&self, attempt: u32, delay: Duration) {
        self.delays.record(Tick::ZERO, Tick::ZERO + delay);
        self.tell(EventKind::Retried { attempt, delay });
    }

    /// The rejection of a call whose attempts so far took all its time.
    pub(super) fn timed_out(&self) -> Rejected {
        Rejected::new(self.site, Refusal::new(Reason::DeadlineExceeded))
    }

    pub(super) fn tell(&self, kind: EventKind) {
        self.listeners.happens_to_a_call(self.site, || kind);
    }

    /// Runs what the owner wants to be told with. A panic in it is counted and concerns nobody else.
    pub(super) fn guard(&self, hook: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(hook)).is_err() {
            self.counters.hook_panicked();
        }
    }
}

/// 1 ms to 512 ms in ten steps.
fn delay_bounds() -> Bounds {
    let millis: [u64; 10] = std::array::from_fn(|step| 1 << step);
    Bounds::new(&millis.map(Duration::from_millis)).expect("ascending and few enough")
}

/// A retry of its own, without a name.
impl From<Config> for Handle {
    fn from(config: Config) -> Self {
        Self::new("", config)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}

/// How a retry stood at one instant.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The name it was given.
    pub name: &'static str,
    /// Calls and attempts.
    pub totals: Totals,
    /// The waits before retries, as they were decided.
    pub delays: Durations,
    /// How its budget stood, if it has one: of one that others share, with what they spent.
    pub budget: Option<budget::Snapshot>,
}
