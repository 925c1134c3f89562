//! Who is in, and what is held for those who are picked.

use crate::selection::{Config, Selection, Tried};
use crate::{FailureKind, Ledger, Outcome, clock, presets};
use std::collections::HashSet;
use std::time::Duration;

fn selection(capacity: usize) -> Selection<u32, &'static str> {
    let config = presets::router().to_builder().capacity(capacity).build().expect("they are allowed");
    Selection::new(&Ledger::new("members", config), Config::default())
}

/// How many calls to a peer succeeded and failed.
fn calls(selection: &Selection<u32, &'static str>, peer: u32) -> (u64, u64) {
    let peer = selection.ledger().peer(&peer).expect("it is a member");
    (peer.successful_calls, peer.failed_calls)
}

fn ban_all(selection: &Selection<u32, &'static str>) {
    for peer in selection.keys() {
        assert!(selection.ledger().ban(&peer, "by mistake", None));
    }
}

#[test]
fn members_come_and_go_and_the_last_one_by_a_name_is_the_one() {
    let selection = selection(100);
    selection.extend([(1, "a"), (2, "b"), (3, "c")]);
    assert_eq!((selection.keys(), selection.len()), (vec![1, 2, 3], 3));
    let before = selection.pick_where(|value| *value == "a").unwrap();
    selection.insert(1, "d");
    assert_eq!(selection.keys(), [2, 3, 1]);
    assert!(selection.pick_where(|value| *value == "a").is_err());
    let after = selection.pick_where(|value| *value == "d").unwrap();
    assert_eq!((after.number(), *after.key(), *after.value()), (before.number(), 1, "d"), "the same peer");
    assert!(selection.clone().remove(&1) && !selection.remove(&1));
    assert_eq!(selection.keys(), [2, 3]);
    assert_eq!(*before.value(), "a", "who is under way has what belongs to it");
    before.succeeded(Duration::from_millis(1));
    after.succeeded(Duration::from_millis(1));
    assert_eq!(calls(&selection, 1).0, 2, "and is judged by its name");
    selection.remove(&2);
    selection.remove(&3);
    assert!(selection.is_empty() && selection.pick().unwrap_err().empty);
}

#[test]
fn w46_what_is_picked_is_given_back_however_it_ends() {
    let selection = selection(100);
    selection.insert(1, "a");
    let in_flight = || selection.ledger().peer(&1).unwrap().in_flight;
    let (one, two) = (selection.pick().unwrap(), selection.pick().unwrap());
    assert_eq!(in_flight(), 2);
    drop(one);
    two.record(Outcome::Ignored, None);
    assert_eq!(in_flight(), 0);
    assert_eq!(calls(&selection, 1), (0, 0), "neither says anything about the peer");
    selection.pick().unwrap().failed(FailureKind::Timeout);
    assert_eq!((calls(&selection, 1), in_flight()), ((0, 1), 0));
}

#[test]
fn the_next_attempt_goes_elsewhere_as_long_as_there_is_somebody() {
    let selection = selection(100);
    selection.extend((0..10).map(|peer| (peer, "")));
    let (tried, mut asked) = (Tried::new(), HashSet::new());
    for _ in 0..10 {
        assert!(selection.would_admit_except(&tried));
        let picked = selection.pick_except(&tried).unwrap();
        tried.add(picked.number());
        assert!(asked.insert(*picked.key()), "{} again", picked.key());
    }
    assert!(!selection.would_admit_except(&tried));
    assert!(!selection.pick_except(&tried).unwrap_err().empty);
}

#[test]
fn one_that_is_found_again_was_tried_and_one_that_came_back_was_not() {
    let (selection, tried) = (selection(100), Tried::new());
    selection.extend([(1, "a"), (2, "b")]);
    tried.add(selection.pick_where(|value| *value == "a").unwrap().number());
    tried.add(selection.pick_where(|value| *value == "b").unwrap().number());
    selection.insert(1, "a once more");
    selection.extend([(2, "b once more"), (2, "and again")]);
    assert!(!selection.would_admit_except(&tried) && selection.pick_except(&tried).is_err());
    assert!(selection.remove(&1));
    selection.insert(1, "a");
    assert_eq!(*selection.pick_except(&tried).unwrap().key(), 1);
}

#[test]
fn g4_the_outlook_and_the_pick_agree_on_those_who_have_just_been_banned() {
    for count in [10, 64, 65, 1_000] {
        let selection = selection(2_000);
        selection.extend((0..count).map(|peer| (peer, "")));
        (0..8).for_each(|_| drop(selection.pick().unwrap()));
        ban_all(&selection);
        assert!(selection.would_admit_except(&Tried::new()), "{count}: it looks as if there was nobody");
        assert!(selection.pick().is_ok(), "{count}");
    }
}

