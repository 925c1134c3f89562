//! A peer with its name, as stores, selections and permits hold it.

use super::shared::lenient;
use crate::bandwidth::Traffic;
use crate::board::Seat;
use crate::peer::{Peer, Rules};
use crate::{Config, Tick};
use buttress_core::keyed::{Keep, Worth};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::SystemTime;

/// All that is known of one peer.
pub(crate) struct Record<K> {
    /// Whose it is; `None` for those that share one.
    key: Option<K>,
    pub(crate) peer: Peer,
    pub(crate) traffic: Traffic,
    rules: Arc<Rules>,
    /// How many hold it for as long as they are.
    holds: AtomicU32,
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
            holds: AtomicU32::new(0),
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
            holds: AtomicU32::new(0),
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

    pub(super) fn is_held(&self) -> bool {
        self.holds.load(Ordering::Acquire) > 0
    }

    /// Whether nobody finds it by its name.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

/// A record that stays where it is: what it decides for those who hold it, it decides for those who look it up.
#[derive(Debug)]
pub(crate) struct Held<K>(Arc<Record<K>>);

impl<K> Held<K> {
    pub(super) fn of(record: Arc<Record<K>>) -> Self {
        record.holds.fetch_add(1, Ordering::AcqRel);
        Self(record)
    }

    pub(super) fn is(&self, other: &Arc<Record<K>>) -> bool {
        Arc::ptr_eq(&self.0, other)
    }
}

impl<K> Deref for Held<K> {
    type Target = Record<K>;

    #[inline]
    fn deref(&self) -> &Record<K> {
        &self.0
    }
}

impl<K> Drop for Held<K> {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<K> Keep for Record<K> {
    /// One that is held stays as if it carried a penalty: its holder goes on with it, and of two records of one peer neither would
    /// know what the other does.
    fn worth(&self, now: Tick) -> Worth {
        if self.is_held() {
            return Worth::Penalty;
        }
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
