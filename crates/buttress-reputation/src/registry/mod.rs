//! A ledger as a member of a registry.

mod lately;
mod overview;
mod told;

use crate::breaker::State;
use crate::{Change, Ledger, PeerEvent, Tick, clock};
#[cfg(feature = "persist")]
use buttress::disk::keeper::{Saver, Saves};
use buttress::registry::{PeerEvents, PeerTroubles, Peers, PeersStatus};
use lately::Lately;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// What a ledger has for the sake of those who watch it.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// Made when somebody first wants to hear of it.
    events: OnceLock<Arc<PeerEvents>>,
    /// Breakers that opened, and bans.
    lately: Lately,
    bans: AtomicU64,
    /// How many are refused, and when that was counted.
    refused: Mutex<Option<(Tick, usize)>>,
    /// Who keeps it in a file.
    #[cfg(feature = "persist")]
    saver: OnceLock<Saver>,
}

/// How many peers are looked at whenever somebody asks how well they are together.
const FEW: usize = 1024;

/// How long such a count of more peers is good for: an outage changes the state of thousands at once, and who watches the health
/// looks with each.
const GOOD_FOR: Duration = Duration::from_secs(1);

impl Watched {
    /// This happened to a peer.
    pub(crate) fn note(&self, change: &Change, now: Tick) {
        let banned = matches!(change, Change::Banned { again: false, .. });
        if banned {
            self.bans.fetch_add(1, Ordering::Relaxed);
        }
        if banned || matches!(change, Change::Opened) {
            self.lately.note(now);
        }
    }

    /// It is kept in a file from now on, which happens once.
    #[cfg(feature = "persist")]
    pub(crate) fn kept_by(&self, saver: Saver) {
        let _ = self.saver.set(saver);
    }

    #[cfg(feature = "persist")]
    fn saves(&self) -> Option<Saves> {
        self.saver.get().map(Saver::saves)
    }
}

impl<K> Peers for Ledger<K>
where
    K: Clone + Eq + Hash + Display + Send + Sync + 'static,
{
    fn events(&self) -> &PeerEvents {
        self.watched().events.get_or_init(|| {
            let events = Arc::new(PeerEvents::new(self.name()));
            let tell = Arc::clone(&events);
            let told = move |key: &K, event: &PeerEvent| {
                tell.happens(key, event.number, told::told(&event.change));
            };
            self.on_event(told).forever();
            events
        })
    }

    fn status(&self, peers: usize) -> PeersStatus {
        let mut status = self.overview(peers, clock::now());
        status.seed = self.events().seed();
        status.bans = self.watched().bans.load(Ordering::Relaxed);
        #[cfg(feature = "persist")]
        {
            status.saves = self.watched().saves();
        }
        status
    }

    fn troubles(&self) -> PeerTroubles {
        let now = clock::now();
        let peers = self.len();
        let mut refused = self.watched().refused.lock().unwrap_or_else(PoisonError::into_inner);
        let count = match *refused {
            Some((at, count)) if peers > FEW && now.since(at) < GOOD_FOR => count,
            _ => self.refused(now),
        };
        *refused = Some((now, count));
        PeerTroubles::new(peers, count, self.watched().lately.count(now))
    }

    fn forgive(&self) {
        let now = clock::now();
        for record in self.records() {
            let peer = &record.peer;
            let is_held_up = peer.may(record.rules(), now).is_err() || peer.state() != State::Closed;
            if let Some(key) = record.key().filter(|_| is_held_up) {
                self.reset(key);
            }
        }
        self.watched().lately.clear();
        *self.watched().refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
