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

#[test]
fn w50_a_peer_whose_calls_hang_is_judged_by_them_though_a_flood_came_between() {
    let peers = ledger(1);
    let permits: Vec<_> = (0..60).map(|_| peers.admit("a").expect("nothing is known of it")).collect();
    for number in 0..100 {
        peers.record_success(format!("flood-{number}").as_str(), None);
    }
    for permit in permits {
        permit.failed(crate::FailureKind::Timeout);
    }
    assert!(peers.is_banned("a"), "{:?}", peers.peer("a"));
    assert_eq!(peers.peer("a").map(|peer| peer.failed_calls), Some(60));
}

#[test]
fn w50_a_peer_goes_like_any_other_when_its_permit_is_back() {
    let peers = ledger(1);
    let permit = peers.admit("a").expect("nothing is known of it");
    assert!(!peers.forget("a"), "it is being asked");
    permit.succeeded(None);
    peers.record_success("b", None);
    assert_eq!((peers.peer("a"), peers.len(), peers.overflowed()), (None, 1, 0));
}

#[test]
fn w47_who_holds_a_record_finds_it_by_its_name_whoever_clears_meanwhile() {
    let peers = ledger(10);
    std::thread::scope(|scope| {
        let clearing = peers.clone();
        scope.spawn(move || (0..100_000).for_each(|_| clearing.clear()));
        for _ in 0..100_000 {
            let held = peers.hold("a");
            std::thread::yield_now();
            assert!(peers.record_of("a").is_some_and(|found| std::ptr::eq(&*held, &*found)));
        }
    });
}

#[test]
fn w47_those_that_are_asked_are_pardoned_and_the_others_go_when_all_is_cleared() {
    let peers = ledger(10);
    let permit = peers.admit("asked").expect("nothing is known of it");
    for peer in ["asked", "other"] {
        assert!(peers.ban(peer, "spam", None));
    }
    peers.clear();
    assert_eq!((peers.len(), peers.is_banned("asked"), peers.peer("other")), (1, false, None));
    permit.failed(crate::FailureKind::Response);
    assert_eq!(peers.peer("asked").map(|peer| peer.failed_calls), Some(1));
}
