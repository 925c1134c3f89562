//! The origins as peers: which are asked most, and which are left alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use buttress::circuit_breaker::State as BreakerState;
use buttress::disk::keeper::Saves;
use buttress::registry::{BreakerStatus, LaneStatus, PeerStatus, Peers, PeersStatus, StateCounts};
use buttress_reputation::Ledger;
use http::{StatusCode, Uri};
use serde::Serialize;

use super::View;
use super::answers::{json, refusal};
use super::query::Query;
use crate::proxy::PEERS;

/// How many of the best, and of those with troubles, unless told otherwise.
const TOP: usize = 10;

/// As many as a person or a program reads at a time.
const MOST: usize = 1_000;

/// How all peers stand, with the best of them and those with troubles one by one.
///
/// The ledger has no breakers: those that decide are the origins' own, and what is said of breakers here is said of them. Which
/// verdict follows from all that is the health's to say.
#[derive(Debug, Serialize)]
struct Page {
    entries: usize,
    capacity: usize,
    evicted: u64,
    overflowed: u64,
    /// Of the breakers of all origins, also of those that nobody was sent to yet.
    states: StateCounts,
    banned: usize,
    avg_score: Option<f64>,
    avg_reliability: Option<f64>,
    trips: u64,
    bans: u64,
    upload: Option<LaneStatus>,
    download: Option<LaneStatus>,
    best: Vec<PeerStatus>,
    worst: Vec<PeerStatus>,
    saves: Option<Saves>,
}

pub(super) async fn peers(State(view): State<Arc<View>>, uri: Uri) -> Response {
    let top = match Query::of(&uri, &["top"]).and_then(|query| query.read("top", top)) {
        Ok(asked) => asked.unwrap_or(TOP),
        Err(refused) => return *refused,
    };
    let Ok(ledger) = view.registry.get::<Ledger>(PEERS) else {
        return refusal(StatusCode::NOT_FOUND, "the origins of this proxy are no peers\n");
    };
    let breakers = view.registry.status().circuit_breakers;
    // More than are shown: which of them have troubles, the ledger does not know alone.
    json(StatusCode::OK, &Page::new(ledger.status(MOST), &breakers, top))
}

impl Page {
    fn new(peers: PeersStatus, breakers: &BTreeMap<String, BreakerStatus>, top: usize) -> Self {
        let (mut best, mut worst) = (peers.best, peers.worst);
        for peer in best.iter_mut().chain(&mut worst) {
            if let Some(breaker) = breakers.get(&peer.peer) {
                peer.breaker = Some(breaker.state.as_str());
            }
        }
        best.truncate(top);
        // The worst first already, but for their breakers.
        worst.sort_by_key(trouble);
        worst.truncate(top);
        Self {
            entries: peers.entries,
            capacity: peers.capacity,
            evicted: peers.evicted,
            overflowed: peers.overflowed,
            states: breakers.values().map(|breaker| breaker.state).collect(),
            banned: peers.banned,
            avg_score: peers.avg_score,
            avg_reliability: peers.avg_reliability,
            trips: breakers.values().map(|breaker| breaker.opened).sum(),
            bans: peers.bans,
            upload: peers.upload,
            download: peers.download,
            best,
            worst,
            saves: peers.saves,
        }
    }
}

/// In which trouble a peer is, the worst first.
fn trouble(peer: &PeerStatus) -> u8 {
    const OPEN: &str = BreakerState::Open.as_str();
    const FORCED_OPEN: &str = BreakerState::ForcedOpen.as_str();
    const HALF_OPEN: &str = BreakerState::HalfOpen.as_str();
    match peer.breaker {
        _ if peer.ban.is_some() => 0,
        Some(OPEN | FORCED_OPEN) => 1,
        Some(HALF_OPEN) => 2,
        _ => 3,
    }
}

fn top(text: &str) -> Result<usize, String> {
    let top = text.parse().ok().filter(|top| (1..=MOST).contains(top));
    top.ok_or_else(|| format!("a number from 1 to {MOST} is needed"))
}
