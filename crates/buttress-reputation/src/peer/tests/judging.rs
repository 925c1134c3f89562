//! One judgement over breaker, score, counts and latency.

use super::*;

#[test]
fn w47_one_judgement_moves_breaker_score_counts_latency_and_tier_together() {
    let mut rig = Rig::new(|builder| builder);
    rig.judge(Deed::sync(true).taking(millis(40)));
    rig.judge(Deed::message(true).taking(millis(140)));
    rig.judge(Deed::message(false));
    rig.pass(secs(60));
    rig.judge(Deed::sync(false));
    let snapshot = rig.peer.snapshot(&rig.rules, rig.now);
    assert_eq!((snapshot.successful_syncs, snapshot.failed_syncs), (1, 1));
    assert_eq!((snapshot.successful_messages, snapshot.failed_messages), (1, 1));
    assert_eq!((snapshot.successful_calls, snapshot.failed_calls), (0, 0));
    assert_eq!(snapshot.avg_latency, Some(millis(60)), "the first as it is, then a fifth of the way");
    assert_eq!(snapshot.reliability, 0.5);
    assert!((46.4..=46.6).contains(&snapshot.score.get()), "50 + 2 + 0.5 - 1 - 5: {}", snapshot.score);
    assert_eq!(snapshot.first_seen, SystemTime::UNIX_EPOCH + secs(1_000_000));
    assert_eq!((snapshot.last_seen, snapshot.uptime), (snapshot.first_seen + secs(60), secs(60)));
    for _ in 0..3 {
        rig.judge(Deed::sync(false));
    }
    assert_eq!(rig.peer.state(), State::Open, "five failures within a minute and half, by the same deeds");
    assert_eq!(rig.may().unwrap_err().why, Why::Open);
}

#[test]
fn s3_68_the_tier_is_told_when_it_changes_and_not_at_each_deed() {
    let mut rig = Rig::without_breaker();
    for _ in 0..20 {
        rig.judge(Deed::sync(true));
    }
    let good = Change::Tier { from: Tier::Neutral, to: Tier::Good };
    let trusted = Change::Tier { from: Tier::Good, to: Tier::Trusted };
    assert_eq!(rig.told, [good, trusted]);
    assert_eq!(rig.peer.tier(&rig.rules, rig.now), Tier::Trusted);
}

#[test]
fn s3_68_the_tier_fades_with_the_score_and_is_as_slow_to_fall_as_after_a_deed() {
    let mut rig = Rig::new(|builder| builder.breaker(Kind::Off).ban(None));
    rig.judge(Deed::points(-50.0));
    let tier = |rig: &Rig| rig.peer.snapshot(&rig.rules, rig.now).tier;
    assert_eq!(tier(&rig), Tier::Poor);
    rig.pass(secs(600 * 86_400));
    assert_eq!((rig.score(), tier(&rig)), (50.0, Tier::Neutral));
    rig.judge(Deed::points(11.0));
    let [.., Change::Tier { from: Tier::Poor, to: Tier::Good }] = rig.told[..] else {
        panic!("{:?}: it is told with the next deed", rig.told)
    };
    rig.pass(secs(20 * 3_600));
    assert!(rig.score() < 60.0 && tier(&rig) == Tier::Good, "{}: near enough", rig.score());
    rig.pass(secs(40 * 3_600));
    assert!(rig.score() < 58.0 && tier(&rig) == Tier::Neutral, "{}", rig.score());
}

#[test]
fn s3_68_a_pardon_tells_the_tier_that_it_puts() {
    let pardons: [fn(&mut Rig); 2] =
        [Rig::unban, |rig| rig.told.extend(rig.peer.reset(&rig.rules, rig.now).told())];
    for pardon in pardons {
        let mut rig = Rig::without_breaker();
        rig.judge(Deed::points(40.0));
        rig.ban("by hand", None);
        rig.told.clear();
        pardon(&mut rig);
        let fell = Change::Tier { from: Tier::Trusted, to: Tier::Neutral };
        assert_eq!(rig.told, [fell, Change::Unbanned]);
    }
}

#[test]
fn s3_34_what_is_ignored_or_cancelled_judges_nothing_and_gives_the_lease_back() {
    let mut rig = Rig::new(|builder| builder);
    for _ in 0..5 {
        rig.judge(Deed::call(FAILURE));
    }
    rig.pass(secs(2));
    let before = rig.peer.snapshot(&rig.rules, rig.now);
    for outcome in [Outcome::Ignored, Outcome::Cancelled] {
        for _ in 0..10 {
            let ticket = rig.admit().expect("the place is free again");
            assert_eq!(rig.peer.in_flight(), 1);
            rig.settle(ticket, outcome, millis(1));
        }
        rig.judge(Deed::call(outcome));
    }
    let after = rig.peer.snapshot(&rig.rules, rig.now);
    assert_eq!(after.breaker, State::HalfOpen);
    assert_eq!((after.score, after.failed_calls, after.last_seen), (before.score, 5, before.last_seen));
    assert_eq!((after.in_flight, after.avg_latency), (0, None));
}

#[test]
fn s3_34_points_move_the_score_and_nothing_else() {
    let mut rig = Rig::new(|builder| builder);
    for _ in 0..9 {
        rig.judge(Deed::points(-5.0));
    }
    let snapshot = rig.peer.snapshot(&rig.rules, rig.now);
    assert_eq!((snapshot.score.get(), snapshot.breaker), (5.0, State::Closed));
    assert_eq!((rig.peer.samples(), rig.peer.cost(&rig.rules, rig.now)), (0, None));
    rig.judge(Deed::points(-5.0));
    assert!(rig.peer.is_banned(rig.now), "and they ban");
}

#[test]
fn throttling_opens_no_breaker_unless_it_is_set_to() {
    for (count, state) in [(false, State::Closed), (true, State::Open)] {
        let breaker = crate::breaker::Config::builder().count_throttling(count).build().unwrap();
        let mut rig = Rig::new(|builder| builder.breaker(breaker));
        for _ in 0..5 {
            rig.judge(Deed::call(Outcome::Throttled));
        }
        assert_eq!(rig.peer.state(), state, "count_throttling = {count}");
    }
}

#[test]
fn f7_counts_stop_at_the_most_they_hold_and_never_carry_over() {
    let rig = Rig::new(|builder| builder);
    let full = Tries { succeeded: u32::MAX, failed: u32::MAX };
    rig.peer.counters.set(Counts { syncs: full, messages: full, calls: full });
    let before = rig.peer.counts();
    for succeeded in [true, false] {
        rig.peer.counters.count(&Deed::sync(succeeded));
        rig.peer.counters.count(&Deed::message(succeeded));
    }
    assert_eq!(rig.peer.counts(), before);
    assert!(before.syncs.succeeded > 4_294_000_000);
}

#[test]
fn f4_a_peer_takes_this_much() {
    // Beside it: its word on the board and who sits there, 16; the record's references, rules, key and bytes, 56; its place in
    // the store, about 30. A key that is a `String` takes 16 and its text more.
    assert!(size_of::<Peer>() <= 152, "{}", size_of::<Peer>());
}
