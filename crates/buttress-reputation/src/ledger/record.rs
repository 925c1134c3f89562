//! A peer with its name, as stores, selections and permits hold it.

use super::shared::lenient;
use crate::bandwidth::Traffic;
use crate::board::Seat;
use crate::peer::{Peer, Rules};
use crate::{Config, Tick};
use buttress_core::keyed::{Keep, Worth};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// All that is known of one peer.
pub(crate) struct Record<K> {
    /// Whose it is; `None` for those that share one.
    key: Option<K>,
    pub(crate) peer: Peer,
    pub(crate) traffic: Traffic,
    rules: Arc<Rules>,
    /// It lost its place: whoever holds it goes on with it, but nobody finds it by its name.
    gone: AtomicBool,
}

impl<K> Record<K> {
    pub(super) fn of(key: K, seat: Seat, rules: &Arc<Rules>, now: Tick) -> Self {
        Self {
            key: Some(key),
            peer: Peer::new(seat, rules, now),
            traffic: Traffic::default(),
            rules: Arc::clone(rules),
            gone: AtomicBool::new(false),
        }
    }

    /// The record of all those for whom there is no room.
    pub(super) fn shared(config: &Config, now: Tick, wall: SystemTime) -> Self {
        let rules = Arc::new(lenient(config, now, wall));
        let seat = Seat::apart(config.scoring().fresh());
        Self {
            key: None,
            peer: Peer::new(seat, &rules, now),
            traffic: Traffic::default(),
            rules,
            gone: AtomicBool::new(true),
        }
    }

    /// Whose it is, if it is only one peer's.
    pub(crate) const fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    /// What the peer is judged by.
    #[inline]
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
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
