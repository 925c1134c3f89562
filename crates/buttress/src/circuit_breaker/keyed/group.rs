//! What the breakers of all keys are together: how many keys are in trouble, and what is kept of those that are gone.
//!
//! Both are added up as things happen, so that nobody has to look at every key to know them.

use super::super::handle::{Handle, Shared};
use super::super::{Config, State, Totals};
use crate::observe::Listeners;
use crate::registry::Verdicts;
use crate::rejected::Site;
use crate::{Tick, clock};
use buttress_core::Histogram;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What the breakers of all keys share.
pub(in super::super) struct Group {
    pub(in super::super) site: &'static Site,
    pub(in super::super) config: Arc<Config>,
    pub(in super::super) listeners: Listeners,
    /// How long calls took, where somebody wants to know.
    pub(in super::super) durations: Option<Arc<Histogram>>,
    ledger: Mutex<Ledger>,
}

/// Which key of which group a breaker belongs to.
pub(in super::super) struct OfKey {
    pub(in super::super) label: Arc<str>,
    pub(in super::super) group: Arc<Group>,
    /// As what it is counted in the ledger, under whose lock alone it is read and written.
    counted: Mutex<Counted>,
    /// What the ledger has of it, once it has lost its place; calls may still be on their way then.
    retired: OnceLock<Sums>,
}

/// What is added up of breakers.
#[derive(Clone, Copy, Default)]
pub(in super::super) struct Sums {
    pub(in super::super) totals: Totals,
    pub(in super::super) opened: u64,
}

/// The counts of a group.
#[derive(Default)]
struct Ledger {
    keys: usize,
    /// Keys that are half-open, due for a probe, or open in shadow.
    probing: usize,
    /// Keys that refuse until an operator says otherwise.
    refusing: usize,
    /// Keys that refuse until then, each with what tells it from another. Those whose time has come are taken out when
    /// somebody asks, and are among the probing: so each costs one step, however often somebody asks.
    refusing_until: BTreeSet<(Tick, usize)>,
    /// Those that are gone.
    retired: Sums,
}

/// As what a breaker is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Not at all: it has no place among the keys.
    Not,
    Well,
    Probing,
    Refusing,
    RefusingUntil(Tick),
}

impl Group {
    pub(super) fn new(site: &'static Site, config: Config, durations: Option<Arc<Histogram>>) -> Self {
        Self {
            site,
            config: Arc::new(config),
            listeners: Listeners::default(),
            durations,
            ledger: Mutex::default(),
        }
    }

    /// The verdicts on all keys, as their breakers would answer a call now. Takes no look at any of them.
    pub(in super::super) fn verdicts(&self) -> Verdicts {
        let mut ledger = self.ledger();
        let now = clock::precise();
        while ledger.refusing_until.first().is_some_and(|(until, _)| *until <= now) {
            ledger.refusing_until.pop_first();
            ledger.probing += 1;
        }
        Verdicts::new(ledger.keys, ledger.probing, ledger.refusing + ledger.refusing_until.len())
    }

    /// The sums of all keys, of which `handles` had a place when they `stood` like this: each of them counts once, as it
    /// stood or as one that went meanwhile. What is counted once is counted in all later sums.
    pub(in super::super) fn sums(&self, handles: &[Handle], stood: &[Sums]) -> Sums {
        // A look at each, and no more, under the lock.
        let ledger = self.ledger();
        let still_here = |handle: &Handle| handle.0.of_key_ref().is_none_or(|of| of.retired.get().is_none());
        let here = handles.iter().zip(stood).filter(|(handle, _)| still_here(handle));
        here.fold(ledger.retired, |sum, (_, stood)| sum.and(*stood))
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }
}

impl Ledger {
    /// Counts the breaker as `next` from now on.
    fn count(&mut self, of: &OfKey, next: Counted) {
        let mut counted = lock(&of.counted);
        let id = std::ptr::from_ref(of).addr();
        match *counted {
            Counted::Not => self.keys += 1,
            Counted::Well => {}
            Counted::Probing => self.probing -= 1,
            Counted::Refusing => self.refusing -= 1,
            Counted::RefusingUntil(until) => {
                if !self.refusing_until.remove(&(until, id)) {
                    self.probing -= 1;
                }
            }
        }
        match next {
            Counted::Not => self.keys -= 1,
            Counted::Well => {}
            Counted::Probing => self.probing += 1,
            Counted::Refusing => self.refusing += 1,
            Counted::RefusingUntil(until) => _ = self.refusing_until.insert((until, id)),
        }
        *counted = next;
    }
}

impl OfKey {
    pub(in super::super) const fn new(label: Arc<str>, group: Arc<Group>) -> Self {
        Self { label, group, counted: Mutex::new(Counted::Not), retired: OnceLock::new() }
    }

    fn is_counted(&self) -> bool {
        *lock(&self.counted) != Counted::Not
    }
}

impl Sums {
    fn of(shared: &Shared) -> Self {
        let snapshot = shared.machine.snapshot(Tick::ZERO);
        Self { totals: snapshot.totals, opened: snapshot.opened }
    }

    pub(in super::super) fn and(self, other: Self) -> Self {
        Self { totals: self.totals + other.totals, opened: self.opened + other.opened }
    }
}

impl Shared {
    /// Counts it among the keys of its group.
    pub(super) fn join(&self) {
        if let Some(of) = self.of_key_ref() {
            of.group.ledger().count(of, Counted::Well);
        }
    }

    /// Counts it as what it is now. Who changes it says so before anybody is told of the change; the last one to say so
    /// sees the last change, in whatever order they come.
    pub(in super::super) fn note(&self) {
        let Some(of) = self.of_key_ref() else { return };
        let mut ledger = of.group.ledger();
        // The one that keys share belongs to none; and one that is gone may still change, which is nobody's concern.
        if of.is_counted() {
            ledger.count(of, self.standing());
        }
    }

    /// Leaves what it was to the group, and is none of its keys any more. Again when it is dropped: for the calls that
    /// ended in between.
    pub(super) fn retire(&self) {
        let Some(of) = self.of_key_ref() else { return };
        let mut ledger = of.group.ledger();
        if of.is_counted() {
            ledger.count(of, Counted::Not);
        }
        let now = Sums::of(self);
        let before = of.retired.get().copied().unwrap_or_default();
        ledger.retired.totals += now.totals - before.totals;
        ledger.retired.opened += now.opened - before.opened;
        // Already set where this is the drop, after which nobody asks.
        let _ = of.retired.set(now);
    }

    /// As the verdict in its status.
    fn standing(&self) -> Counted {
        let now = clock::precise();
        match self.machine.state() {
            State::Closed | State::ForcedClosed => Counted::Well,
            State::HalfOpen => Counted::Probing,
            State::Open | State::ForcedOpen => match self.machine.check(now) {
                Ok(()) => Counted::Probing,
                Err(refusal) => match refusal.lasts() {
                    Some(left) => Counted::RefusingUntil(now + left),
                    None => Counted::Refusing,
                },
            },
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.retire();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