#[test]
fn g4_where_all_of_many_are_banned_at_once_they_are_asked_all_the_same() {
    let selection = selection(2_000);
    selection.extend((0..1_000).map(|peer| (peer, "")));
    (0..8).for_each(|_| drop(selection.pick().unwrap()));
    ban_all(&selection);
    assert!(selection.pick().is_ok(), "who is banned since the last count is counted");
}

#[test]
fn s3_01_an_open_breaker_is_of_one_peer_and_says_when_it_takes_a_probe() {
    let selection = selection(100);
    selection.extend([(1, "bad"), (2, "good")]);
    for _ in 0..10 {
        let Ok(picked) = selection.pick_where(|value| *value == "bad") else { break };
        picked.failed(FailureKind::Connection);
    }
    let refused = selection.pick_where(|value| *value == "bad").unwrap_err();
    assert!(refused.retry_after.is_some_and(|after| after <= Duration::from_millis(1_500)), "{refused:?}");
    assert!((0..100).all(|_| *selection.pick().unwrap().key() == 2));
}

#[test]
fn g4_where_all_are_banned_they_are_asked_all_the_same_unless_that_is_not_wanted() {
    let selection = selection(100);
    selection.extend((0..4).map(|peer| (peer, "")));
    for peer in 0..4 {
        assert!(selection.ledger().ban(&peer, "by mistake", None));
    }
    assert!(selection.pick().is_ok(), "who is banned since the last count is counted");

    let strict = Config::default().max_ejected(crate::Ratio::ONE).panic_threshold(crate::Ratio::ZERO);
    let strict = Selection::new(selection.ledger(), strict);
    strict.extend((0..4).map(|peer| (peer, ())));
    assert!(!strict.pick().unwrap_err().empty);
}

#[test]
fn w47_w50_a_member_keeps_its_place_in_the_ledger_and_one_state() {
    let selection = selection(64);
    selection.insert(0, "");
    for stranger in 1..10_000 {
        selection.ledger().record_success(&stranger, None);
    }
    selection.pick().unwrap().succeeded(None);
    assert_eq!(calls(&selection, 0).0, 1, "what is picked is what is shown");
    selection.ledger().clear();
    assert_eq!(selection.ledger().len(), 1);
    selection.pick().unwrap().succeeded(None);
    assert_eq!(calls(&selection, 0).0, 2);
    selection.remove(&0);
    selection.ledger().clear();
    assert!(selection.ledger().is_empty(), "who was taken out goes as others do");
}

#[test]
fn f1_picks_by_a_clock_that_jumps_find_somebody() {
    let selection = selection(100);
    selection.extend((0..5).map(|peer| (peer, "")));
    let now = clock::now();
    for at in [now, crate::Tick::MAX, crate::Tick::ZERO, now + Duration::from_secs(3_600), now] {
        for roll in 0..100 {
            let picked = selection.pick_at(at, roll, |_| true).unwrap();
            picked.record_at(Outcome::Success, Some(Duration::from_millis(5)), at);
        }
    }
}

#[test]
fn conditions_and_listeners_may_change_the_members() {
    let selection = selection(100);
    selection.extend([(1, "a"), (2, "b"), (3, "c")]);
    let picked = selection.pick_where(|_| {
        selection.insert(4, "d");
        selection.pick().is_ok()
    });
    assert!(picked.is_ok());
    assert!(
        selection
            .pick_except_where(&Tried::new(), |_| {
                selection.remove(&4);
                true
            })
            .is_ok()
    );
    assert_eq!(selection.keys(), [1, 2, 3]);

    let members = selection.clone();
    selection.ledger().on_event(move |peer, _| assert!(members.remove(peer))).forever();
    for _ in 0..5 {
        selection.ledger().record_failure(&1);
    }
    assert_eq!(selection.keys(), [2, 3], "it is told that its breaker opened");
}

#[test]
#[cfg(feature = "tower")]
fn g1_what_is_found_at_once_is_one_change_of_the_list() {
    use crate::router::PeerRouter;
    use std::convert::Infallible;
    use std::task::{Context, Waker};
    use tower::Service;
    use tower::discover::ServiceList;

    let echo = tower::service_fn(|()| async { Ok::<_, Infallible>(()) });
    let ledger = Ledger::new("members", presets::router());
    let mut router = PeerRouter::new(Selection::new(&ledger, Config::default()));
    router = router.discover(ServiceList::new([echo; 40]));
    assert!(router.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
    let members = router.selection().shared.list.read();
    assert_eq!((members.len(), members.version), (40, 1));
}
