//! A peer with its name, as stores, selections and permits hold it.

use crate::Tick;
use crate::bandwidth::Traffic;
use crate::peer::{Peer, Rules};
use buttress_core::keyed::{Keep, Worth};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// All that is known of one peer.
pub(crate) struct Record<K> {
    /// Whose it is; `None` for those that share one.
    key: Option<K>,
    pub(crate) peer: Peer,
    /// What it goes by, for the store, which asks what it is worth and knows nothing of rules.
    rules: Arc<Rules>,
    pub(crate) traffic: Traffic,
    /// It lost its place: whoever holds it goes on with it, but nobody finds it by its name.
    gone: AtomicBool,
}

impl<K> Record<K> {
    pub(super) fn of(key: K, peer: Peer, rules: Arc<Rules>) -> Self {
        Self { key: Some(key), peer, rules, traffic: Traffic::default(), gone: AtomicBool::new(false) }
    }

    /// The record of all those for whom there is no room.
    pub(super) fn shared(peer: Peer, rules: Arc<Rules>) -> Self {
        Self { key: None, peer, rules, traffic: Traffic::default(), gone: AtomicBool::new(true) }
    }

    /// Whose it is, if it is only one peer's.
    pub(crate) const fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    /// Whether nobody finds it by its name.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

impl<K> Keep for Record<K> {
    fn worth(&self, now: Tick) -> Worth {
        self.peer.worth(&self.rules, now).max(self.traffic.worth(now))
    }

    fn gone(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

impl<K> fmt::Debug for Record<K> {
    /// Without the key, which need not be printable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("peer", &self.peer).finish_non_exhaustive()
    }
}
