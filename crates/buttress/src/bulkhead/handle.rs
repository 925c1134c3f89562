//! The owner's grip on a bulkhead.

use super::permit::Permit;
use super::shared::{Admission, Dropped, Group, Shared};
use super::source::Claim;
use crate::observe::{Inline, Listen};
use crate::{Event, Rejected};
use buttress_core::adaptive_limit::{self, AdaptiveLimit};
use buttress_core::bulkhead::{Config, Snapshot, Weight};
use buttress_core::{Bounds, Durations, Histogram};
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

/// A bulkhead with a name. Cheap to clone; every clone, every layer made from one and every service of those share one state.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

/// The kind of layer, in events and rejections.
pub(crate) const LAYER: &str = "bulkhead";

impl Handle {
    /// A bulkhead that nobody has entered. The name is for people and metrics.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self::of(Group::new(name, config, None, None))
    }

    /// The same, which also records how long calls take, into buckets with these bounds. That costs each call two readings of
    /// a [fine clock](crate::clock::fine). A call is recorded when it has a result, whatever that is.
    #[must_use]
    pub fn recording_durations(name: &str, config: Config, bounds: Bounds) -> Self {
        Self::of(Group::new(name, config, None, Some(bounds)))
    }

    /// A bulkhead whose limit follows what the peer bears, and with the queue of [`Config::default`].
    #[must_use]
    pub fn adaptive(name: &str, adaptive: adaptive_limit::Config) -> Self {
        Self::adaptive_with(name, Config::default(), adaptive)
    }

    /// The same with the queue and the wait of `config`, whose limit does not count. How long calls take is recorded too.
    #[must_use]
    pub fn adaptive_with(name: &str, config: Config, adaptive: adaptive_limit::Config) -> Self {
        Self::of(Group::new(name, config, Some(adaptive), Some(Bounds::default())))
    }

    fn of(group: Arc<Group>) -> Self {
        Self(Arc::new(Shared::new(group, None)))
    }

    /// Whether both are one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Tells it from another that came under its name.
    pub(crate) fn seed(&self) -> u64 {
        self.0.group.seed
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.group.site.name
    }

    /// The key it is kept for, where it is one of many.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    /// The settings it was made with. [`Handle::limit`] tells what the limit is by now.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.group.config
    }

    /// The settings by which its limit moves, if it does.
    #[must_use]
    pub fn adaptive_config(&self) -> Option<&adaptive_limit::Config> {
        self.0.group.adaptive.as_ref()
    }

    /// The limit now.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.0.machine.limit()
    }

    /// What is taken of the limit now.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.0.machine.in_flight()
    }

    /// How many wait now.
    #[must_use]
    pub fn queued(&self) -> u32 {
        self.0.machine.queued()
    }

    /// How it stands, in numbers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.machine.snapshot()
    }

    /// How the calls ended that did not end by themselves.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.0.dropped()
    }

    /// How long calls waited that had to wait and got their turn.
    #[must_use]
    pub fn waits(&self) -> Durations {
        self.0.group.waits.snapshot()
    }

    /// How long calls took; `None` unless [they are recorded](Handle::recording_durations).
    #[must_use]
    pub fn durations(&self) -> Option<Durations> {
        self.0.group.durations.as_ref().map(Histogram::snapshot)
    }

    /// What its limit was learnt from, where it moves by itself.
    #[must_use]
    pub fn learnt(&self) -> Option<adaptive_limit::Snapshot> {
        self.0.adaptive().map(AdaptiveLimit::snapshot)
    }

    /// How often its limit changed.
    #[must_use]
    pub fn limit_changes(&self) -> u64 {
        self.0.limit_changes()
    }

    /// Changes the limit, from 1 to [`Bulkhead::MOST`](buttress_core::Bulkhead::MOST); what is beyond is taken for the nearest
    /// of the two. Calls that are under way stay: when it shrinks beneath their number, nobody is admitted until that has
    /// fallen below it. An adaptive one takes the nearest limit between its own least and greatest, and goes on from there.
    pub fn resize(&self, max_concurrent: u32) {
        self.0.resize(max_concurrent);
    }

    /// Refuses every call from now on, also that of a service which took its place
    /// [ahead](super::BulkheadLayer::backpressure); those that wait already have their turn.
    pub fn close(&self) {
        self.0.machine.close();
    }

    /// Admits calls again after [`Handle::close`].
    pub fn reopen(&self) {
        self.0.machine.reopen();
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.machine.is_closed()
    }

    /// Takes a place if there is one, without a service around and without waiting.
    ///
    /// # Errors
    /// The rejection, when it is full.
    pub fn try_acquire(&self) -> Result<Permit<Arc<Shared>>, Rejected> {
        self.try_acquire_many(Weight::MIN)
    }

    /// The same for a call that takes as many places.
    ///
    /// # Errors
    /// The rejection, when there is not enough room; [`Reason::TooLarge`](crate::Reason::TooLarge) when it is more than the
    /// limit, which is never said of an adaptive one: it gives all its places instead.
    pub fn try_acquire_many(&self, weight: Weight) -> Result<Permit<Arc<Shared>>, Rejected> {
        match self.0.try_acquire_or_reclaim(self.0.at_most_all(weight)) {
            Ok(ticket) => Ok(Permit::begin(Arc::clone(&self.0), ticket)),
            Err(refusal) => Err(self.0.refuse(refusal)),
        }
    }

    /// Takes a place, and waits for one for as long as the settings and the [current](crate::Deadline::current) deadline allow.
    ///
    /// # Errors
    /// The rejection: the queue is full, or the wait is over.
    pub async fn acquire(&self) -> Result<Permit<Arc<Shared>>, Rejected> {
        self.admitted(Claim::ONE, None).await
    }

    /// The same with a wait of its own.
    ///
    /// # Errors
    /// The rejection: the queue is full, or the wait is over.
    pub async fn acquire_within(&self, max_wait: Duration) -> Result<Permit<Arc<Shared>>, Rejected> {
        self.admitted(Claim::ONE, Some(Some(max_wait))).await
    }

    /// The same for a call of another weight or priority.
    ///
    /// # Errors
    /// The rejection: the queue is full, or the wait is over.
    pub async fn acquire_as(&self, claim: Claim) -> Result<Permit<Arc<Shared>>, Rejected> {
        self.admitted(claim, None).await
    }

    async fn admitted(
        &self,
        claim: Claim,
        max_wait: Option<Option<Duration>>,
    ) -> Result<Permit<Arc<Shared>>, Rejected> {
        match Shared::admit(Arc::clone(&self.0), claim, max_wait) {
            Admission::Admitted(permit) => Ok(permit),
            Admission::Waits(mut turn) => poll_fn(|cx| turn.poll(cx)).await,
            Admission::Refused(rejected) => Err(rejected),
        }
    }

    /// Calls `listener` at every change of the limit and at every refusal, on the thread that caused it. A panic in it is
    /// caught and counted ([`Handle::listener_panics`]).
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(listener)));
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.group.listeners.push(listener, || {});
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.group.listeners.panics()
    }
}

/// A bulkhead of its own, without a name.
impl From<Config> for Handle {
    fn from(config: Config) -> Self {
        Self::new("", config)
    }
}

/// An adaptive bulkhead of its own, without a name.
impl From<adaptive_limit::Config> for Handle {
    fn from(config: adaptive_limit::Config) -> Self {
        Self::adaptive("", config)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("limit", &self.limit())
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}
