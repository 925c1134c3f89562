//! The state that all services of a layer share, and the owner's grip on it.

use super::machine::Machine;
use super::queue::{Awaited, Patience, Queue, Turn, queue_up};
use super::source::{Kept, Limit};
use super::standing::Standing;
use super::tally::{Tallied, Tally};
use super::{Config, Rate, Rule};
use crate::observe::{Inline, Listen, Listeners};
use crate::rejected::Site;
use crate::{Event, EventKind, InvalidConfig, Reason, Refusal, Rejected, Tick, clock};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A rate limit with a name. Cheap to clone; every clone, every layer made from one and every service of those share one
/// limit.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

/// What is behind a handle. What every call writes comes last, away from the count of references.
#[repr(C)]
pub(super) struct Shared {
    site: &'static Site,
    /// Tells it from another that came under its name.
    seed: u64,
    listeners: Listeners,
    pub(super) queue: Queue,
    pub(super) machine: Machine,
    tally: Tally,
}

/// The kind of layer, in events and rejections.
pub(super) const LAYER: &str = "rate_limit";

impl Handle {
    /// A token bucket that is full, or a [window](super::WindowConfig) that nobody has used. The name is for people and metrics; an application has as many as it has limits it names.
    #[must_use]
    pub fn new(name: &str, rule: impl Into<Rule>) -> Self {
        Self::made_of(name, Machine::one(rule.into()))
    }

    /// Several limits, of which all must admit a call: a burst a second and a number a day. One that another refuses costs
    /// none of them anything. Of none it is one bucket with its [defaults](Config::default), as a limit that is not there is a
    /// mistake that nobody would see.
    #[must_use]
    pub fn of(name: &str, rules: impl IntoIterator<Item: Into<Rule>>) -> Self {
        Self::made_of(name, Machine::several(rules.into_iter().map(Into::into)))
    }

    /// A token bucket whose rate follows how long calls take, between two bounds: see
    /// [`adaptive::Config`](super::adaptive::Config) and [`Handle::record_latency`].
    #[must_use]
    pub fn adaptive(name: &str, config: super::adaptive::Config) -> Self {
        Self::made_of(name, Machine::adaptive(config))
    }

