//! What only few peers have, and only changes touch.

use crate::breaker::Past;
use crate::sync::{Mutex, MutexGuard, lock};
use buttress_core::Tick;
use buttress_core::bandwidth::Peer as Debts;
use std::sync::Arc;

/// What only changes touch, under a lock; nothing at all until the first of them.
#[derive(Debug, Default)]
pub(crate) struct Cold(Mutex<Option<Box<Things>>>);

#[derive(Debug, Default)]
pub(crate) struct Things {
    past: Past,
    /// Why the peer is banned, if somebody said.
    reason: Option<Arc<str>>,
    banned_at: Tick,
    /// Made by the first transfer under a limit for each peer: without one nobody owes anything.
    debts: Option<Arc<Debts>>,
    /// The state of its score when somebody banned it who said why.
    stood: Option<u64>,
}

/// The cold things of one peer, locked.
pub(crate) struct Locked<'a>(MutexGuard<'a, Option<Box<Things>>>);

impl Cold {
    pub(crate) fn lock(&self) -> Locked<'_> {
        Locked(lock(&self.0))
    }
}

impl Locked<'_> {
    fn things(&mut self) -> &mut Things {
        self.0.get_or_insert_default()
    }

    /// What the breaker remembers.
    pub(crate) fn past(&mut self) -> &mut Past {
        &mut self.things().past
    }

    pub(crate) fn past_if_any(&mut self) -> Option<&mut Past> {
        self.0.as_mut().map(|things| &mut things.past)
    }

    /// What the peer owes of the bytes it may send and be sent.
    pub(crate) fn debts(&mut self) -> Arc<Debts> {
        Arc::clone(self.things().debts.get_or_insert_default())
    }

    pub(crate) fn debts_if_any(&self) -> Option<&Debts> {
        self.0.as_ref()?.debts.as_deref()
    }

    pub(crate) fn banned(&mut self, reason: Option<Arc<str>>, now: Tick) {
        let things = self.things();
        (things.reason, things.banned_at) = (reason, now);
    }

    /// The state of its score when it was banned by hand.
    pub(crate) fn stood(&mut self, state: u64) {
        self.things().stood = Some(state);
    }

    /// The same, of the ban that there is; `None` if its score was why.
    pub(crate) fn stood_at(&self) -> Option<u64> {
        self.0.as_ref().and_then(|things| things.stood)
    }

    pub(crate) fn unbanned(&mut self) {
        if let Some(things) = &mut *self.0 {
            (things.reason, things.stood) = (None, None);
        }
    }

    /// Why the peer is banned, if somebody said, and since when.
    pub(crate) fn ban(&self) -> (Option<Arc<str>>, Tick) {
        self.0.as_ref().map_or((None, Tick::ZERO), |things| (things.reason.clone(), things.banned_at))
    }
}
