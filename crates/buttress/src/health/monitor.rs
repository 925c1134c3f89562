//! Looks at everything that is registered with it, in the background.

use super::audience::{Audience, Changed};
use super::check::Check;
use super::error::NotRegistered;
use super::watched::Watched;
use super::{Conditions, Config, Status};
use crate::Event;
use crate::observe::Listen;
use crate::registry::CheckStatus;
use crate::rejected::Site;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::{AbortHandle, JoinSet};

/// Checks by name, each looked at in a task of its own. Cheap to clone; all clones are one monitor.
///
/// It stops when it is told to, or when its last clone is gone; one that is in a registry is kept by that.
#[derive(Clone)]
pub struct Monitor(Arc<Shared>);

struct Shared {
    audience: Arc<Audience>,
    config: Config,
    capacity: NonZeroUsize,
    rounds: Mutex<Rounds>,
}

#[derive(Default)]
struct Rounds {
    running: bool,
    checks: BTreeMap<Arc<str>, Round>,
}

struct Round {
    watched: Watched,
    /// What looks at it, once it is started.
    task: Option<AbortHandle>,
}

/// The kind of monitor, in events and concerns.
pub(super) const KIND: &str = "health_monitor";

impl Monitor {
    /// How many checks there can be unless [`Monitor::with_capacity`] says otherwise: more than an application depends on.
    pub const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(1024).expect("a thousand is not zero");

    /// A monitor without checks that looks at them by `config` once it is [started](Self::start). The name is for people and
    /// metrics.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self::with_capacity(name, config, Self::DEFAULT_CAPACITY)
    }

    /// The same for at most `capacity` checks.
    #[must_use]
    pub fn with_capacity(name: &str, config: Config, capacity: NonZeroUsize) -> Self {
        let audience = Arc::new(Audience::new(Site::intern(KIND, name)));
        Self(Arc::new(Shared { audience, config, capacity, rounds: Mutex::default() }))
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.audience.site.name
    }

    /// The settings it was made with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Adds a check, and looks at once if the monitor is running.
    ///
    /// # Errors
    /// There is a check of this name, the name is empty, or there is no room.
    ///
    /// # Panics
    /// Outside of a tokio runtime, if it is running.
    pub fn register(&self, check: Check) -> Result<Watched, NotRegistered> {
        let mut rounds = self.0.rounds();
        if check.name.is_empty() {
            return Err(NotRegistered::EmptyName);
        }
        if rounds.checks.contains_key(&check.name) {
            return Err(NotRegistered::Taken { name: check.name.to_string() });
        }
        let capacity = self.0.capacity;
        if rounds.checks.len() >= capacity.get() {
            return Err(NotRegistered::Full { capacity });
        }
        let watched = Watched::new(check, self.0.config, Arc::clone(&self.0.audience));
        let mut round = Round { watched: watched.clone(), task: None };
        if rounds.running {
            round.start();
        }
        rounds.checks.insert(watched.shared_name(), round);
        Ok(watched)
    }

    /// Takes a check out, and gives a look up that is under way. Says whether there was one.
    #[expect(clippy::must_use_candidate, reason = "who takes it out need not care")]
    pub fn unregister(&self, name: &str) -> bool {
        let gone = self.0.rounds().checks.remove(name);
        // Outside the lock: what it holds may ask.
        gone.is_some_and(|round| {
            round.stop();
            true
        })
    }

    /// Looks at everything at once, and again and again from then on, each check in a task of its own. Once it is running
    /// this does nothing, and after [`Monitor::stop`] it starts anew.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(&self) {
        let mut rounds = self.0.rounds();
        rounds.running = true;
        rounds.checks.values_mut().for_each(Round::start);
    }

    /// Looks no more, and gives up the looks that are under way. What is known stays. Once it is stopped this does nothing.
    pub fn stop(&self) {
        let mut rounds = self.0.rounds();
        rounds.running = false;
        rounds.checks.values_mut().for_each(|round| drop(round.task.take().inspect(AbortHandle::abort)));
    }

    /// Whether it was started and not stopped.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0.rounds().running
    }

    /// Looks at everything now, whether it is running or not, and says how it stands then. Who asks while a look is under way
    /// waits for that to end, and shares the next one with all who do.
    pub async fn check_now(&self) -> BTreeMap<String, CheckStatus> {
        let mut looking = JoinSet::new();
        for watched in self.checks() {
            looking.spawn(async move { watched.look().await });
        }
        while looking.join_next().await.is_some() {}
        self.statuses()
    }

    /// The check of this name; `None` if there is none.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<Watched> {
        self.0.rounds().checks.get(name).map(|round| round.watched.clone())
    }

    /// How the check of this name stands; `None` if there is none.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<CheckStatus> {
        self.check(name).map(|watched| CheckStatus::new(&watched))
    }

    /// How all checks stand, by their names.
    #[must_use]
    pub fn statuses(&self) -> BTreeMap<String, CheckStatus> {
        self.checks().iter().map(|watched| (watched.name().to_owned(), CheckStatus::new(watched))).collect()
    }

    /// Whether nothing is unhealthy. What is degraded answers, and what nothing is known of yet is taken for healthy.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.checks().iter().all(Watched::is_usable)
    }

    /// How the network to all of it is: the worst status there is, and the longest latency. What to make of that is
    /// [`Advice`](super::Advice).
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        let rank = |status: Status| match status {
            Status::Unknown => 0,
            Status::Healthy => 1,
            Status::Degraded => 2,
            Status::Unhealthy => 3,
        };
        let conditions = self.checks().into_iter().map(|watched| watched.snapshot().conditions());
        conditions.fold(Conditions::default(), |all, one| Conditions {
            status: if rank(one.status) > rank(all.status) { one.status } else { all.status },
            latency: all.latency.max(one.latency),
        })
    }

    /// Forgets what is known of everything, but not what was counted.
    pub fn reset(&self) {
        self.checks().iter().for_each(Watched::reset);
    }

    /// Calls `watcher` when the status of a check becomes another, and only then, in the task that looked. It must be quick; a
    /// panic in it is caught and counted ([`Monitor::listener_panics`]).
    pub fn on_change(&self, watcher: impl Fn(&Changed) + Send + Sync + 'static) {
        self.0.audience.watch(Arc::new(watcher));
    }

    /// The same as an [`Event`], whose key is the name of the check and which has no reason.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.audience.on_event(listener);
    }

    /// How often a function given to [`Monitor::on_change`] or [`Monitor::on_event`] panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.audience.panics()
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.audience.listen(listener);
    }

    /// All checks, without the lock.
    pub(crate) fn checks(&self) -> Vec<Watched> {
        self.0.rounds().checks.values().map(|round| round.watched.clone()).collect()
    }
}

impl Shared {
    fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Round {
    /// Also where the runtime that it ran in has ended.
    fn start(&mut self) {
        if self.task.as_ref().is_none_or(AbortHandle::is_finished) {
            self.task = Some(tokio::spawn(self.watched.clone().watch()).abort_handle());
        }
    }

    fn stop(&self) {
        self.task.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let rounds = self.rounds.get_mut().unwrap_or_else(PoisonError::into_inner);
        rounds.checks.values().for_each(Round::stop);
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("name", &self.name())
            .field("checks", &self.checks())
            .finish_non_exhaustive()
    }
}
