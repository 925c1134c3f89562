//! What a file keeps.

use super::*;

/// The same, as it stands in a process that began later.
fn restarted(rig: &Rig, away: Duration) -> Rig {
    let kept = rig.peer.kept(&rig.rules, rig.now);
    let mut other = Rig::new(|builder| builder.breaker(Kind::default()));
    other.pass(away);
    other.peer.restore(&other.rules, &kept, other.now);
    other
}

#[test]
fn s3_65_what_is_kept_is_what_was() {
    let mut rig = Rig::new(|builder| builder);
    rig.judge(Deed::sync(true).taking(millis(40)));
    rig.judge(Deed::message(false));
    rig.pass(secs(100));
    rig.judge(Deed::call(Outcome::Success).taking(millis(40)));
    let other = restarted(&rig, secs(5));
    let (one, two) = (rig.peer.snapshot(&rig.rules, rig.now), other.peer.snapshot(&other.rules, other.now));
    assert_eq!((two.successful_syncs, two.failed_messages, two.successful_calls), (1, 1, 1));
    assert_eq!((one.avg_latency, one.uptime), (two.avg_latency, two.uptime));
    assert!((one.score.get() - two.score.get()).abs() < 0.001);
    assert_eq!(two.first_seen, SystemTime::UNIX_EPOCH + secs(1_000_005 - 100), "before it all began");
    assert_eq!(rig.peer.kept(&rig.rules, rig.now), other.peer.kept(&other.rules, other.now));
}

#[test]
fn g2_a_ban_and_an_open_breaker_go_on_where_they_were() {
    let mut rig = Rig::new(|builder| builder);
    rig.fall();
    rig.pass(secs(100));
    let mut other = restarted(&rig, secs(5));
    assert_eq!(other.may(), banned_for(secs(500)));
    let ban = other.peer.banned(other.now).expect("it goes on");
    assert_eq!((ban.times, ban.reason), (1, None));
    other.pass(secs(500));
    other.ask().expect("its breaker is not open so long");
    other.fall();
    assert_eq!(other.may(), banned_for(secs(1_200)), "it was banned before");

    let mut rig = Rig::new(|builder| builder);
    rig.ban("sent garbage", None);
    let other = restarted(&rig, Duration::ZERO);
    assert_eq!(other.peer.banned(other.now).and_then(|ban| ban.reason).as_deref(), Some("sent garbage"));

    let mut rig = Rig::new(|builder| builder);
    for _ in 0..5 {
        rig.judge(Deed::call(FAILURE));
    }
    let left = rig.may().unwrap_err();
    let mut other = restarted(&rig, secs(5));
    assert_eq!(other.may(), Err(left));
    other.pass(left.retry_after.expect("it says so"));
    assert_eq!(other.ask(), Ok(()));
    assert_eq!(other.told, [Change::HalfOpened]);
}

#[test]
fn f1_times_that_cannot_be_are_taken_for_the_longest_there_are() {
    let rig = Rig::new(|builder| builder);
    let mut kept = rig.peer.kept(&rig.rules, rig.now);
    kept.first_seen = Duration::MAX;
    kept.last_seen = Duration::MAX;
    kept.ban = Some(KeptBan { reason: None, lasted: Duration::MAX, left: Some(Duration::MAX) });
    kept.open_for = Some(Duration::MAX);
    kept.open_level = u32::MAX;
    let other = Rig::new(|builder| builder);
    other.peer.restore(&other.rules, &kept, other.now);
    assert!(other.may().is_err());
    let snapshot = other.peer.snapshot(&other.rules, other.now);
    assert!(snapshot.first_seen <= snapshot.last_seen);
}

#[test]
fn g2_a_ban_by_hand_ends_no_better_after_a_restart() {
    let mut rig = Rig::new(|builder| builder);
    rig.judge(Deed::points(-45.0));
    rig.ban("by hand", Some(rig.now + secs(10)));
    let mut other = restarted(&rig, secs(5));
    other.pass(secs(10));
    assert!(other.ask().is_ok() && other.score() < 5.1, "{}", other.score());
}

#[test]
fn g2_how_far_an_open_time_has_grown_outlives_a_restart_also_while_it_is_probed() {
    let calm = crate::breaker::Config::builder().open_for(secs(1)).escalation(2.0, secs(60)).jitter(0.0);
    let calm = calm.build().unwrap();
    for half_open in [false, true] {
        let mut rig = Rig::new(|builder| builder.breaker(calm).ban(None));
        let fail = |rig: &mut Rig| {
            let ticket = rig.admit().expect("it is due");
            rig.settle(ticket, FAILURE, None);
        };
        for _ in 0..5 {
            fail(&mut rig);
        }
        rig.pass(secs(1));
        fail(&mut rig);
        rig.pass(secs(2));
        if half_open {
            assert_eq!(rig.ask(), Ok(()));
        }
        let kept = rig.peer.kept(&rig.rules, rig.now);
        let mut other = Rig::new(|builder| builder.breaker(calm).ban(None));
        other.peer.restore(&other.rules, &kept, other.now);
        fail(&mut other);
        let left = other.may().unwrap_err().retry_after;
        assert_eq!(left, Some(secs(4)), "half-open: {half_open}");
    }
}
