//! Rows of the breaker, one by one.

use super::*;

/// The numbers of the peer network.
fn cyberfly() -> Rig {
    Rig::built(|builder| {
        let builder = builder.failure_threshold(5).failure_rate(0.0).clear_on_success(true);
        builder.open_for(secs(30)).escalation(1.0, secs(30)).jitter(0.0).success_threshold(2)
    })
}

#[test]
fn s3_04_s3_05_s3_09_the_fifth_failure_opens() {
    let mut rig = cyberfly();
    for _ in 0..4 {
        assert!(rig.call(true));
        assert_eq!(rig.breaker.state(), State::Closed);
    }
    assert!(rig.call(true));
    assert_eq!((rig.breaker.state(), rig.told.as_slice()), (State::Open, [Change::Opened].as_slice()));
    assert!(!rig.call(true), "and the peer is left alone");
}

#[test]
fn s3_06_s3_10_d10_c04_after_thirty_seconds_since_it_opened_it_is_half_open() {
    let mut rig = cyberfly();
    rig.open();
    for waited in [0, 1, 28] {
        rig.pass(secs(waited));
        assert_eq!(rig.ask().unwrap_err(), secs(30) - rig.now.since(Tick::from_nanos(1_000_000_000_000)));
    }
    rig.pass(secs(1) - Duration::from_nanos(1));
    assert_eq!(rig.ask(), Err(Duration::from_nanos(1)));
    rig.pass(Duration::from_nanos(1));
    assert_eq!(rig.breaker.check(&rig.config, rig.now), Ok(()));
    assert_eq!(rig.breaker.state(), State::Open, "nobody has asked yet");
    assert!(rig.ask().is_ok());
    assert_eq!(rig.breaker.state(), State::HalfOpen);
}

#[test]
fn s3_07_s3_11_c05_two_successes_close() {
    let mut rig = cyberfly();
    rig.open();
    rig.pass(secs(30));
    assert!(rig.call(false));
    assert_eq!(rig.breaker.state(), State::HalfOpen);
    assert!(rig.call(false));
    assert_eq!(rig.breaker.state(), State::Closed);
    assert_eq!(rig.told, [Change::Opened, Change::HalfOpened, Change::Closed]);
}

#[test]
fn s3_08_c07_any_failure_of_a_probe_reopens_by_default_and_the_second_where_two_are_asked_for() {
    let mut rig = cyberfly();
    rig.open();
    rig.pass(secs(30));
    assert!(rig.call(true));
    assert_eq!(rig.breaker.state(), State::Open);
    assert_eq!(rig.ask(), Err(secs(30)), "from the beginning");

    let mut rig = Rig::built(|builder| builder.failures_to_reopen(2).success_threshold(3).jitter(0.0));
    rig.open();
    rig.pass(secs(1));
    assert!(rig.call(true));
    assert_eq!(rig.breaker.state(), State::HalfOpen);
    assert!(rig.call(true));
    assert_eq!(rig.breaker.state(), State::Open);
}

#[test]
fn s3_12_all_failures_within_the_window_count_and_none_from_half_as_long_before_it() {
    // However they lie to the parts that they are counted in.
    for offset in 0..60 {
        let spread = |over: u64| {
            let mut rig = Rig::built(|builder| builder.failure_threshold(5).failure_rate(0.0));
            rig.pass(secs(offset));
            for _ in 0..4 {
                rig.call(true);
                rig.pass(secs(over) / 4);
            }
            rig.call(true);
            rig.breaker.state()
        };
        assert_eq!(spread(60), State::Open, "five within 60 s, from {offset} s on");
        assert_eq!(spread(92), State::Closed, "one of five 92 s before the last, from {offset} s on");
    }
    let mut rig = cyberfly();
    for _ in 0..4 {
        rig.call(true);
    }
    rig.call(false);
    for _ in 0..4 {
        rig.call(true);
    }
    assert_eq!(rig.breaker.state(), State::Closed, "a success has cleared the window");
}

