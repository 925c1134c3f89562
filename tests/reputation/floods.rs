//! Names without end: whom they can push out, and what they get for it.

use crate::{ledger, of, secs};
use buttress_reputation::breaker::State;
use buttress_reputation::selection::{self, Selection};
use buttress_reputation::{Deed, Direction, Ledger, Score};
use proptest::prelude::*;

#[tokio::test(start_paused = true)]
async fn g2_w50_a_flood_of_names_lifts_no_ban_and_closes_no_breaker() {
    let peers = ledger(64);
    for number in 0..10 {
        assert!(peers.ban(&format!("banned-{number}"), "spam", None));
        let open = format!("open-{number}");
        (0..5).for_each(|_| peers.record_failure(open.as_str()));
        peers.record(format!("poor-{number}").as_str(), Deed::points(-40.0));
    }
    for number in 0..100_000 {
        peers.record_success(&format!("flood-{number}"), None);
    }
    assert_eq!(peers.len(), 64);
    for number in 0..10 {
        assert!(!peers.should_communicate(format!("banned-{number}").as_str()));
        assert_eq!(peers.breaker(format!("open-{number}").as_str()), State::Open);
        assert_eq!(peers.peer(format!("poor-{number}").as_str()).unwrap().score.get(), 10.0);
    }
}

#[tokio::test(start_paused = true)]
async fn g2_f4_where_all_carry_penalties_the_others_share_one_state_that_is_neutral() {
    let peers = ledger(4);
    for number in 0..4 {
        assert!(peers.ban(&format!("banned-{number}"), "spam", None));
    }
    assert!(!peers.ban("fifth", "spam", None), "there is no room for another ban");
    for _ in 0..100 {
        // One that fails takes nobody else along, one that succeeds lifts nobody else up.
        peers.record_failure("bad");
        peers.record_success("good", None);
        peers.admit("bad").unwrap().failed(buttress_reputation::FailureKind::Error);
    }
    assert!(
        peers.should_communicate("bad") && peers.check("honest").is_ok() && peers.admit("honest").is_ok()
    );
    assert_eq!((peers.len(), peers.peer("good"), peers.peer("bad")), (4, None, None));
    assert!(peers.top(10).is_empty() && peers.sync_candidates(10).is_empty());
    peers.unban("banned-0");
    tokio::time::advance(secs(100_000)).await;
    peers.record_success("good", None);
    assert_eq!(peers.peer("good").unwrap().score.get(), 52.0, "and with room again it begins as any other");
}

#[tokio::test(start_paused = true)]
async fn g2_who_leaves_and_returns_is_not_better_for_it() {
    let peers = ledger(64);
    assert!(peers.ban("banned", "spam", None));
    assert!(!peers.forget("banned") && peers.is_banned("banned"), "nobody is pardoned by leaving");
    (0..5).for_each(|_| peers.record_failure("open"));
    assert!(!peers.forget("open") && !peers.should_communicate("open"));
    (0..20).for_each(|_| peers.record_success("good", None));
    assert!(peers.forget("good") && peers.peer("good").is_none());
    peers.record("good", Deed::points(0.0));
    assert_eq!(peers.peer("good").unwrap().score, Score::START);
}

#[tokio::test(start_paused = true)]
async fn w47_a_peer_that_is_chosen_from_keeps_its_place_for_as_long() {
    let peers = ledger(4);
    let chosen = Selection::new(&peers, selection::Config::default());
    chosen.insert("chosen".to_owned(), ());
    for number in 0..1_000 {
        peers.record_success(&format!("flood-{number}"), None);
    }
    peers.clear();
    assert!(!peers.forget("chosen"));
    assert!(peers.ban("chosen", "spam", None));
    assert!(peers.is_banned("chosen"));
    peers.unban("chosen");
    let picked = chosen.pick().unwrap();
    assert_eq!(peers.peer("chosen").unwrap().in_flight, 1, "one state of it and not two");
    drop(picked);
    chosen.remove("chosen");
    assert!(peers.peer("chosen").is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn g2_who_returns_after_a_flood_is_never_better_than_it_was_nor_than_a_new_one(
        deeds in prop::collection::vec((0..40_u8, -30.0..30.0_f64), 1..200),
        flood in 0..500_u32,
        capacity in 1..40_usize,
    ) {
        let peers = Ledger::<u32>::new("flooded", of(capacity));
        for (peer, points) in &deeds {
            peers.record(&u32::from(*peer), Deed::points(*points));
        }
        let before: Vec<_> = (0..40_u32).map(|peer| peers.peer(&peer).map(|peer| peer.score)).collect();
        for number in 0..flood {
            peers.add_bytes(&(1_000 + number), Direction::Download, 1);
        }
        prop_assert!(peers.len() <= capacity);
        for (peer, before) in (0..40_u32).zip(before) {
            let Some(before) = before else { continue };
            peers.record(&peer, Deed::points(0.0));
            // Where it finds no room by now, it is one of those that share a state in which nobody is any better.
            let after = peers.peer(&peer).map_or(Score::START, |peer| peer.score);
            prop_assert!(after <= before.max(Score::START), "{after} after {before}");
            prop_assert!(before.get() >= 25.0 || after == before, "bad ones stay: {after} after {before}");
        }
    }
}
