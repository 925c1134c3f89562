//! Bans: by the score, by an operator, and how they end.

use super::*;
use proptest::prelude::*;

#[test]
fn s3_24_c31_at_the_minimum_it_is_banned_and_not_a_point_above() {
    let mut rig = Rig::without_breaker();
    for _ in 0..9 {
        rig.judge(Deed::sync(false));
    }
    assert_eq!((rig.score(), rig.may()), (5.0, Ok(())));
    rig.judge(Deed::sync(false));
    assert_eq!((rig.score(), rig.may()), (0.0, banned_for(secs(600))));
    let until = Some(START + secs(600));
    let ban = Change::Banned { score: Score::MIN, times: 1, until, again: false };
    assert_eq!(rig.told.last(), Some(&ban));
    let ban = rig.peer.snapshot(&rig.rules, rig.now).ban.expect("it is banned");
    assert_eq!((&*ban.reason, ban.times), ("its score fell to the minimum", 1));
    assert_eq!(rig.peer.tier(&rig.rules, rig.now), Tier::Banned);
}

#[test]
fn c31_it_is_banned_also_below_the_score_that_is_set_and_where_a_deed_crosses_it() {
    let rules = BanRules::builder().score(10.0).build().unwrap();
    let mut rig = Rig::new(|builder| builder.breaker(Kind::Off).ban(rules));
    rig.judge(Deed::points(-39.0));
    assert_eq!(rig.may(), Ok(()), "at 11");
    rig.judge(Deed::sync(false));
    assert_eq!(rig.may(), banned_for(secs(600)), "at 6");
}

#[test]
fn w53_good_deeds_while_it_is_banned_do_not_lift_the_ban_and_its_end_does() {
    let mut rig = Rig::without_breaker();
    rig.fall();
    for _ in 0..200 {
        rig.judge(Deed::message(true));
    }
    assert_eq!((rig.score(), rig.may()), (100.0, banned_for(secs(600))));
    rig.pass(secs(600));
    assert_eq!(rig.ask(), Ok(()));
    assert_eq!(rig.told.last(), Some(&Change::Unbanned));
    assert_eq!(rig.score(), 25.0, "on probation, whatever it did meanwhile");
}

#[test]
fn s3_69_w53_a_ban_ends_by_itself_with_probation_and_that_is_told_once() {
    let mut rig = Rig::without_breaker();
    rig.fall();
    rig.told.clear();
    rig.pass(secs(600) - Duration::from_micros(2));
    assert!(rig.ask().is_err());
    rig.pass(Duration::from_micros(2));
    assert_eq!(rig.may(), Ok(()), "it may be asked");
    assert_eq!(rig.told, [], "and nobody has");
    let shown = rig.peer.snapshot(&rig.rules, rig.now);
    assert_eq!((shown.ban, shown.score.get(), shown.tier), (None, 25.0, Tier::Neutral), "as if somebody had");
    for _ in 0..3 {
        assert_eq!(rig.ask(), Ok(()));
    }
    let back = Change::Tier { from: Tier::Poor, to: Tier::Neutral };
    assert_eq!((rig.told.as_slice(), rig.score()), ([back, Change::Unbanned].as_slice(), 25.0));
    assert_eq!(rig.peer.tier(&rig.rules, rig.now), Tier::Neutral);
    assert_eq!(rig.peer.warmth(&rig.rules, rig.now), 0.1, "it warms up again");
}

#[test]
fn s3_69_each_ban_is_twice_as_long_up_to_the_longest_and_a_while_of_good_behaviour_is_worth_the_first() {
    let rules = BanRules::builder().cool_down(secs(600), secs(4_000)).forgotten_after(secs(7_200));
    let rules = rules.build().unwrap();
    let mut rig = Rig::new(|builder| builder.breaker(Kind::Off).ban(rules));
    for lasts in [600, 1_200, 2_400, 4_000, 4_000] {
        rig.fall();
        assert_eq!(rig.may(), banned_for(secs(lasts)));
        rig.pass(secs(lasts));
        rig.ask().unwrap();
        rig.pass(secs(7_199));
    }
    rig.pass(secs(1));
    rig.fall();
    assert_eq!(rig.may(), banned_for(secs(600)));
}

