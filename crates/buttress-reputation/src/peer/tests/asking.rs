//! Whether a peer may be asked.

use super::*;
use crate::outlier::Rule;

#[test]
fn s3_14_a_new_peer_may_be_asked() {
    let rig = Rig::new(|builder| builder);
    assert_eq!((rig.may(), rig.peer.state(), rig.score()), (Ok(()), State::Closed, 50.0));
    assert_eq!((rig.peer.last_tried(), rig.peer.reliability()), (None, 0.5));
}

#[test]
fn s3_14_a_reset_forgets_what_speaks_for_it_and_against_it_and_keeps_what_it_did() {
    let mut rig = Rig::new(|builder| builder);
    for _ in 0..5 {
        rig.judge(Deed::sync(false));
    }
    rig.ban("by hand", None);
    rig.told.extend(rig.peer.eject(&rig.rules, Rule::SuccessRate, rig.now + secs(60), rig.now).told());
    rig.told.clear();
    rig.told.extend(rig.peer.reset(&rig.rules, rig.now).told());
    assert_eq!(rig.told, [Change::Unbanned, Change::Closed, Change::Readmitted]);
    assert_eq!((rig.may(), rig.score(), rig.peer.counts().syncs.failed), (Ok(()), 50.0, 5));
    rig.fall();
    assert_eq!(rig.peer.banned(rig.now).map(|ban| ban.times), Some(1), "its bans are forgotten too");
}

#[test]
fn to_look_takes_nothing_and_to_ask_without_a_ticket_leases_a_probe() {
    let mut rig = Rig::new(|builder| builder);
    for _ in 0..5 {
        rig.judge(Deed::sync(false));
    }
    rig.pass(secs(2));
    for _ in 0..10 {
        assert_eq!(rig.may(), Ok(()));
    }
    assert_eq!((rig.ask(), rig.ask()), (Ok(()), Ok(())));
    assert_eq!(rig.ask().unwrap_err(), Refused { why: Why::Open, retry_after: Some(secs(1)) });
    assert_eq!(rig.peer.in_flight(), 0, "nobody says when these calls end");
    rig.judge(Deed::sync(true));
    rig.judge(Deed::sync(true));
    assert_eq!(rig.peer.state(), State::Closed);
}

#[test]
fn an_ejected_peer_is_left_out_until_its_time_and_comes_back_by_itself() {
    let mut rig = Rig::new(|builder| builder);
    rig.told.extend(rig.peer.eject(&rig.rules, Rule::SuccessRate, rig.now + secs(30), rig.now).told());
    assert_eq!(rig.may().unwrap_err().why, Why::Ejected);
    assert!(rig.peer.is_out(&rig.rules, rig.now));
    assert_eq!(rig.peer.may_despite(&rig.rules, rig.now), Ok(()));
    rig.pass(secs(31));
    assert_eq!(rig.ask(), Ok(()));
    assert_eq!(
        rig.told,
        [Change::Ejected { by: Rule::SuccessRate, until: START + secs(30) }, Change::Readmitted]
    );
}

#[test]
fn g4_too_few_others_are_reason_to_ask_a_banned_one_and_none_to_ask_one_whose_breaker_is_open() {
    let mut rig = Rig::new(|builder| builder);
    rig.ban("by hand", None);
    assert!(rig.admit().is_err());
    let mut changes = Changes::default();
    let ticket = rig.peer.admit_despite(&rig.rules, rig.now, &mut changes).expect("it is not open");
    rig.settle(ticket, FAILURE, None);
    for _ in 0..4 {
        rig.judge(Deed::call(FAILURE));
    }
    let refused = rig.peer.admit_despite(&rig.rules, rig.now, &mut changes).unwrap_err();
    assert_eq!(refused.why, Why::Open);
}

#[test]
fn d10_the_refusal_says_what_is_left() {
    let breaker = crate::breaker::Config::builder().jitter(0.0).build().unwrap();
    let mut rig = Rig::new(|builder| builder.breaker(breaker));
    for _ in 0..5 {
        rig.judge(Deed::sync(false));
    }
    rig.pass(millis(250));
    let refused = rig.admit().unwrap_err();
    assert_eq!(refused, Refused { why: Why::Open, retry_after: Some(millis(750)) });
    assert_eq!(refused.to_string(), "the peer's circuit breaker is open, retry after 750ms");
}

#[test]
fn it_is_known_when_it_was_last_asked_to_17_ms() {
    let mut rig = Rig::new(|builder| builder);
    for time in [0, 100, 3_000] {
        rig.pass(millis(time));
        let ticket = rig.admit().unwrap();
        let tried = rig.peer.last_tried().expect("just now");
        assert!(tried <= rig.now && rig.now.since(tried) < millis(17));
        rig.settle(ticket, Outcome::Success, millis(1));
    }
}

#[test]
fn what_a_peer_is_worth_to_a_full_store() {
    let mut rig = Rig::new(|builder| builder);
    let worth = |rig: &Rig| rig.peer.worth(&rig.rules, rig.now);
    assert_eq!(worth(&rig), Worth::Nothing);
    rig.judge(Deed::sync(true));
    assert_eq!(worth(&rig), Worth::Memory);
    for _ in 0..5 {
        rig.judge(Deed::sync(false));
    }
    assert_eq!((rig.peer.state(), worth(&rig)), (State::Open, Worth::Penalty));
    rig.pass(secs(1_000));
    assert_eq!(worth(&rig), Worth::Memory, "nobody has asked for long");
    rig.judge(Deed::points(-20.0));
    assert_eq!(worth(&rig), Worth::Penalty, "it has less than half of what a new one has");

    let mut rig = Rig::without_breaker();
    rig.ban("by hand", Some(rig.now + secs(1)));
    assert_eq!(worth(&rig), Worth::Penalty);
    rig.pass(secs(2));
    rig.ask().unwrap();
    rig.pass(secs(86_401));
    assert_eq!(rig.may(), Ok(()));
    assert_ne!(worth(&rig), Worth::Penalty, "its ban is forgotten");
}

#[test]
fn g2_w50_a_breaker_that_is_being_probed_is_no_penalty_once_nobody_probes_it_any_more() {
    let mut rig = Rig::new(|builder| builder);
    for _ in 0..5 {
        rig.judge(Deed::call(FAILURE));
    }
    rig.pass(secs(2));
    rig.ask().expect("a probe is due");
    rig.pass(secs(70));
    assert_eq!((rig.peer.state(), rig.peer.worth(&rig.rules, rig.now)), (State::HalfOpen, Worth::Penalty));
    rig.pass(millis(1));
    assert_eq!(rig.peer.worth(&rig.rules, rig.now), Worth::Memory, "its lease of 10 s is over for 60 s");
}
