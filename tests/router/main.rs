//! Several peers as one service.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancellation;
mod discover;
mod elsewhere;
mod hangs;
mod nobody;
mod over_http;
mod readiness;
mod wire;

use buttress_reputation::selection::{self, Selection};
use buttress_reputation::{Config, Ledger, breaker, presets};

/// What peers go by in here.
type Id = &'static str;

/// Peers with their services, of a ledger of their own.
fn peers<S>(members: impl IntoIterator<Item = (Id, S)>) -> Selection<Id, S> {
    peers_by(presets::router(), members)
}

/// The same, with a ledger that goes by `config`.
fn peers_by<S>(config: Config, members: impl IntoIterator<Item = (Id, S)>) -> Selection<Id, S> {
    let selection = Selection::new(&Ledger::new("orders", config), selection::Config::default());
    for (id, service) in members {
        selection.insert(id, service);
    }
    selection
}

/// Settings by which nobody is left alone, however often they fail in here.
fn patient() -> Config {
    let breaker = breaker::Config::builder().failure_threshold(250).build().expect("these settings work");
    presets::router().to_builder().breaker(breaker).outlier(None).build().expect("these settings work")
}

/// What is written down of a peer: calls that succeeded, that failed, and that are under way.
fn account<S>(peers: &Selection<Id, S>, id: Id) -> (u64, u64, u32) {
    let peer = peers.ledger().peer(&id).expect("a member has an entry");
    (peer.successful_calls, peer.failed_calls, peer.in_flight)
}

/// All of that, of several peers together.
fn accounts<S>(peers: &Selection<Id, S>, ids: &[Id]) -> (u64, u64, u32) {
    ids.iter()
        .map(|id| account(peers, id))
        .fold((0, 0, 0), |all, one| (all.0 + one.0, all.1 + one.1, all.2 + one.2))
}
