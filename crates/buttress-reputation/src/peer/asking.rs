//! Asking: whether a peer may be asked, and what speaks against it.

use super::{Changes, Peer, Refused, Rules, Why};
use crate::breaker::Lease;
use crate::sync::Ordering;
use buttress_core::Tick;
use std::time::Duration;

/// The leave to ask a peer once. It goes back with [`Peer::settle`].
#[derive(Debug)]
#[must_use = "a ticket goes back to the peer that gave it"]
pub(crate) struct Ticket {
    pub(super) lease: Lease,
}

impl Peer {
    /// Whether it may be asked. Takes nothing and changes nothing.
    ///
    /// # Errors
    /// What speaks against it.
    #[inline]
    pub(crate) fn may(&self, rules: &Rules, now: Tick) -> Result<(), Refused> {
        if self.is_clear() { Ok(()) } else { self.may_unless_clear(rules, now) }
    }

    #[cold]
    fn may_unless_clear(&self, rules: &Rules, now: Tick) -> Result<(), Refused> {
        self.in_favour(rules, now)?;
        self.breaker.check(&rules.breaker, now).map_err(open)
    }

    /// The same, whether it is banned or ejected or not: for those who have too few others.
    #[inline]
    pub(crate) fn may_despite(&self, rules: &Rules, now: Tick) -> Result<(), Refused> {
        self.breaker.check(&rules.breaker, now).map_err(open)
    }

    /// Whether it is banned or ejected.
    #[inline]
    pub(crate) fn is_out(&self, rules: &Rules, now: Tick) -> bool {
        self.is_penalised() && self.in_favour(rules, now).is_err()
    }

    /// Whether nothing speaks against it, which is how most stand and found by three words: no ban and no ejection, not even one
    /// that is over and was not lifted, and a closed breaker.
    #[inline]
    pub(crate) fn is_clear(&self) -> bool {
        !self.is_penalised() && self.breaker.is_closed()
    }

    /// Whether there is a ban or an ejection, though it may be over.
    #[inline]
    pub(super) fn is_penalised(&self) -> bool {
        self.ban_word().is_marked() || self.ejected_until.load(Ordering::Relaxed) != 0
    }

    /// Begins a call: one is under way until the ticket is settled.
    ///
    /// # Errors
    /// What speaks against it.
    #[inline]
    pub(crate) fn admit(&self, rules: &Rules, now: Tick, changes: &mut Changes) -> Result<Ticket, Refused> {
        if self.is_penalised() {
            self.in_favour(rules, now)?;
            self.lift_if_due(rules, now, changes);
        }
        self.admit_despite(rules, now, changes)
    }

    /// The same, whether it is banned or ejected or not.
    #[inline]
    pub(crate) fn admit_despite(
        &self,
        rules: &Rules,
        now: Tick,
        changes: &mut Changes,
    ) -> Result<Ticket, Refused> {
        if let Some(ticket) = self.admit_clear(now) {
            return Ok(ticket);
        }
        let lease = self.breaker.admit(self.means(rules), now, changes).map_err(open)?;
        self.load.begin(now);
        Ok(Ticket { lease })
    }

    /// The same of one that [is clear](Self::is_clear), which changes nothing else; `None` if its breaker has to decide.
    #[inline]
    pub(crate) fn admit_clear(&self, now: Tick) -> Option<Ticket> {
        let lease = self.breaker.pass()?;
        self.load.begin(now);
        Some(Ticket { lease })
    }

    /// Whether it may be asked by somebody who takes no ticket along: nothing is under way then, and a probe that is leased with
    /// this stays out until the next judgement without a ticket, or until it expires.
    ///
    /// # Errors
    /// What speaks against it.
    pub(crate) fn ask(&self, rules: &Rules, now: Tick, changes: &mut Changes) -> Result<(), Refused> {
        self.in_favour(rules, now)?;
        self.lift_if_due(rules, now, changes);
        let lease = self.breaker.admit(self.means(rules), now, changes).map_err(open)?;
        self.breaker.lend(lease);
        self.load.touch(now);
        Ok(())
    }

    /// What speaks against it besides the breaker.
    #[inline]
    fn in_favour(&self, rules: &Rules, now: Tick) -> Result<(), Refused> {
        let ban = self.ban_word();
        if let Some(retry_after) = ban.left(now) {
            return Err(Refused { why: Why::Banned, retry_after });
        }
        match self.ejection_left(rules, now) {
            Some(left) => Err(Refused { why: Why::Ejected, retry_after: Some(left) }),
            None => Ok(()),
        }
    }
}

const fn open(retry_after: Option<Duration>) -> Refused {
    Refused { why: Why::Open, retry_after }
}