#[test]
fn s3_13_c04_w51_a_late_failure_starts_the_open_time_again_only_where_that_is_asked_for() {
    for (extends, left) in [(false, secs(10)), (true, secs(30))] {
        let mut rig = Rig::new(cyberfly().config.to_builder().late_failure_extends(extends).build().unwrap());
        let straggler = rig.ask().unwrap();
        rig.open();
        rig.pass(secs(20));
        rig.end(straggler, true);
        assert_eq!(rig.ask(), Err(left), "late_failure_extends = {extends}");
        assert_eq!(rig.told, [Change::Opened], "nothing more is told");
    }
}

#[test]
fn w51_stragglers_that_keep_coming_do_not_keep_it_open() {
    let mut rig = Rig::built(|builder| builder.open_for(millis(200)).jitter(0.0));
    let stragglers: Vec<_> = (0..30).map(|_| rig.ask().unwrap()).collect();
    rig.open();
    let mut admitted = None;
    for (number, straggler) in stragglers.into_iter().enumerate() {
        rig.end(straggler, true);
        if admitted.is_none() && rig.ask().is_ok() {
            admitted = Some(number);
        }
        rig.pass(millis(50));
    }
    assert_eq!(admitted, Some(4), "after 200 ms, one failure each 50 ms or not");
}

