//! The breaker of a peer, whichever it has: the same questions, the same answers.

use super::compact::{Compact, Rules};
use super::word::Word;
use super::{Kind, Past, State};
use crate::peer::{Change, Changes, Cold, Locked};
use crate::sync::{Mutex, lock};
use buttress_core::circuit_breaker::{self, CircuitBreaker, Cursor};
use buttress_core::keyed::Worth;
use buttress_core::{Outcome, Refusal, Tick};
use std::sync::Arc;
use std::time::Duration;

/// Which breakers peers have, and what spreads their open times.
#[derive(Debug)]
pub(crate) enum Plan {
    Off,
    Compact(super::Config),
    Full(Arc<circuit_breaker::Config>),
}

impl From<&Kind> for Plan {
    fn from(kind: &Kind) -> Self {
        match kind {
            Kind::Off => Self::Off,
            Kind::Compact(config) => Self::Compact(*config),
            Kind::Full(config) => Self::Full(Arc::new(*config)),
        }
    }
}

/// What a breaker goes by, and where it keeps what it seldom needs.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) seed: u64,
    pub(crate) cold: &'a Cold,
}

/// The breaker of one peer.
#[derive(Debug)]
pub(crate) enum Breaker {
    Off,
    Compact(Compact),
    Full(Box<Full>),
}

/// The breaker of the core, and how much of what it did was told.
#[derive(Debug)]
pub(crate) struct Full {
    pub(super) machine: CircuitBreaker,
    pub(super) rest: Mutex<Rest>,
}

#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) told: Cursor,
    /// The probes of those that took no ticket along. Never more than may be out, as they expire before others are leased.
    lent: Vec<circuit_breaker::Ticket>,
}

/// The leave of a breaker to make one call. Not `Clone`: it goes back once.
#[derive(Debug)]
pub(crate) enum Lease {
    None,
    Compact(Word),
    Full(circuit_breaker::Ticket),
}

impl Breaker {
    pub(crate) fn new(plan: &Plan, seed: u64, now: Tick) -> Self {
        match plan {
            Plan::Off => Self::Off,
            Plan::Compact(_) => Self::Compact(Compact::new()),
            Plan::Full(config) => {
                let machine = CircuitBreaker::new(Arc::clone(config), seed, now);
                Self::Full(Box::new(Full { machine, rest: Mutex::new(Rest::default()) }))
            }
        }
    }

    #[inline]
    pub(crate) fn state(&self) -> State {
        match self {
            Self::Off => State::Closed,
            Self::Compact(breaker) => breaker.state(),
            Self::Full(full) => state_of(full.machine.state()),
        }
    }

