//! A peer with its name, as stores, selections and permits hold it.

use super::shared::lenient;
use crate::bandwidth::{Account, Traffic};
use crate::board::Seat;
use crate::peer::{Peer, Rules};
use crate::{Config, Tick};
use buttress_core::keyed::{Keep, Named, Worth};
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::SystemTime;

/// All that is known of one peer.
pub(crate) struct Record<K> {
    whose: Whose<K>,
    pub(crate) peer: Peer,
    pub(crate) traffic: Traffic,
    rules: Arc<Rules>,
}

/// In one enumeration, as what only the first has takes no place of its own then.
enum Whose<K> {
    One {
        key: K,
        /// How many hold it for as long as they are.
        holds: AtomicU32,
        /// It lost its place: whoever holds it goes on with it, but nobody finds it by its name.
        gone: AtomicBool,
    },
    /// Of those for whom there is no room. Nobody finds it by a name.
    Shared,
}

impl<K> Record<K> {
    pub(super) fn of(key: K, seat: Seat, rules: &Arc<Rules>, now: Tick) -> Self {
        let whose = Whose::One { key, holds: AtomicU32::new(0), gone: AtomicBool::new(false) };
        let peer = Peer::new(seat, rules, now);
        Self { whose, peer, traffic: Traffic::default(), rules: Arc::clone(rules) }
    }

    /// The record of all those for whom there is no room.
    pub(super) fn shared(config: &Config, now: Tick, wall: SystemTime) -> Self {
        let rules = Arc::new(lenient(config, now, wall));
        let peer = Peer::new(Seat::apart(config.scoring().fresh()), &rules, now);
        Self { whose: Whose::Shared, peer, traffic: Traffic::default(), rules }
    }

    /// Whose it is, if it is only one peer's.
    #[inline]
    pub(crate) const fn key(&self) -> Option<&K> {
        match &self.whose {
            Whose::One { key, .. } => Some(key),
            Whose::Shared => None,
        }
    }

    /// What the peer is judged by.
    #[inline]
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Where its bytes are counted.
    pub(super) const fn account(&self) -> Account<'_> {
        Account { traffic: &self.traffic, cold: self.peer.cold() }
    }

    const fn holds(&self) -> Option<&AtomicU32> {
        match &self.whose {
            Whose::One { holds, .. } => Some(holds),
            Whose::Shared => None,
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.holds().is_some_and(|holds| holds.load(Ordering::Acquire) > 0)
    }

    /// Whether nobody finds it by its name.
    pub(crate) fn is_gone(&self) -> bool {
        match &self.whose {
            Whose::One { gone, .. } => gone.load(Ordering::Relaxed),
            Whose::Shared => true,
        }
    }
}

/// A record that stays where it is: what it decides for those who hold it, it decides for those who look it up.
#[derive(Debug)]
pub(crate) struct Held<K>(Arc<Record<K>>);

impl<K> Held<K> {
    #[inline]
    pub(super) fn of(record: &Arc<Record<K>>) -> Self {
        if let Some(holds) = record.holds() {
            holds.fetch_add(1, Ordering::AcqRel);
        }
        Self(Arc::clone(record))
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
        if let Some(holds) = self.0.holds() {
            holds.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl<K> Keep for Record<K> {
    /// One that is held stays as if it carried a penalty: its holder goes on with it, and of two records of one peer neither would
    /// know what the other does.
    fn worth(&self, now: Tick) -> Worth {
        if self.is_held() {
            return Worth::Penalty;
        }
        self.peer.worth(&self.rules, now).max(self.account().worth(now))
    }

    fn gone(&self) {
        if let Whose::One { gone, .. } = &self.whose {
            gone.store(true, Ordering::Relaxed);
        }
    }
}

impl<K: Borrow<Q>, Q: Eq + ?Sized> Named<Q> for Record<K> {
    #[inline]
    fn is(&self, key: &Q) -> bool {
        self.key().is_some_and(|own| own.borrow() == key)
    }
}

impl<K> fmt::Debug for Record<K> {
    /// Without the key, which need not be printable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("peer", &self.peer).finish_non_exhaustive()
    }
}