    fn made_of(name: &str, machine: Machine) -> Self {
        let site = Site::intern(LAYER, name);
        let seed = site.seed();
        Self(Arc::new(Shared {
            site,
            seed,
            listeners: Listeners::default(),
            queue: Queue::new(),
            machine,
            tally: Tally::default(),
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

    /// The settings as they are now; `None` of one that is more than a token bucket.
    #[must_use]
    pub fn config(&self) -> Option<Config> {
        self.0.machine.settings().ok()
    }

    /// Whether a call is admitted now; then it has taken a token.
    #[must_use]
    pub fn allow(&self) -> bool {
        self.try_acquire(1).is_ok()
    }

    /// Takes `cost` tokens, for code that has no tower stack.
    ///
    /// Whoever does not wait is not kept back by those who do.
    ///
    /// # Errors
    /// The rejection, when they are not there. Then nothing is taken.
    #[inline]
    pub fn try_acquire(&self, cost: u32) -> Result<(), Rejected> {
        self.0.try_acquire(cost)
    }

    /// Waits for `cost` tokens, in the order of calls, until the [deadline](crate::Deadline) of the call at the latest.
    ///
    /// # Errors
    /// The rejection, when the deadline is before that, or when it asks for more at once than there ever is.
    pub async fn acquire(&self, cost: u32) -> Result<(), Rejected> {
        self.acquire_within(cost, Duration::MAX).await
    }

    /// The same, for `max_wait` at most. What would take longer is refused at once.
    ///
    /// # Errors
    /// As [`Handle::acquire`], and when `max_wait` is too short.
    pub async fn acquire_within(&self, cost: u32, max_wait: Duration) -> Result<(), Rejected> {
        match self.admit_within(cost, max_wait)? {
            None => Ok(()),
            Some(turn) => turn.await,
        }
    }

    /// Takes `cost` tokens, from the future if they are not there now, and says how long to wait before using them: for code
    /// that waits in its own way. Nobody gives them back, and those who [wait](Handle::acquire) come after them.
    ///
    /// # Errors
    /// The rejection, when that is longer than `max_wait`. Then nothing is taken.
    pub fn reserve(&self, cost: u32, max_wait: Duration) -> Result<Duration, Rejected> {
        match self.0.machine.reserve(cost, max_wait, clock::fine()) {
            Ok(wait) => {
                self.0.admitted();
                Ok(wait)
            }
            Err(refusal) => Err(self.0.reject(refusal)),
        }
    }

    /// Another rate and burst from now on. What is left stays left, up to the new burst, and who waits is told when their turn
    /// is now.
    ///
    /// # Errors
    /// [`InvalidConfig`] of one that is more than a token bucket.
    pub fn set(&self, config: Config) -> Result<(), InvalidConfig> {
        self.0.machine.set(config, clock::fine())?;
        self.0.queue.look_again();
        Ok(())
    }

    /// Another rate from now on, with the same burst.
    ///
    /// # Errors
    /// [`InvalidConfig`] if the two do not go together, and of one that is more than a token bucket.
    pub fn set_rate(&self, rate: Rate) -> Result<(), InvalidConfig> {
        self.set(self.0.machine.settings()?.with_rate(rate)?)
    }

    /// Another burst from now on, with the same rate.
    ///
    /// # Errors
    /// [`InvalidConfig`] if the two do not go together, and of one that is more than a token bucket.
    pub fn set_burst(&self, burst: u32) -> Result<(), InvalidConfig> {
        self.set(self.0.machine.settings()?.with_burst(burst)?)
    }

    /// Admits nothing for `time`. A pause that is longer already stays.
    pub fn pause(&self, time: Duration) {
        let now = clock::fine();
        self.0.machine.pause_until(now + time);
        self.0.queue.look_again();
    }

    /// Fills buckets up, and ends a pause. What a window has counted is a fact, and stays.
    pub fn reset(&self) {
        self.0.machine.reset();
        self.0.queue.look_again();
    }

    /// A call took so long: moves the rate of an [adaptive](Handle::adaptive) limit, and does nothing to another.
    pub fn record_latency(&self, latency: Duration) {
        if self.0.machine.record_latency(latency, clock::fine()) {
            self.0.queue.look_again();
        }
    }

    /// All of it at one instant.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let Tallied { admitted, limited, too_large, timed_out, expired } = self.0.tally.read();
        Snapshot {
            name: self.name(),
            limits: self.0.machine.standings(self.name(), clock::fine()),
            rate: self.0.machine.rate(clock::fine()),
            paused_for: self.paused_for(),
            waiting: self.0.queue.len(),
            admitted,
            limited,
            too_large,
            timed_out,
            expired,
            seed: self.0.seed,
        }
    }

    /// Calls `listener` at every refusal, on the thread on which that happens. A panic in it is caught and counted
    /// ([`Handle::listener_panics`]). It must be quick, as it is part of the call.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.listeners.panics()
    }

    /// How much of a pause is left.
    pub(super) fn paused_for(&self) -> Duration {
        self.0.machine.paused_for(clock::fine())
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listeners.push(listener, || {});
    }

    /// A place in the queue, if its turn comes within `max_wait`.
    #[inline(never)]
    fn wait_within(&self, cost: u32, max_wait: Duration) -> Result<Turn, Rejected> {
        let patience = Patience::of(max_wait);
        match self.0.machine.wait_for(cost, self.0.queue.cost(), clock::fine()) {
            Ok(wait) if wait <= patience.time => Ok(queue_up(self.clone(), cost, patience)),
            Ok(wait) => Err(self.0.reject(Refusal::after(Reason::RateLimited, wait))),
            Err(refusal) => Err(self.0.reject(refusal)),
        }
    }
}

impl Limit for &Handle {
    type Kept = Handle;

    #[inline]
    fn try_acquire(&self, cost: u32) -> Result<(), Rejected> {
        self.0.try_acquire(cost)
    }

    #[inline]
    fn admit_within(&self, cost: u32, max_wait: Duration) -> Result<Option<Turn>, Rejected> {
        // Nobody is overtaken: who finds others waiting waits behind them.
        if cost == 0 || self.0.queue.len() == 0 && self.0.machine.try_acquire(cost, clock::fine()).is_ok() {
            self.0.admitted();
            return Ok(None);
        }
        self.wait_within(cost, max_wait).map(Some)
    }

    fn keep(&self) -> Handle {
        (*self).clone()
    }
}

impl Awaited for Handle {
    fn queue(&self) -> &Queue {
        &self.0.queue
    }

    fn lead(&self) -> Duration {
        self.0.machine.lead()
    }

    fn reserve(&self, cost: u32, now: Tick) -> Result<Duration, Refusal> {
        self.0.machine.reserve(cost, self.lead(), now)
    }

    fn wait_for(&self, cost: u32, ahead: u64, now: Tick) -> Result<Duration, Refusal> {
        self.0.machine.wait_for(cost, ahead, now)
    }

    fn admitted(&self) {
        self.0.admitted();
    }

    fn reject(&self, refusal: Refusal) -> Rejected {
        self.0.reject(refusal)
    }
}

impl Kept for Handle {
    fn pause(&self, time: Duration) {
        self.pause(time);
    }

    fn standings(&self) -> Vec<Standing> {
        self.0.machine.standings(self.name(), clock::fine())
    }
}

impl Shared {
    #[inline]
    fn try_acquire(&self, cost: u32) -> Result<(), Rejected> {
        // What costs nothing is admitted while the limit is paused too, and by a bucket in debt.
        match if cost == 0 { Ok(()) } else { self.machine.try_acquire(cost, clock::fine()) } {
            Ok(()) => {
                self.admitted();
                Ok(())
            }
            Err(refusal) => Err(self.reject(refusal)),
        }
    }

    #[inline]
    pub(super) fn admitted(&self) {
        self.tally.admitted();
    }

    /// The rejection of a call, counted.
    #[inline]
    pub(super) fn reject(&self, refusal: Refusal) -> Rejected {
        self.tally.rejected(refusal);
        self.listeners.happens_to_a_call(self.site, || EventKind::Rejected(refusal));
        Rejected::new(self.site, refusal)
    }
}

/// A limit of its own, without a name.
impl From<Config> for Handle {
    fn from(config: Config) -> Self {
        Self::new("", config)
    }
}

/// A limit of its own, without a name.
impl From<Rule> for Handle {
    fn from(rule: Rule) -> Self {
        Self::new("", rule)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("limits", &self.standings())
            .finish_non_exhaustive()
    }
}

/// How a rate limit stood at one instant. All counts are since it was made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The name it was given.
    pub name: &'static str,
    /// How each of its limits stands.
    pub limits: Vec<Standing>,
    /// How many tokens come a second; of several limits, those of the slowest.
    pub rate: f64,
    /// How much of a pause is left.
    pub paused_for: Duration,
    /// Calls that wait for their turn.
    pub waiting: u64,
    /// Calls that were admitted.
    pub admitted: u64,
    /// Calls that were refused, as they came above the rate.
    pub limited: u64,
    /// Calls that were refused, as they cost more than there ever is.
    pub too_large: u64,
    /// Calls that waited in vain for as long as they might.
    pub timed_out: u64,
    /// Calls whose deadline was over while they waited.
    pub expired: u64,
    /// Tells it from another that came under its name.
    pub(crate) seed: u64,
}

impl Snapshot {
    /// Calls that were not admitted, for whatever reason.
    #[must_use]
    pub const fn rejected(&self) -> u64 {
        self.limited + self.too_large + self.timed_out + self.expired
    }
}