    /// Whether it is closed, as most are.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Off => true,
            Self::Compact(breaker) => breaker.is_closed(),
            Self::Full(_) => self.state() == State::Closed,
        }
    }

    /// What [`admit`](Self::admit) says where nothing has to be decided; `None` where something may have to be.
    #[inline]
    pub(crate) fn pass(&self) -> Option<Lease> {
        match self {
            Self::Off => Some(Lease::None),
            Self::Compact(breaker) => breaker.pass().map(Lease::Compact),
            Self::Full(_) => None,
        }
    }

    /// What [`judge`](Self::judge) does of a success where nothing has to be decided: whether that was so, and it is counted.
    #[inline]
    pub(crate) fn count_success(&self, plan: &Plan, lease: Option<&Lease>, now: Tick) -> bool {
        match (self, plan, lease) {
            (Self::Off, ..) => true,
            (Self::Compact(breaker), Plan::Compact(config), Some(Lease::Compact(word))) => {
                breaker.count_success(config, *word, now)
            }
            _ => false,
        }
    }

    /// Would a call be admitted? If not, in how long perhaps.
    #[inline]
    pub(crate) fn check(&self, plan: &Plan, now: Tick) -> Result<(), Option<Duration>> {
        match (self, plan) {
            (Self::Compact(breaker), Plan::Compact(config)) => breaker.check(config, now).map_err(Some),
            (Self::Full(full), _) => full.machine.check(now).map_err(Refusal::retry_after),
            _ => Ok(()),
        }
    }

    /// May I call?
    #[inline]
    pub(crate) fn admit(
        &self,
        means: Means<'_>,
        now: Tick,
        changes: &mut Changes,
    ) -> Result<Lease, Option<Duration>> {
        let Means { plan, seed, cold } = means;
        match (self, plan) {
            (Self::Compact(breaker), Plan::Compact(config)) => {
                let word = breaker.admit(Rules { config, seed }, cold, now, changes);
                word.map(Lease::Compact).map_err(Some)
            }
            (Self::Full(full), _) => full.admit(now, changes).map(Lease::Full),
            _ => Ok(Lease::None),
        }
    }

    /// The lease stays out until a call ends that has none, or it expires.
    pub(crate) fn lend(&self, lease: Lease) {
        if let (Self::Full(full), Lease::Full(ticket)) = (self, lease) {
            full.lend(ticket);
        }
    }

    /// A call has ended like this; with its lease, if it took one.
    #[inline]
    pub(crate) fn judge(
        &self,
        means: Means<'_>,
        lease: Option<Lease>,
        outcome: Outcome,
        now: Tick,
        changes: &mut Changes,
    ) {
        let Means { plan, seed, cold } = means;
        match (self, plan) {
            (Self::Compact(breaker), Plan::Compact(config)) => {
                let rules = Rules { config, seed };
                let failed = match outcome {
                    Outcome::Success => Some(false),
                    Outcome::Failure(_) => Some(true),
                    Outcome::Throttled => config.count_throttling.then_some(true),
                    Outcome::Ignored | Outcome::Cancelled => None,
                };
                match (lease, failed) {
                    (Some(Lease::Compact(word)), Some(failed)) => {
                        breaker.settle(rules, cold, word, failed, now, changes);
                    }
                    (Some(Lease::Compact(word)), None) => breaker.release(word),
                    (_, Some(failed)) => breaker.judge(rules, cold, failed, now, changes),
                    (_, None) => breaker.give_back(),
                }
            }
            (Self::Full(full), _) => full.judge(lease, outcome, now, changes),
            _ => {}
        }
    }

    /// Closes it, with nothing left of what was.
    pub(crate) fn reset(&self, cold: &mut Locked<'_>, now: Tick, changes: &mut Changes) {
        match self {
            Self::Off => {}
            Self::Compact(breaker) => breaker.reset(cold, changes),
            Self::Full(full) => {
                full.machine.reset(now);
                full.tell(changes);
            }
        }
    }

    /// What is lost if it is forgotten, where `past` is what the compact one knows of its own.
    pub(crate) fn worth(&self, plan: &Plan, past: Option<Past>, now: Tick) -> Worth {
        match (self, plan) {
            (Self::Compact(breaker), Plan::Compact(config)) => {
                let state = breaker.state();
                // Nobody has asked for as long as failures count since it might have been probed.
                let probed_from = breaker.probed_from(config);
                let abandoned = probed_from.is_some_and(|from| from + config.failure_window < now);
                let escalates = past.is_some_and(|past| past.escalates(config, now));
                if (state != State::Closed && !abandoned) || escalates {
                    Worth::Penalty
                } else if breaker.tally(config, now).is_empty() {
                    Worth::Nothing
                } else {
                    Worth::Memory
                }
            }
            (Self::Full(full), _) => full.machine.worth(now),
            _ => Worth::Nothing,
        }
    }
}

impl Full {
    fn admit(&self, now: Tick, changes: &mut Changes) -> Result<circuit_breaker::Ticket, Option<Duration>> {
        let before = self.machine.state();
        let ticket = self.machine.try_acquire(now).map_err(|refusal| refusal.retry_after());
        if before != circuit_breaker::State::Closed {
            self.tell(changes);
        }
        ticket
    }

    fn lend(&self, ticket: circuit_breaker::Ticket) {
        if !ticket.is_probe() {
            return;
        }
        let mut rest = lock(&self.rest);
        // Those of generations that are over are of no use to anybody.
        let most = usize::from(u8::MAX);
        if rest.lent.len() < most {
            rest.lent.push(ticket);
        }
    }

    fn judge(&self, lease: Option<Lease>, outcome: Outcome, now: Tick, changes: &mut Changes) {
        let ticket = match lease {
            Some(Lease::Full(ticket)) => Some(ticket),
            _ if self.machine.state() == circuit_breaker::State::Closed => {
                self.machine.pass_if_closed().map(|pass| pass.begin(now))
            }
            _ => lock(&self.rest).lent.pop(),
        };
        let Some(ticket) = ticket else { return };
        if self.machine.record(ticket, outcome, None, now).is_some() {
            self.tell(changes);
        }
    }

    /// Tells what has not been told.
    #[cold]
    fn tell(&self, changes: &mut Changes) {
        let mut rest = lock(&self.rest);
        while changes.have_room() {
            let Some((transition, _)) = self.machine.next_transition(&mut rest.told) else { break };
            // Of a closed one that was reset there is nothing to tell.
            if state_of(transition.from) == state_of(transition.to) {
                continue;
            }
            changes.push(match state_of(transition.to) {
                State::Closed => Change::Closed,
                State::Open => Change::Opened,
                State::HalfOpen => Change::HalfOpened,
            });
        }
    }
}

const fn state_of(state: circuit_breaker::State) -> State {
    match state {
        circuit_breaker::State::Closed | circuit_breaker::State::ForcedClosed => State::Closed,
        circuit_breaker::State::HalfOpen => State::HalfOpen,
        circuit_breaker::State::Open | circuit_breaker::State::ForcedOpen => State::Open,
    }
}