#[test]
fn s3_14_a_reset_closes_it_and_forgets_what_was_counted() {
    let mut rig = cyberfly();
    rig.open();
    rig.reset();
    assert_eq!(rig.breaker.state(), State::Closed);
    for _ in 0..4 {
        rig.call(true);
    }
    assert_eq!(rig.breaker.state(), State::Closed);
    rig.reset();
    assert_eq!(rig.told, [Change::Opened, Change::Closed], "a closed one that is reset changes nothing");
    for _ in 0..4 {
        rig.call(true);
    }
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[test]
fn s3_59_threshold_and_recovery_alone_with_one_success_that_closes() {
    let mut rig = Rig::built(|builder| {
        let builder = builder.failure_threshold(3).failure_rate(0.0).clear_on_success(true);
        builder.open_for(secs(60)).escalation(1.0, secs(60)).jitter(0.0).success_threshold(1)
    });
    for _ in 0..3 {
        assert!(rig.call(true));
    }
    assert_eq!(rig.ask(), Err(secs(60)));
    rig.pass(secs(60));
    assert!(rig.call(false));
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[test]
fn c06_d2_as_many_probes_as_close_are_out_at_a_time_and_no_more_in_all() {
    let mut rig = Rig::built(|builder| builder.success_threshold(3).jitter(0.0));
    rig.open();
    rig.pass(secs(1));
    let first = rig.ask().unwrap();
    let second = rig.ask().unwrap();
    let third = rig.ask().unwrap();
    assert_eq!(rig.ask(), Err(secs(1)), "a fourth one waits for one of them");
    rig.end(first, false);
    assert_eq!(rig.ask(), Err(secs(1)), "two are missing, and two are out");
    rig.end(second, false);
    rig.end(third, false);
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[test]
fn d5_a_probe_that_never_ends_gives_its_place_up_and_counts_for_nothing_then() {
    let mut rig = Rig::built(|builder| builder.success_threshold(1).jitter(0.0));
    rig.open();
    rig.pass(secs(1));
    let lost = rig.ask().unwrap();
    rig.pass(secs(10) - Duration::from_nanos(1));
    assert_eq!(rig.ask(), Err(Duration::from_nanos(1)));
    rig.pass(Duration::from_nanos(1));
    let other = rig.ask().expect("its lease is over");
    rig.end(lost, true);
    assert_eq!(rig.breaker.state(), State::HalfOpen, "the lost one is of a generation before");
    rig.end(other, false);
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[test]
fn d4_a_call_that_began_before_counts_neither_for_nor_against() {
    let mut rig = Rig::built(|builder| builder.success_threshold(1).jitter(0.0));
    let old = [rig.ask().unwrap(), rig.ask().unwrap(), rig.ask().unwrap()];
    rig.open();
    rig.end(old[0], false);
    assert_eq!(rig.breaker.state(), State::Open);
    rig.pass(secs(1));
    let probe = rig.ask().unwrap();
    rig.end(old[1], false);
    assert_eq!(rig.breaker.state(), State::HalfOpen, "no success of a probe");
    rig.end(probe, false);
    rig.end(old[2], true);
    assert_eq!(rig.breaker.tally(&rig.config, rig.now).calls, 0, "nor a failure of the closed one");
}

#[test]
fn d6_a_probe_that_says_nothing_frees_its_place() {
    let mut rig = Rig::built(|builder| builder.success_threshold(1).jitter(0.0));
    rig.open();
    rig.pass(secs(1));
    let probe = rig.ask().unwrap();
    assert!(rig.ask().is_err());
    rig.breaker.release(probe);
    assert!(rig.ask().is_ok());
}

#[test]
fn w52_two_failures_of_three_open_although_each_third_call_succeeds() {
    let mut rig = Rig::new(Config::default());
    let calls = (1..).take_while(|call| {
        rig.call(call % 3 != 0);
        rig.breaker.state() == State::Closed
    });
    assert_eq!(calls.count() + 1, 7, "the fifth failure is of the seventh call");

    let mut rig = Rig::built(|builder| builder.clear_on_success(true));
    for call in 1..1_000 {
        rig.call(call % 3 != 0);
    }
    assert_eq!(rig.breaker.state(), State::Closed, "where a success clears, they never open");
}

#[test]
fn w52_the_few_failures_of_a_busy_peer_do_not_open() {
    let mut rig = Rig::new(Config::default());
    for call in 0..100_000 {
        rig.call(call % 3 == 0);
        rig.pass(millis(1));
    }
    assert_eq!(rig.breaker.state(), State::Closed, "a third of them fails, which is not half");
    let opened_after = (0..).take_while(|_| {
        rig.call(true);
        rig.pass(millis(1));
        rig.breaker.state() == State::Closed
    });
    let opened_after = opened_after.count();
    assert!((100..1_000).contains(&opened_after), "nor does it take for ever: {opened_after} more failures");
}

#[test]
fn the_open_time_doubles_while_no_probe_succeeds_up_to_the_longest_and_begins_anew_after_a_calm_window() {
    let mut rig = Rig::built(|builder| builder.jitter(0.0).escalation(2.0, secs(5)).success_threshold(1));
    rig.open();
    for expected in [1, 2, 4, 5, 5] {
        assert_eq!(rig.ask(), Err(secs(expected)));
        rig.pass(secs(expected));
        rig.call(true);
    }
    rig.pass(secs(5));
    rig.call(false);
    rig.open();
    assert_eq!(rig.ask(), Err(secs(5)), "it has been closed for less than a window");
    rig.pass(secs(5));
    rig.call(false);
    rig.pass(secs(61));
    rig.open();
    assert_eq!(rig.ask(), Err(secs(1)));
}

#[test]
fn open_times_are_spread_by_the_seed_over_half_of_them_either_way() {
    let config = Config::default();
    let times: Vec<_> = (0..1_000).map(|seed| config.open_time(0, seed)).collect();
    assert!(times.iter().all(|time| (millis(500)..=millis(1_500)).contains(time)));
    let mean = times.iter().sum::<Duration>() / 1_000;
    assert!((millis(970)..=millis(1_030)).contains(&mean), "{mean:?}");
    assert!(times.iter().any(|time| *time < millis(520)) && times.iter().any(|time| *time > millis(1_480)));
    assert_eq!(
        times,
        (0..1_000).map(|seed| config.open_time(0, seed)).collect::<Vec<_>>(),
        "and by it alone"
    );
}

#[test]
fn no_open_time_is_longer_than_the_longest_however_it_is_spread() {
    let config = Config::default();
    let times: Vec<_> = (0..1_000).map(|seed| config.open_time(40, seed)).collect();
    assert_eq!(times.iter().max(), Some(&secs(60)));
    assert!(times.iter().any(|time| *time < secs(31)));
}
