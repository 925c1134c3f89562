//! The state that all services of a layer share, and the owner's grip on it.

use super::events::{Delivery, Subscription, delivers_always};
use super::keyed::{Group, OfKey};
use super::permit::{Permit, Reservation};
use super::timing::Timing;
use crate::observe::{Inline, Listen};
use crate::rejected::Site;
use crate::source::source_of;
use crate::{Event, EventKind, Outcome, Rejected, Tick, clock};
use buttress_core::circuit_breaker::{
    CircuitBreaker, Config, Explanation, Pass, Snapshot, State, Ticket, Transition,
};
use buttress_core::{Bounds, Durations, Histogram, Refusal, clock::COARSE_LAG};
use std::fmt;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;

/// A circuit breaker with a name. Cheap to clone; every clone, every layer made from one and every service of those
/// share one state.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

/// What is behind a handle. The machine comes last: the references are counted before the first field, and are not to
/// share a line with what every call reads.
#[repr(C)]
pub struct Shared {
    pub(super) site: &'static Site,
    pub(super) timing: Timing,
    pub(super) audience: OnceLock<Box<Audience>>,
    pub(super) machine: CircuitBreaker,
}

/// Who watches a breaker; most have nobody.
#[derive(Default)]
pub(super) struct Audience {
    /// Wakes who waits for a change of state or a free probe.
    pub(super) changed: Notify,
    pub(super) delivery: Delivery,
    /// How long calls took, where somebody wants to know; those of all keys together.
    pub(super) durations: Option<Arc<Histogram>>,
    /// The key it is kept for, where it is one of many. Here, so that a single one does without the room for it.
    of: Option<OfKey>,
}

/// A refusal and when it was given.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    pub(super) at: Tick,
}

/// The kind of layer, in events and rejections.
pub(super) const LAYER: &str = "circuit_breaker";

source_of!(Handle, Shared);

impl Handle {
    /// A closed breaker. The name is for people and metrics; an application has as many as it has breakers it names.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self(Arc::new(Shared::new(Site::intern(LAYER, name), config.into(), None, None)))
    }

    /// The same, which also records how long calls take, into buckets with these bounds. That costs each call two readings
    /// of the precise clock, or of the cheap one when no bound is below 100 ms.
    ///
    /// A call is recorded when it has a result, whatever that is; one that was refused or given up is not.
    #[must_use]
    pub fn recording_durations(name: &str, config: Config, bounds: Bounds) -> Self {
        let durations = Arc::new(Histogram::new(bounds));
        Self(Arc::new(Shared::new(Site::intern(LAYER, name), config.into(), None, Some(durations))))
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

    /// The key it is kept for, where it is one of many.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.of_key_ref().map(|of| &*of.label)
    }

    /// The settings it was made with.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.0.machine.config()
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.machine.state()
    }

    /// How it stands, in numbers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.machine.snapshot(clock::precise())
    }

    /// How long calls took; `None` unless [they are recorded](Handle::recording_durations).
    #[must_use]
    pub fn durations(&self) -> Option<Durations> {
        self.0.durations()
    }

    /// Why it stands where it stands, and why it has not opened.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        self.0.machine.explain(clock::precise())
    }

    /// Refuses all calls until it is reset or forced otherwise.
    pub fn force_open(&self) {
        self.0.announce(self.0.machine.force_open(clock::precise()));
    }

    /// Admits all calls and judges none until it is reset or forced otherwise.
    pub fn force_closed(&self) {
        self.0.announce(self.0.machine.force_closed(clock::precise()));
    }

    /// Closes it, with an empty window.
    pub fn reset(&self) {
        self.0.announce(self.0.machine.reset(clock::precise()));
    }

    /// Switches shadow on or off: in shadow it decides and reports, but refuses nothing unless it is forced open.
    pub fn set_shadow(&self, shadow: bool) {
        self.0.machine.set_shadow(shadow);
        self.0.note();
        self.0.wake();
    }

    /// Asks for admission without a service around: for code that has no tower stack.
    ///
    /// # Errors
    /// The rejection, when the breaker refuses.
    pub fn acquire(&self) -> Result<Permit<Arc<Shared>>, Rejected> {
        match self.0.try_acquire() {
            Ok(ticket) => Ok(Reservation::new(Arc::clone(&self.0), ticket).begin()),
            Err(refused) => Err(self.0.reject(refused.refusal)),
        }
    }

    /// Asks whether a call would be admitted now, and counts it as refused if not: for routers, which then go elsewhere.
    /// Reserves nothing; that is what the readiness of a service does.
    ///
    /// # Errors
    /// The rejection, when the breaker refuses.
    pub fn check(&self) -> Result<(), Rejected> {
        match self.0.machine.state() {
            State::Closed => Ok(()),
            _ => self
                .0
                .ask(|machine, now| machine.check(now))
                .map_err(|refused| self.0.reject(refused.refusal)),
        }
    }

    /// The same without asking for a call: nothing is counted. For who decides whether another attempt is worth it.
    #[must_use]
    pub fn would_admit(&self) -> bool {
        self.0.machine.state() == State::Closed || self.0.ask(|machine, now| machine.check(now)).is_ok()
    }

    /// Every change of state from now on, in order, and no refusals. A reader that falls 32 behind loses the oldest and is
    /// told how many; it never slows a call down.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        Subscription::new(Arc::clone(&self.0))
    }

    /// Calls `listener` at every change of state, in order, and at every refusal as it happens, on the thread that caused
    /// it. A panic in it is caught and counted ([`Handle::listener_panics`]). It must be quick, as it is part of every
    /// refused call; [`Handle::subscribe`] is for the others. Of calls that it makes itself while it is told of a refusal it
    /// is not told.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.listen(Arc::new(Inline(listener)));
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.audience.get().map_or(0, |audience| audience.delivery.listeners.panics())
    }
}

