//! May I, and this happened.

use super::Ledger;
use crate::peer::{Changes, Refused};
use crate::{Deed, Permit, clock};
use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Duration;

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Whether to talk to this peer now: it is not banned, and its breaker lets it be asked. A peer of which nothing is known may
    /// be asked, and gets no entry by that.
    ///
    /// While its breaker finds out whether the peer is back, `true` is the leave for one probe, of which only so many are out at
    /// a time: record what comes of it, or the next one waits until the lease is over. [`check`](Self::check) only looks, and a
    /// [`Permit`] cannot be forgotten.
    pub fn should_communicate<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Some(record) = self.record_of(key) else { return true };
        let mut changes = Changes::default();
        let asked = record.peer.ask(record.rules(), clock::now(), &mut changes);
        self.tell(&record, changes);
        asked.is_ok()
    }

    /// Whether this peer would be admitted now. Takes nothing and makes nothing.
    ///
    /// # Errors
    /// Why not, and where it is known how long not.
    pub fn check<Q>(&self, key: &Q) -> Result<(), Refused>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        match self.record_of(key) {
            Some(record) => record.peer.may(record.rules(), clock::now()),
            None => Ok(()),
        }
    }

    /// The leave to ask this peer once. What comes of it is recorded with the permit; dropped without that, it says that nobody
    /// waited for the answer. The peer keeps its entry for as long as the permit is out.
    ///
    /// # Errors
    /// Why not, and where it is known how long not.
    pub fn admit<Q>(&self, key: &Q) -> Result<Permit<K>, Refused>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        Permit::of(self.clone(), self.hold(key))
    }

    /// Of these peers those that would be admitted, in their order: the others cost none of the places.
    ///
    /// ```
    /// # use buttress_reputation::{Config, Ledger};
    /// # let peers = Ledger::<String>::new("dial", Config::default());
    /// assert!(peers.ban("bob", "spam", None));
    /// let dialed: Vec<_> = peers.admitted(["alice", "bob", "carol", "dave"]).take(3).collect();
    /// assert_eq!(dialed, ["alice", "carol", "dave"]);
    /// ```
    pub fn admitted<'a, Q, I>(&self, keys: I) -> impl Iterator<Item = &'a Q>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized + 'a,
        I: IntoIterator<Item = &'a Q>,
    {
        keys.into_iter().filter(|key| self.check(*key).is_ok())
    }

    /// A synchronisation with this peer succeeded. One go over its breaker, its score and its latency, if that was measured.
    pub fn record_success<Q>(&self, key: &Q, took: impl Into<Option<Duration>>)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let deed = Deed::sync(true);
        self.record(key, took.into().map_or(deed, |took| deed.taking(took)));
    }

    /// A synchronisation with this peer failed.
    pub fn record_failure<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.record(key, Deed::sync(false));
    }

    /// This peer did that.
    pub fn record<Q>(&self, key: &Q, deed: Deed)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let record = self.enter(key);
        let changes = record.peer.judge(record.rules(), &deed, clock::now());
        self.tell(&record, changes);
    }
}
