//! What an operator says of peers.

use super::Ledger;
use crate::clock;
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// This peer is not asked any more: for that long, or until somebody [lifts](Self::unban) it. A ban that it had is replaced, be
    /// it longer or shorter.
    /// Of a reason the first 1,024 bytes are kept.
    ///
    /// Where there is no room for it, nothing is banned, and `false` says so: the peers that would have to go carry penalties.
    #[must_use = "nothing may be banned"]
    pub fn ban<Q>(&self, key: &Q, reason: impl Into<Arc<str>>, lasts: impl Into<Option<Duration>>) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        // Held, as a new one could go before it is banned.
        let record = self.hold(key);
        if record.key().is_none() {
            return false;
        }
        let now = clock::now();
        let until = lasts.into().map(|lasts| now + lasts);
        let changes = record.peer.ban(record.rules(), short(reason.into()), until, now);
        self.tell(&record, changes);
        true
    }

    /// Lifts a ban: the score is that of a new peer, the reason is forgotten. `false` if there was none.
    pub fn unban<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Some(record) = self.record_of(key) else { return false };
        let changes = record.peer.unban(record.rules(), clock::now());
        let lifted = !changes.is_empty();
        self.tell(&record, changes);
        lifted
    }

    /// Pardons a peer: whatever was held for or against it is forgotten, with its ban, and its breaker is closed. What it did stays
    /// counted. Of a peer without an entry there is nothing to forget.
    pub fn reset<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(record) = self.record_of(key) {
            let changes = record.peer.reset(record.rules(), clock::now());
            record.account().reset();
            self.tell(&record, changes);
        }
    }

    /// Takes out the entry of a peer that does not come back, unless something is held against it: who leaves and returns under
    /// the same name stays banned. One that is chosen from or being asked stays as well. `false` if there was none, or it stays.
    pub fn forget<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.inner.store.forget(key, clock::now()).is_some()
    }

    /// Forgets all peers, whatever is held against them. Those that somebody chooses from, or asks with a [`Permit`](crate::Permit),
    /// are [reset](Self::reset) instead, as they go on being asked.
    pub fn clear(&self) {
        for record in self.records() {
            let Some(key) = record.key() else { continue };
            if self.inner.store.remove_if(key, |record| !record.is_held()).is_none() {
                self.reset(key);
            }
        }
    }
}

/// Enough for a sentence or two. Whoever may ban may also say what a network told him, and that is to cost a peer's room at most.
const REASON: usize = 1_024;

/// As much of a reason as is kept.
fn short(reason: Arc<str>) -> Arc<str> {
    if reason.len() <= REASON {
        return reason;
    }
    let end = (0..=REASON).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
    reason[..end].into()
}
