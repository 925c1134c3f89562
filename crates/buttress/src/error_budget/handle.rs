//! The budgets that all services of a layer share, and the owner's grip on them.

use super::objective::Objective;
use super::shared::Shared;
use super::snapshot::{ObjectiveSnapshot, Snapshot, Totals};
use crate::observe::{Inline, Listen};
use crate::rejected::Site;
use crate::retry::Budget;
use crate::{Event, Outcome, Ratio, clock};
use buttress_core::error_budget::{Config, ErrorBudget, Level};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// An error budget with a name, of one objective or of several that are judged by the same calls. Cheap to clone; every clone,
/// every layer made from one and every service of those share it.
///
/// ```
/// use buttress::Outcome;
/// use buttress::error_budget::{Handle, presets};
/// use std::time::Duration;
///
/// let checkout = Handle::new("checkout", presets::standard());
/// for _ in 0..99 {
///     checkout.record(Outcome::Success, Duration::from_millis(20));
/// }
/// assert!(!checkout.is_exhausted());
/// checkout.record(Outcome::Failure(buttress::FailureKind::Timeout), Duration::from_secs(5));
/// assert!(checkout.is_exhausted(), "one of a hundred, and one of a thousand is allowed");
/// ```
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

/// The kind of layer, in events and rejections.
pub(crate) const LAYER: &str = "error_budget";

impl Handle {
    /// A budget of one objective. The name is for people and metrics; an application has as many as it has promises it names.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        let machine = ErrorBudget::new(config, clock::now());
        Self::made_of(name, [(String::new(), machine)])
    }

    /// Several objectives, each with a name of its own, such as one for failures over a month and one for how long calls take.
    /// Each call is judged by all of them. In events and metrics they are called by both names, as `checkout.latency`.
    ///
    /// # Panics
    /// If there is none, or two have the same name.
    #[must_use]
    pub fn of<N: AsRef<str>>(name: &str, objectives: impl IntoIterator<Item = (N, Config)>) -> Self {
        let now = clock::now();
        let machine = |(name, config): (N, Config)| (name.as_ref().to_owned(), ErrorBudget::new(config, now));
        Self::made_of(name, objectives.into_iter().map(machine))
    }

    pub(super) fn made_of(name: &str, machines: impl IntoIterator<Item = (String, ErrorBudget)>) -> Self {
        let objective = |(own, machine): (String, ErrorBudget)| {
            Objective::new(Site::intern(LAYER, &full_name(name, &own)), machine)
        };
        let objectives: Box<[_]> = machines.into_iter().map(objective).collect();
        assert!(!objectives.is_empty(), "{name:?} has no objective");
        for (at, one) in objectives.iter().enumerate() {
            let twice = objectives[..at].iter().any(|other| other.site().name == one.site().name);
            assert!(!twice, "two objectives of {name:?} are called {:?}", one.site().name);
        }
        Self(Arc::new(Shared::new(Site::intern(LAYER, name), objectives)))
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

    /// The settings of its objectives, by their full names.
    pub fn configs(&self) -> impl Iterator<Item = (&'static str, &Config)> {
        self.0.objectives.iter().map(|objective| (objective.site().name, objective.machine().config()))
    }

    /// A call ended like this and took so long, without a service around: for code that has no tower stack.
    pub fn record(&self, outcome: Outcome, took: Duration) {
        self.0.ended_after(outcome, took);
    }

    /// How low it is, of several objectives the lowest: what the [actions](super#actions) go by.
    #[must_use]
    pub fn level(&self) -> Level {
        self.0.review(clock::now());
        self.0.level()
    }

    /// Whether every objective is met: as few calls were bad in its window as it allows, or there were none.
    #[must_use]
    pub fn all_met(&self) -> bool {
        !self.is_exhausted()
    }

    /// Whether any objective is missed: more calls were bad in its window than it allows.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        let now = clock::now();
        self.0.review(now);
        self.0.objectives.iter().any(|objective| objective.level() == Level::Spent)
    }

    /// How many times faster than it lasts the budget is used up, by the calls of so long: 1 is all of it in one window. Of
    /// several objectives the fastest; `None` without calls.
    #[must_use]
    pub fn burn_rate(&self, over: Duration) -> Option<f64> {
        let now = clock::now();
        let rates = self.0.objectives.iter().filter_map(|objective| objective.machine().burn_rate(over, now));
        rates.reduce(f64::max)
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let now = clock::now();
        self.0.review(now);
        let objectives = self.0.objectives.iter().map(|objective| ObjectiveSnapshot {
            name: objective.site().name,
            budget: objective.machine().snapshot(now),
        });
        Snapshot {
            name: self.name(),
            level: self.0.level(),
            objectives: objectives.collect(),
            totals: self.totals(),
        }
    }

    fn totals(&self) -> Totals {
        let calls = &self.0.calls;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Totals {
            refused_beneath: read(&calls.refused_beneath),
            throttled: read(&calls.throttled),
            ignored: read(&calls.ignored),
            cancelled: read(&calls.cancelled),
            panicked: read(&calls.panicked),
            shed: read(&calls.shed),
        }
    }

    /// Has `retries` grant no more than a share of its retries while this budget is low: `careful` from its low threshold on,
    /// `spent` when nothing is left. When it has recovered, or nobody has the budget any more, there is exactly what there was
    /// before. A budget that several limit grants the smallest share.
    ///
    /// ```
    /// use buttress::error_budget::{Config, Handle};
    /// use buttress::{Ratio, retry};
    ///
    /// let retries = retry::Budget::default();
    /// let quote = retry::Handle::with_budget("quote", retry::Config::default(), retries.clone());
    /// let budget = Handle::new("quote", Config::default());
    /// budget.shrink_retries(&retries, Ratio::new(0.5).expect("a half"), Ratio::ZERO);
    /// # let _ = quote;
    /// ```
    pub fn shrink_retries(&self, retries: &Budget, careful: Ratio, spent: Ratio) {
        let shares = [careful, spent];
        self.0.actions.shrink(self.0.seed, retries.clone(), shares, || self.0.level());
    }

    /// Calls `listener` whenever an objective changes: it is low, exhausted or recovered, or burns too fast or no more; and with
    /// every call that is shed. On the thread that caused it, so it must be quick. A panic in it is caught and counted
    /// ([`Handle::listener_panics`]).
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.delivery.listeners.panics()
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.delivery.listen(listener);
    }

    /// Forgets all calls: every objective has its whole budget. What was counted for metrics stays.
    pub fn reset(&self) {
        self.0.reset();
    }

    /// How it stands with the file it is [kept](super::persist::Kept) in; `None` if it is not.
    #[cfg(feature = "persist")]
    #[must_use]
    pub fn saves(&self) -> Option<super::persist::Saves> {
        self.0.saves()
    }
}

/// The name of an objective: that of its handle, and its own where that has several.
pub(super) fn full_name(handle: &str, own: &str) -> String {
    match (handle, own) {
        (name, "") | ("", name) => name.to_owned(),
        (handle, own) => format!("{handle}.{own}"),
    }
}

/// A budget of its own, without a name.
impl From<Config> for Handle {
    fn from(config: Config) -> Self {
        Self::new("", config)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("level", &self.0.level())
            .finish_non_exhaustive()
    }
}
