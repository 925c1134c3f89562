//! Series of ledgers of peers.

use super::bandwidths::{BANDWIDTH_BYTES, BANDWIDTH_THROTTLED};
use super::collect::{OTHER, Page, name_label, owned};
use super::families::{PEER_STATE, family};
use super::family::{Family, Kind};
use crate::registry::{LaneStatus, PeerStatus, PeersStatus};
use std::collections::HashSet;

const NAME: &[&str] = &["name"];

pub(super) static PEERS: Family = family(
    Kind::Gauge,
    "peers",
    &["name", "state"],
    "peers",
    "Peers that are known, by the state of their breaker: closed, half_open, open; only where peers have breakers here.",
);
pub(super) static PEERS_CAPACITY: Family =
    family(Kind::Gauge, "peers_capacity", NAME, "peers", "Peers that can be known.");
pub(super) static PEERS_EVICTED: Family = family(
    Kind::Counter,
    "peers_evicted_total",
    NAME,
    "peers",
    "Peers that had to go so that another could be known.",
);
pub(super) static PEERS_OVERFLOWED: Family = family(
    Kind::Counter,
    "peers_overflowed_total",
    NAME,
    "times",
    "How often a peer was given the state that those without room share.",
);
pub(super) static PEERS_BANNED: Family =
    family(Kind::Gauge, "peers_banned_current", NAME, "peers", "Peers that are banned.");
pub(super) static PEER_BANS: Family = family(
    Kind::Counter,
    "peer_bans_total",
    NAME,
    "bans",
    "How often a peer was banned, by its score or by hand.",
);
pub(super) static PEERS_TRIPS: Family = family(
    Kind::Counter,
    "peer_circuit_breaker_trips_total",
    NAME,
    "openings",
    "How often the breaker of a peer opened; opening again after a failed probe counts.",
);
pub(super) static PEER_SCORE: Family = family(
    Kind::Gauge,
    "peer_reputation_score",
    &["name", "peer"],
    "0 to 100",
    "The score of a peer: of those in most trouble and of the best; of all others the mean, as the peer other.",
);
pub(super) static PEERS_SAVES: Family = family(
    Kind::Counter,
    "peers_saves_total",
    &["name", "result"],
    "times",
    "How often the peers were saved to their file (saved), and how often that could not be (failed); only where they are kept.",
);

impl Page {
    pub(super) fn peers(&mut self, name: &str, peers: &PeersStatus) {
        let label = || vec![name_label(name)];
        if let Some(states) = &peers.states {
            for (state, count) in
                [("closed", states.closed), ("half_open", states.half_open), ("open", states.open)]
            {
                self.level(&PEERS, vec![name_label(name), ("state", state.into())], count as f64);
            }
        }
        self.level(&PEERS_CAPACITY, label(), peers.capacity as f64);
        self.count(&PEERS_EVICTED, label(), peers.evicted);
        self.count(&PEERS_OVERFLOWED, label(), peers.overflowed);
        self.level(&PEERS_BANNED, label(), peers.banned as f64);
        self.count(&PEER_BANS, label(), peers.bans);
        if let Some(trips) = peers.trips {
            self.count(&PEERS_TRIPS, label(), trips);
        }
        self.scores(name, peers);
        for (direction, lane) in [("upload", &peers.upload), ("download", &peers.download)] {
            if let Some(lane) = lane {
                self.peers_lane(name, direction, lane);
            }
        }
        #[cfg(feature = "persist")]
        if let Some(saves) = &peers.saves {
            for (result, times) in [("saved", saves.saved), ("failed", saves.failed)] {
                self.count(&PEERS_SAVES, vec![name_label(name), ("result", result.into())], times);
            }
        }
    }

    fn scores(&mut self, name: &str, peers: &PeersStatus) {
        let shown = shown(peers, self.top_keys());
        for peer in &shown {
            let labels = vec![name_label(name), ("peer", owned(&peer.peer))];
            self.level(&PEER_SCORE, labels, peer.score);
            if let Some(breaker) = peer.breaker.filter(|_| self.per_state_too()) {
                for state in ["closed", "open", "half_open"] {
                    let labels = vec![
                        ("peer", owned(&peer.peer)),
                        ("state", state.into()),
                        name_label(name),
                        ("layer", "peers".into()),
                    ];
                    self.level(&PEER_STATE, labels, u8::from(state == breaker));
                }
            }
        }
        let others = peers.entries.saturating_sub(shown.len());
        if let Some(mean) = peers.avg_score.filter(|_| others > 0) {
            let theirs = mean * peers.entries as f64 - shown.iter().map(|peer| peer.score).sum::<f64>();
            // They are read one after the other, while scores move.
            let mean = (theirs / others as f64).clamp(0.0, 100.0);
            self.level(&PEER_SCORE, vec![name_label(name), ("peer", OTHER.into())], mean);
        }
    }

    fn peers_lane(&mut self, name: &str, direction: &'static str, lane: &LaneStatus) {
        let labels = || vec![name_label(name), ("layer", "peers".into()), ("direction", direction.into())];
        self.count(&BANDWIDTH_BYTES, labels(), lane.bytes);
        for (scope, throttled) in [("global", lane.throttled), ("peer", lane.throttled_peers)] {
            let mut labels = labels();
            labels.push(("scope", scope.into()));
            self.count(&BANDWIDTH_THROTTLED, labels, throttled);
        }
    }
}

/// Those that have series of their own, at most `most`: by turns one in trouble and one of the best. One that is called as the
/// others together, or nothing, is among them.
fn shown(peers: &PeersStatus, most: usize) -> Vec<&PeerStatus> {
    let longer = peers.worst.len().max(peers.best.len());
    let turns = (0..longer).flat_map(|place| [peers.worst.get(place), peers.best.get(place)]);
    let mut names = HashSet::new();
    let mut shown: Vec<_> = turns
        .flatten()
        .filter(|peer| !peer.peer.is_empty() && peer.peer != OTHER && names.insert(peer.peer.as_str()))
        .collect();
    shown.truncate(most);
    shown
}