#[test]
fn s3_29_an_operator_lifts_a_ban_and_it_begins_again_without_a_word_of_why() {
    let mut rig = Rig::without_breaker();
    rig.judge(Deed::points(-20.0));
    rig.ban("sent garbage", None);
    assert_eq!(rig.may(), Err(Refused { why: Why::Banned, retry_after: None }));
    let ban = rig.peer.snapshot(&rig.rules, rig.now).ban.expect("it is banned");
    assert_eq!((&*ban.reason, ban.until), ("sent garbage", None));
    rig.pass(secs(400 * 86_400));
    assert!(rig.ask().is_err(), "for ever");
    rig.unban();
    rig.unban();
    assert_eq!((rig.score(), rig.may()), (50.0, Ok(())));
    assert_eq!(rig.told.iter().filter(|change| **change == Change::Unbanned).count(), 1);
    rig.fall();
    let ban = rig.peer.snapshot(&rig.rules, rig.now).ban.expect("it is banned");
    assert_eq!(&*ban.reason, "its score fell to the minimum", "and not what was said of the one before");
}

#[test]
fn s3_29_a_ban_of_an_operator_ends_when_it_was_said_to_and_replaces_the_one_there_was() {
    let mut rig = Rig::new(|builder| builder.breaker(Kind::Off).ban(None));
    rig.ban("slow", Some(START + secs(60)));
    rig.ban("slower", Some(START + secs(120)));
    let again = |told: &Change| matches!(told, Change::Banned { again: true, .. });
    assert_eq!(rig.told.iter().map(again).collect::<Vec<_>>(), [false, true], "it was banned already");
    assert_eq!(rig.may(), banned_for(secs(120)));
    let ban = rig.peer.snapshot(&rig.rules, rig.now).ban.expect("it is banned");
    assert_eq!((&*ban.reason, ban.times), ("slower", 1));
    assert_eq!(ban.since, SystemTime::UNIX_EPOCH + secs(1_000_000));
    assert_eq!(ban.until, Some(SystemTime::UNIX_EPOCH + secs(1_000_120)));
    rig.pass(secs(120));
    assert_eq!((rig.ask(), rig.score()), (Ok(()), 50.0), "without rules there is no probation");
}

#[test]
fn without_rules_nobody_is_banned_by_the_score() {
    let mut rig = Rig::new(|builder| builder.breaker(Kind::Off).ban(None));
    for _ in 0..100 {
        rig.judge(Deed::sync(false));
    }
    assert_eq!((rig.score(), rig.may()), (0.0, Ok(())));
}

#[test]
fn f3_rules_of_bans_that_cannot_work_are_refused_by_name() {
    let refused = |builder: crate::BanBuilder| {
        let error = builder.build().expect_err("this cannot work");
        error.knob().to_owned()
    };
    for score in [-0.1, 50.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(BanRules::builder().score(score)), "ban score");
    }
    assert_eq!(refused(BanRules::builder().cool_down(millis(999), secs(1))), "cool_down");
    assert_eq!(refused(BanRules::builder().cool_down(secs(2), secs(1))), "cool_down max");
    for probation in [0.0, -1.0, 50.1, f64::NAN] {
        assert_eq!(refused(BanRules::builder().probation(probation)), "probation");
    }
    assert_eq!(refused(BanRules::builder().score(25.0)), "probation");
    let largest = BanRules::builder().cool_down(Duration::MAX, Duration::MAX).forgotten_after(Duration::MAX);
    let largest = largest.build().unwrap();
    let mut rig = Rig::new(|builder| builder.breaker(Kind::Off).ban(largest));
    for _ in 0..300 {
        rig.fall();
        rig.unban();
    }
    rig.fall();
    assert!(rig.may().is_err());
}

