//! The origins as peers: which are asked most, and which are left alone.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use buttress::circuit_breaker;
use buttress::registry::Peers;
use buttress_reputation::Ledger;
use http::{StatusCode, Uri};

use super::View;
use super::answers::{json, refusal};
use super::query::Query;
use crate::proxy::PEERS;

/// How many of the best, and of those with troubles, unless told otherwise.
const TOP: usize = 10;

/// As many as a person or a program reads at a time.
const MOST: usize = 1_000;

/// How all peers stand, with the best of them and those with troubles one by one.
pub(super) async fn peers(State(view): State<Arc<View>>, uri: Uri) -> Response {
    let top = match Query::of(&uri, &["top"]).and_then(|query| query.read("top", top)) {
        Ok(asked) => asked.unwrap_or(TOP),
        Err(refused) => return *refused,
    };
    let Ok(ledger) = view.registry.get::<Ledger>(PEERS) else {
        return refusal(StatusCode::NOT_FOUND, "the origins of this proxy are no peers\n");
    };
    let mut peers = ledger.status(top);
    // The breaker that decides is that of the origin, which the ledger has none beside.
    for peer in peers.best.iter_mut().chain(&mut peers.worst) {
        if let Ok(breaker) = view.registry.get::<circuit_breaker::Handle>(&peer.peer) {
            peer.breaker = breaker.state().as_str();
        }
    }
    json(StatusCode::OK, &peers)
}

fn top(text: &str) -> Result<usize, String> {
    let top = text.parse().ok().filter(|top| (1..=MOST).contains(top));
    top.ok_or_else(|| format!("a number from 1 to {MOST} is needed"))
}
