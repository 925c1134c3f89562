//! What is behind a handle: a bulkhead, and what the machine does not know of it.

use super::handle::LAYER;
use super::lent::Reservations;
use super::permit::Permit;
use super::source::Claim;
use super::turn::{Patience, Turn};
use crate::observe::Listeners;
use crate::rejected::Site;
use crate::{Deadline, EventKind, Outcome, Rejected, Tick, clock};
use buttress_core::adaptive_limit::{AdaptiveLimit, Sample};
use buttress_core::bulkhead::{Bulkhead, Config, Joined, Ticket, Weight};
use buttress_core::{Bounds, Histogram, Reason, Refusal, adaptive_limit};
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What is behind a handle. The machine comes last: the references are counted before the first field, and are not to
/// share a line with what every call changes.
#[repr(C)]
pub struct Shared {
    pub(super) group: Arc<Group>,
    /// The key it is kept for, where it is one of many.
    pub(super) label: Option<Arc<str>>,
    /// Whether anybody asks how long calls take.
    timed: bool,
    adaptive: Option<AdaptiveLimit>,
    pub(super) reservations: OnceLock<Reservations>,
    cancelled: AtomicU64,
    panicked: AtomicU64,
    limit_changes: AtomicU64,
    pub(super) machine: Bulkhead,
}

/// What the bulkheads of all keys have in common, and a single one has alone.
pub(super) struct Group {
    pub(super) site: &'static Site,
    /// Tells it from another that came under its name.
    pub(super) seed: u64,
    pub(super) config: Config,
    pub(super) adaptive: Option<adaptive_limit::Config>,
    pub(super) listeners: Listeners,
    /// Calls that were refused or waited in vain, of all keys.
    pub(super) refused: AtomicU64,
    /// How long calls waited that had to and got their turn.
    pub(super) waits: Histogram,
    /// How long calls took, where somebody wants to know.
    pub(super) durations: Option<Histogram>,
}

/// What comes of asking for a place with the leave to wait.
pub(super) enum Admission<L: Deref<Target = Shared>> {
    Admitted(Permit<L>),
    Waits(Turn<L>),
    Refused(Rejected),
}

/// How the calls ended that did not end by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Calls that were admitted and dropped before they had a result.
    pub cancelled: u64,
    /// Those of them that were dropped by a panic.
    pub panicked: u64,
}

impl Group {
    pub(super) fn new(
        name: &str,
        config: Config,
        adaptive: Option<adaptive_limit::Config>,
        durations: Option<Bounds>,
    ) -> Arc<Self> {
        let site = Site::intern(LAYER, name);
        let config = match adaptive {
            Some(adaptive) => {
                let builder = config.to_builder().max_concurrent(adaptive.start().get());
                builder.build().unwrap_or(config)
            }
            None => config,
        };
        Arc::new(Self {
            site,
            seed: site.seed(),
            config,
            adaptive,
            listeners: Listeners::default(),
            refused: AtomicU64::new(0),
            waits: Histogram::new(Bounds::default()),
            durations: durations.map(|bounds| {
                // Not in a call, as the first reading finds out how fast the clock runs.
                let _ = now();
                Histogram::new(bounds)
            }),
        })
    }
}

impl Shared {
    pub(super) fn new(group: Arc<Group>, label: Option<Arc<str>>) -> Self {
        let adaptive = group.adaptive.map(|config| AdaptiveLimit::new(config, now()));
        Self {
            label,
            timed: adaptive.is_some() || group.durations.is_some(),
            adaptive,
            reservations: OnceLock::new(),
            cancelled: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            limit_changes: AtomicU64::new(0),
            machine: Bulkhead::new(group.config),
            group,
        }
    }

    /// The weight of a call; where the limit moves by itself, no more than that: what is too heavy for it now need not be so
    /// later, and may go alone.
    pub(super) fn at_most_all(&self, weight: Weight) -> Weight {
        match &self.adaptive {
            Some(_) => Weight::new(self.machine.limit()).map_or(weight, |all| weight.min(all)),
            None => weight,
        }
    }

    /// Asks for room that is there. A refusal is not counted.
    #[inline]
    pub(super) fn try_acquire(&self, weight: Weight) -> Result<Ticket, Refusal> {
        self.machine.acquire_uncounted(weight)
    }

    /// The same, and takes back a place for it that somebody took long ago and never used.
    pub(super) fn try_acquire_or_reclaim(&self, weight: Weight) -> Result<Ticket, Refusal> {
        loop {
            match self.try_acquire(weight) {
                Err(refusal) if refusal.reason() == Reason::Full && self.reclaim() => {}
                answer => return answer,
            }
        }
    }

    /// Asks for room, or for a place in the queue: for as long as `max_wait` or else the settings say, and no longer than
    /// until the [current](Deadline::current) deadline.
    pub(super) fn admit<L>(lease: L, claim: Claim, max_wait: Option<Option<Duration>>) -> Admission<L>
    where
        L: Deref<Target = Self> + Send + Sync + 'static,
    {
        let shared = &*lease;
        let claim = Claim { weight: shared.at_most_all(claim.weight), ..claim };
        // What the machine says of a call that finds no room, it says with the queue in view.
        if let Ok(ticket) = shared.try_acquire_or_reclaim(claim.weight) {
            return Admission::Admitted(Permit::begin(lease, ticket));
        }
        match shared.machine.join(claim.weight, claim.priority) {
            Ok(Joined::Admitted(ticket)) => Admission::Admitted(Permit::begin(lease, ticket)),
            Ok(Joined::Waiting(place)) => {
                let max_wait = max_wait.unwrap_or_else(|| shared.group.config.max_wait());
                let patience = Patience { max_wait, deadline: Deadline::current_or_never() };
                Admission::Waits(Turn::new(lease, place, patience))
            }
            Err(refusal) => Admission::Refused(shared.reject(refusal)),
        }
    }

