//! Those that can be picked.

use super::choice::{Candidate, Prices, Refused, Standing};
use crate::Tick;
use crate::ledger::{Held, Ledger};
use crate::outlier::{self, Rule, Watched};
use crate::peer::{Changes, Ticket};
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// One that can be picked.
pub(super) struct Member<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Another one for each that ever came anywhere, from 1 on. One that is inserted while it is there keeps its own.
    pub(super) number: u64,
    pub(super) key: K,
    pub(super) value: T,
    has_left: AtomicBool,
    pub(super) ledger: Ledger<K>,
    pub(super) record: Held<K>,
    outlier: Arc<outlier::Standing>,
}

impl<K, T> Member<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    pub(super) fn new(key: K, value: T, ledger: &Ledger<K>) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let record = ledger.hold(&key);
        let (ledger, outlier) = (ledger.clone(), Arc::default());
        Self { number, key, value, has_left: AtomicBool::new(false), ledger, record, outlier }
    }

    /// It takes the place of this one, as the same peer: to those that tried it, and to the detector.
    pub(super) fn follow(&mut self, before: &Self) {
        self.number = before.number;
        self.outlier = Arc::clone(&before.outlier);
    }

    /// It is taken out, or another one takes its place.
    pub(super) fn leave(&self) {
        self.has_left.store(true, Ordering::Relaxed);
    }

    /// Whether it is a member no longer.
    #[inline]
    pub(super) fn has_left(&self) -> bool {
        self.has_left.load(Ordering::Relaxed)
    }

    /// Has a call to it admitted.
    #[inline]
    pub(super) fn admit(&self, despite: bool, now: Tick) -> Result<Ticket, Refused> {
        let (peer, rules) = (&self.record.peer, self.record.rules());
        let mut changes = Changes::default();
        let admitted = match despite {
            true => peer.admit_despite(rules, now, &mut changes),
            false => peer.admit(rules, now, &mut changes),
        };
        self.ledger.tell(&self.record, changes);
        admitted.map_err(|refused| refused.retry_after)
    }
}

impl<K, T> Candidate for Arc<Member<K, T>>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    #[inline]
    fn may(&self, despite: bool, now: Tick) -> Result<(), Refused> {
        let (peer, rules) = (&self.record.peer, self.record.rules());
        let may = if despite { peer.may_despite(rules, now) } else { peer.may(rules, now) };
        may.map_err(|refused| refused.retry_after)
    }

    #[inline]
    fn is_clear(&self) -> bool {
        self.record.peer.is_clear()
    }

    #[inline]
    fn standing(&self, prices: &Prices, now: Tick) -> Standing {
        let (peer, rules) = (&self.record.peer, self.record.rules());
        let cost =
            peer.cost(rules, now).map(|cost| cost * prices.tiers[peer.tier_as_judged(rules, now) as usize]);
        let is_dear = cost.is_some_and(|cost| cost >= prices.dear);
        let calls = f64::from(peer.in_flight()) + 1.0;
        Standing { cost, calls, warmth: peer.warmth(rules, now), is_dear }
    }

    #[inline]
    fn last_asked(&self) -> Option<Tick> {
        self.record.peer.last_tried()
    }

    #[inline]
    fn is_out(&self, now: Tick) -> bool {
        self.record.peer.is_out(self.record.rules(), now)
    }
}

impl<K, T> Watched for Arc<Member<K, T>>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    fn calls(&self) -> (u32, u32) {
        if self.record.key().is_none() {
            // What those without room share is nobody's own: nothing of it is held against any of them.
            return (0, 0);
        }
        let counts = self.record.peer.counts();
        // Cut off as counters that wrap around are: only what they grow by matters.
        (counts.samples() as u32, (counts.samples() - counts.succeeded()) as u32)
    }

    fn is_ejected(&self, now: Tick) -> bool {
        self.record.peer.is_ejected(self.record.rules(), now)
    }

    fn eject(&self, by: Rule, until: Tick, now: Tick) {
        let changes = self.record.peer.eject(self.record.rules(), by, until, now);
        self.ledger.tell(&self.record, changes);
    }

    fn standing(&self) -> &outlier::Standing {
        &self.outlier
    }
}
