//! What is behind a handle.

use super::handle::{LAYER, Snapshot};
use super::queue::Queue;
use crate::observe::Listeners;
use crate::rejected::Site;
use crate::{EventKind, Tick, clock};
use buttress_core::bandwidth::{Bandwidth, Config, Direction, Peer, Scope};
use buttress_core::keyed::{Keep, Store, Worth};
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) struct Shared {
    pub(super) site: &'static Site,
    /// Tells it from another that came under its name.
    pub(super) seed: u64,
    pub(super) bandwidth: Bandwidth,
    /// As they were given; what decides has its own.
    config: Mutex<Config>,
    /// One for each direction.
    pub(super) queues: [Queue; 2],
    peers: Store<u64, PeerState>,
    overflow: Arc<PeerState>,
    overflowed: AtomicU64,
    hasher: RandomState,
    pub(super) listeners: Listeners,
}

/// What is kept of a peer.
#[derive(Default)]
pub(super) struct PeerState {
    pub(super) debts: Peer,
}

impl Keep for PeerState {
    fn worth(&self, now: Tick) -> Worth {
        self.debts.worth(now)
    }
}

impl Shared {
    pub(super) fn new(name: &str, config: Config, peers: NonZeroUsize) -> Self {
        let site = Site::intern(LAYER, name);
        Self {
            site,
            seed: site.seed(),
            bandwidth: Bandwidth::new(&config),
            config: Mutex::new(config),
            queues: Default::default(),
            peers: Store::new(peers),
            overflow: Arc::default(),
            overflowed: AtomicU64::new(0),
            hasher: RandomState::new(),
            listeners: Listeners::default(),
        }
    }

    pub(super) fn config(&self) -> Config {
        *self.lock_config()
    }

    pub(super) fn set(&self, config: Config) {
        // Held all the while, so that of two changes the same one is last in both.
        let mut before = self.lock_config();
        *before = config;
        self.bandwidth.set(&config, clock::precise());
        drop(before);
        self.queues.iter().for_each(Queue::wake_all);
    }

    pub(super) fn reset(&self) {
        self.bandwidth.reset();
        self.overflow.debts.reset();
        self.peers.for_each(|_, peer| peer.debts.reset());
        self.queues.iter().for_each(Queue::wake_all);
    }

    pub(super) fn peer<K: Hash + ?Sized>(&self, key: &K) -> Arc<PeerState> {
        let known = std::borrow::Cow::Owned(self.hasher.hash_one(key));
        let peer = self.peers.get_or_insert_with(known, clock::precise, |_| PeerState::default());
        peer.unwrap_or_else(|_| {
            self.overflowed.fetch_add(1, Ordering::Relaxed);
            Arc::clone(&self.overflow)
        })
    }

    /// Something has to wait, or did not pass.
    #[cold]
    pub(super) fn throttled(&self, direction: Direction, scope: Scope) {
        self.listeners.happens_to_a_call(self.site, || EventKind::Throttled { direction, scope });
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let now = clock::precise();
        let [upload, download] = Direction::ALL.map(|direction| self.bandwidth.lane(direction, now));
        Snapshot {
            name: self.site.name,
            upload,
            download,
            refill_interval: self.config().refill_interval(),
            peers: self.peers.len(),
            capacity: self.peers.capacity(),
            evicted: self.peers.evicted(),
            overflowed: self.overflowed.load(Ordering::Relaxed),
        }
    }

    fn lock_config(&self) -> MutexGuard<'_, Config> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f4_a_peer_takes_no_more_than_it_is_said_to() {
        // Beside it there are its counts, its hash and its place in the table: less than 64 bytes.
        assert!(size_of::<PeerState>() + 64 <= 300, "{}", size_of::<PeerState>());
    }
}
