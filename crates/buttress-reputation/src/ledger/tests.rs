//! The ledger from inside. What it promises to those who use it is proved beside the other contracts.

use super::*;
use crate::Deed;

/// With room for so many peers.
fn ledger(capacity: usize) -> Ledger {
    let config = crate::presets::cyberfly().to_builder().capacity(capacity);
    Ledger::new("peers", config.build().expect("it is allowed"))
}

fn names(ranked: &[Ranked<String>]) -> Vec<&str> {
    ranked.iter().map(|peer| peer.key.as_str()).collect()
}

#[test]
fn w61_no_peer_is_among_the_candidates_twice() {
    let peers = ledger(1_000);
    for number in 0..18 {
        for _ in 0..6 {
            peers.record_success(format!("known-{number}").as_str(), None);
        }
    }
    peers.record_success("new", None);
    for count in [1, 10, 19, 20, 21, 200] {
        // One that has a place of its own as a new peer, and would have one by its score.
        let candidates = peers.sync_candidates(count);
        let mut once = names(&candidates);
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), count.min(19), "{candidates:?}");
        assert_eq!(candidates.len(), once.len(), "{candidates:?}");
    }
}

#[test]
fn w61_a_peer_known_for_little_but_bad_is_none_to_find_out_about() {
    let peers = ledger(1_000);
    peers.record("good", Deed::sync(true));
    peers.record("bad", Deed::points(-49.0));
    peers.record("worse", Deed::sync(false));
    peers.record("worse", Deed::points(-20.0));
    for _ in 0..50 {
        assert_eq!(names(&peers.sync_candidates(20)), ["good"]);
    }
}