proptest! {
    #[test]
    fn f1_w53_whatever_the_clock_does_a_ban_is_a_ban_until_its_time_and_no_score_leaves_the_scale(
        steps in prop::collection::vec((any::<u64>(), 0_u8..6), 1..100),
    ) {
        let mut rig = Rig::without_breaker();
        for (at, step) in steps {
            rig.now = Tick::from_nanos(at);
            match step {
                0 => rig.fall(),
                1 => rig.judge(Deed::message(true)),
                2 => rig.ban("by hand", Some(rig.now + secs(60))),
                3 => rig.unban(),
                _ => {
                    let ban = rig.peer.banned(rig.now);
                    prop_assert_eq!(rig.ask().is_err(), ban.is_some());
                    prop_assert!(ban.is_none_or(|ban| ban.until.is_none_or(|until| until > rig.now)));
                }
            }
            prop_assert!((0.0..=100.0).contains(&rig.score()));
        }
        // A ban and its end by turns, each told once.
        let mut banned = false;
        for change in &rig.told {
            match change {
                Change::Banned { again, .. } => prop_assert_eq!(std::mem::replace(&mut banned, true), *again),
                Change::Unbanned => prop_assert!(std::mem::replace(&mut banned, false)),
                _ => {}
            }
        }
    }
}

#[test]
fn g2_w50_a_ban_that_is_over_is_forgotten_after_its_time_whether_anybody_asks_or_not() {
    let mut rig = Rig::without_breaker();
    rig.fall();
    rig.pass(secs(600) + secs(24 * 3_600) - millis(1));
    assert_eq!(rig.peer.worth(&rig.rules, rig.now), Worth::Penalty);
    rig.pass(millis(1));
    assert!(rig.peer.worth(&rig.rules, rig.now) < Worth::Penalty, "{:?}", rig.peer);
    rig.fall();
    assert_eq!(rig.may(), banned_for(secs(600)), "and it is banned as for the first time");
}

#[test]
fn w53_a_ban_that_is_over_is_over_for_whoever_looks_and_not_only_for_who_asks() {
    let mut rig = Rig::without_breaker();
    rig.fall();
    rig.pass(secs(600));
    let seen = |rig: &Rig| (rig.score(), rig.peer.kept(&rig.rules, rig.now).score.get());
    assert_eq!(seen(&rig), (25.0, 25.0));
    rig.pass(secs(50 * 60));
    let late = seen(&rig);
    assert!(late.0 > 25.0 && late.0 < 25.5, "{late:?}: on probation since it was over");
    assert_eq!((rig.ask(), seen(&rig)), (Ok(()), late), "and it is the same for who asks");
}

#[test]
fn g2_who_is_banned_by_hand_comes_back_no_better_than_it_was_and_no_better_than_on_probation() {
    for (points, back) in [(-45.0, 5.0), (30.0, 25.0)] {
        let mut rig = Rig::without_breaker();
        rig.judge(Deed::points(points));
        rig.ban("by hand", Some(rig.now + secs(1)));
        for _ in 0..100 {
            rig.judge(Deed::sync(true));
        }
        rig.ban("by hand again", Some(rig.now + secs(1)));
        rig.pass(secs(1));
        let about = |score: f64| (score - back).abs() < 0.01;
        assert!(about(rig.score()), "{} of {back}", rig.score());
        assert_eq!((rig.ask(), rig.told.last()), (Ok(()), Some(&Change::Unbanned)));
        assert!(about(rig.score()), "{} of {back}", rig.score());
    }
    let mut rig = Rig::without_breaker();
    rig.fall();
    rig.ban("by hand", Some(rig.now + secs(1)));
    rig.pass(secs(1));
    assert_eq!(
        (rig.ask(), rig.score()),
        (Ok(()), 25.0),
        "one that fell has a probation, whoever made it longer"
    );
}