/// A breaker of its own, without a name.
impl From<Config> for Handle {
    fn from(config: Config) -> Self {
        Self::new("", config)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("name", &self.site.name).finish_non_exhaustive()
    }
}

impl Shared {
    fn new(
        site: &'static Site,
        config: Arc<Config>,
        of: Option<OfKey>,
        durations: Option<Arc<Histogram>>,
    ) -> Self {
        let timing = Timing::of(&config);
        let timing = durations.as_ref().map_or(timing, |durations| timing.recorded(durations.bounds()));
        let seed = site.seed();
        let machine = CircuitBreaker::new(config, seed, clock::precise());
        let audience = OnceLock::new();
        if of.is_some() || durations.is_some() {
            audience.get_or_init(|| Box::new(Audience { of, durations, ..Audience::default() }));
        }
        Self { site, timing, audience, machine }
    }

    /// The breaker of one key.
    pub(super) fn of_key(label: Arc<str>, group: Arc<Group>) -> Self {
        let durations = group.durations.clone();
        let config = Arc::clone(&group.config);
        Self::new(group.site, config, Some(OfKey::new(label, group)), durations)
    }

    pub(super) fn of_key_ref(&self) -> Option<&OfKey> {
        self.audience.get()?.of.as_ref()
    }

    pub(super) fn group(&self) -> Option<&Group> {
        self.of_key_ref().map(|of| &*of.group)
    }

    #[inline]
    pub(super) fn pass_if_closed(&self) -> Option<Pass> {
        self.machine.pass_if_closed()
    }

    /// Asks for admission. Refusals are not counted here but where a call is refused.
    #[inline]
    pub(super) fn try_acquire(&self) -> Result<Ticket, Refused> {
        match self.pass_if_closed() {
            Some(pass) => Ok(pass.begin(Tick::ZERO)),
            None => self.try_acquire_unless_closed(),
        }
    }

    #[inline]
    pub(super) fn try_acquire_unless_closed(&self) -> Result<Ticket, Refused> {
        let at = clock::now();
        match self.machine.refusal_if_open(at) {
            Some(refusal) if !ends_soon(refusal) => Err(Refused { refusal, at }),
            _ => self.try_acquire_at_turn(),
        }
    }

    #[cold]
    fn try_acquire_at_turn(&self) -> Result<Ticket, Refused> {
        let answer = self.ask(|machine, now| machine.acquire_uncounted(now));
        if answer.as_ref().is_ok_and(Ticket::is_probe) {
            // The first probe is also the change to half-open.
            self.deliver();
        }
        answer
    }

    /// Asks by the cheap clock, and once more by the precise one where that matters.
    fn ask<T>(&self, ask: impl Fn(&CircuitBreaker, Tick) -> Result<T, Refusal>) -> Result<T, Refused> {
        let ask_at = |at| ask(&self.machine, at).map_err(|refusal| Refused { refusal, at });
        match ask_at(clock::now()) {
            Err(refused) if ends_soon(refused.refusal) => ask_at(clock::precise()),
            answer => answer,
        }
    }

    /// The rejection of a call, counted.
    #[inline]
    pub(super) fn reject(&self, refusal: Refusal) -> Rejected {
        self.machine.count_rejected();
        if self.refusals_are_heard() {
            self.tell_refusal(refusal);
        }
        Rejected::new(self.site, refusal)
    }

    pub(super) fn record_unless_plain(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        retry_after: Option<Duration>,
        now: Tick,
    ) {
        let probe = ticket.is_probe();
        let transition = self.machine.record_unless_plain(ticket, outcome, retry_after, now);
        if probe || transition.is_some() {
            self.announce(transition);
        } else if self.machine.state() == State::Open {
            // The failure of a straggler may have begun the open time anew.
            self.note();
        }
    }

    pub(super) fn cancel(&self, ticket: Ticket) {
        let probe = ticket.is_probe();
        self.machine.cancel(ticket);
        if probe {
            self.wake();
        }
    }

    pub(super) fn release(&self, ticket: Ticket) {
        let probe = ticket.is_probe();
        self.machine.release(ticket);
        if probe {
            self.wake();
        }
    }

    #[cold]
    fn announce(&self, transition: Option<Transition>) {
        self.wake();
        if transition.is_some() {
            self.deliver();
        }
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.audience().delivery.add(self, listener);
    }

    /// Who watches from now on.
    pub(super) fn audience(&self) -> &Audience {
        let audience = self.audience.get_or_init(Box::default);
        // With the one in `wake`: either that sees this audience, or who looks at the breaker next sees the change.
        fence(Ordering::SeqCst);
        audience
    }

    fn wake(&self) {
        fence(Ordering::SeqCst);
        if let Some(audience) = self.audience.get() {
            audience.changed.notify_waiters();
        }
    }

    fn deliver(&self) {
        if delivers_always(self) {
            self.audience();
        }
        if let Some(audience) = self.audience.get() {
            audience.delivery.deliver(self);
        }
    }

    pub(super) fn event(&self, at: Tick, kind: EventKind) -> Event {
        Event::new(at, self.site.layer, self.site.name, kind).of_key(self.key())
    }

    fn key(&self) -> Option<Arc<str>> {
        self.of_key_ref().map(|of| Arc::clone(&of.label))
    }
}

/// Whether the cheap clock, which lags by up to a kernel tick, is too coarse for the end of a refusal: who waited exactly as
/// long as told is not to be sent away once more.
#[inline]
const fn ends_soon(refusal: Refusal) -> bool {
    refusal.ends_within(COARSE_LAG.as_nanos() as u64)
}