    /// Gives back a place that no call used.
    pub(super) fn give_back(&self, ticket: Ticket) {
        self.machine.give_back(ticket);
    }

    /// When a call begins that begins now; [`Tick::ZERO`] unless calls are timed.
    #[inline]
    pub(super) fn begins_at(&self) -> Tick {
        if self.timed { now() } else { Tick::ZERO }
    }

    /// The head of the response to a call is there. That is how long the peer took: how long the body takes is up to who reads
    /// it, and one who reads slowly is not to look like a peer that is overloaded.
    pub(super) fn answered(&self, began: Tick) {
        if let Some(adaptive) = &self.adaptive {
            self.teach(adaptive, began, now(), Outcome::Success);
        }
    }

    /// The head of the response to a call says how the call ended, which goes on to take a place.
    pub(super) fn judged(&self, began: Tick, outcome: Outcome) {
        if began != Tick::ZERO {
            self.learn(began, false, outcome);
        }
    }

    /// A call ended, whose head may have been there before.
    #[inline]
    pub(super) fn end(&self, ticket: Ticket, began: Tick, answered: bool, outcome: Outcome) {
        if began != Tick::ZERO {
            self.learn(began, answered, outcome);
        }
        self.machine.release(ticket);
    }

    /// A call was dropped.
    pub(super) fn cancel(&self, ticket: Ticket) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
        if std::thread::panicking() {
            self.panicked.fetch_add(1, Ordering::Release);
        }
        self.machine.release(ticket);
    }

    /// What the end of a call says about how long calls take, while it still counts as in flight.
    #[inline(never)]
    fn learn(&self, began: Tick, answered: bool, outcome: Outcome) {
        if outcome == Outcome::Cancelled {
            return;
        }
        let now = now();
        if let Some(durations) = &self.group.durations {
            durations.record(began, now);
        }
        // What a body ends with after its head taught already: that it was dropped for overload is news, a success is not.
        let taught = answered && outcome == Outcome::Success;
        if let Some(adaptive) = self.adaptive.as_ref().filter(|_| !taught) {
            self.teach(adaptive, began, now, outcome);
        }
    }

    fn teach(&self, adaptive: &AdaptiveLimit, began: Tick, now: Tick, outcome: Outcome) {
        let sample = Sample { latency: now.since(began), in_flight: self.machine.in_flight(), outcome };
        if adaptive.record(sample, now).is_some() {
            self.follow(adaptive);
        }
    }

    /// Takes over the limit that was learnt. Of two that do, the one that is late takes over what is learnt by then.
    #[cold]
    fn follow(&self, adaptive: &AdaptiveLimit) {
        loop {
            let limit = adaptive.limit();
            self.resize(limit);
            if adaptive.limit() == limit {
                return;
            }
        }
    }

    /// Changes the limit, and tells of it.
    pub(super) fn resize(&self, limit: u32) {
        let before = self.machine.limit();
        self.machine.resize(limit);
        let after = self.machine.limit();
        if before != after {
            self.limit_changes.fetch_add(1, Ordering::Relaxed);
            self.tell(EventKind::LimitChanged { from: before, to: after });
        }
    }

    pub(super) fn limit_changes(&self) -> u64 {
        self.limit_changes.load(Ordering::Relaxed)
    }

    pub(super) fn adaptive(&self) -> Option<&AdaptiveLimit> {
        self.adaptive.as_ref()
    }

    pub(super) fn dropped(&self) -> Dropped {
        // First: a call that is dropped between the two readings is then not more by a panic than in all.
        let panicked = self.panicked.load(Ordering::Acquire);
        Dropped { cancelled: self.cancelled.load(Ordering::Relaxed), panicked }
    }

    /// Whether a call that finds no room can neither wait nor get what somebody took ahead.
    #[inline]
    pub(super) fn refuses_at_once(&self) -> bool {
        self.group.config.queue() == 0 && self.reservations.get().is_none()
    }

    /// A limit that moves by itself and went below a weight meanwhile is full for it, and not for ever.
    #[inline]
    fn never_too_large(&self, refusal: Refusal) -> Refusal {
        if refusal.reason() == Reason::TooLarge && self.adaptive.is_some() {
            return Refusal::new(Reason::Full);
        }
        refusal
    }

    /// The rejection of a call that found no room, counted.
    #[inline]
    pub(super) fn refuse(&self, refusal: Refusal) -> Rejected {
        let refusal = self.never_too_large(refusal);
        self.machine.count_rejected(refusal);
        self.reject(refusal)
    }

    /// The rejection of a call, which the machine has counted.
    #[inline]
    pub(super) fn reject(&self, refusal: Refusal) -> Rejected {
        let refusal = self.never_too_large(refusal);
        if self.label.is_some() {
            self.group.refused.fetch_add(1, Ordering::Relaxed);
        }
        if self.group.listeners.refusals_are_heard() {
            self.tell(EventKind::Rejected(refusal));
        }
        Rejected::new(self.group.site, refusal)
    }

    #[cold]
    fn tell(&self, kind: EventKind) {
        self.group.listeners.happens(self.group.site, self.label.clone(), kind);
    }
}

/// The clock that calls are timed by: exact, and for less than half the price of the precise one. Out of line, so that a call
/// which is not timed has a short way.
#[inline(never)]
fn now() -> Tick {
    clock::fine()
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("name", &self.group.site.name).finish_non_exhaustive()
    }
}
