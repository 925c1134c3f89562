use super::*;
use std::num::NonZeroU16;

const MS: Duration = Duration::from_millis(1);
const S: Duration = Duration::from_secs(1);

fn fed(calls: impl IntoIterator<Item = Duration>) -> AdaptiveTimeout {
    let timeout = AdaptiveTimeout::new(Config::default());
    calls.into_iter().for_each(|took| timeout.record(took));
    timeout
}

#[test]
fn s2_92_it_begins_at_thirty_seconds_and_moves_from_ten_calls_on() {
    let timeout = fed([MS * 100; 9]);
    assert_eq!((timeout.limit(), timeout.percentile()), (S * 30, None));
    timeout.record(MS * 100);
    // A tenth of the way from 30 s down to twice 100 ms.
    assert_eq!((timeout.limit(), timeout.percentile()), (MS * 27_020, Some(MS * 100)));
}

#[test]
fn s2_92_it_rises_by_half_the_gap_and_falls_by_a_tenth() {
    let timeout = fed([S * 40; 10]);
    assert_eq!(timeout.limit(), S * 55);
    timeout.record(S * 40);
    assert_eq!(timeout.limit(), MS * 67_500);
    let falling = fed([S * 5; 10]);
    assert_eq!(falling.limit(), S * 28);
    falling.record(S * 5);
    assert_eq!(falling.limit(), MS * 26_200);
}

#[test]
fn s2_92_it_stays_between_ten_milliseconds_and_five_minutes() {
    assert_eq!(fed([Duration::ZERO; 1_000]).limit(), MS * 10);
    assert_eq!(fed([Duration::MAX; 1_000]).limit(), S * 300);
    let steady = fed([MS * 100; 1_000]);
    assert_eq!(steady.limit(), MS * 200, "it arrives where it is going");
}

#[test]
fn s2_92_calls_that_never_end_take_it_back_to_where_it_began_and_no_further() {
    let timeout = fed([MS * 50; 1_000]);
    assert_eq!(timeout.limit(), MS * 100);
    for call in 0..10_000 {
        if call % 10 == 0 {
            timeout.record_given_up(timeout.limit());
        } else {
            timeout.record(MS * 50);
        }
        assert!(timeout.limit() <= S * 30, "{:?} at call {call}", timeout.limit());
    }
    // A peer that became slow is waited for as long as at first.
    (0..100).for_each(|_| timeout.record_given_up(timeout.limit()));
    assert_eq!(timeout.limit(), S * 30);
    // Answers take it further, and calls that are given up then do not.
    (0..100).for_each(|_| timeout.record(S * 29));
    assert_eq!(timeout.limit(), S * 58);
    timeout.record_given_up(timeout.limit());
    assert_eq!(timeout.limit(), S * 58);
}

#[test]
fn s2_92_it_looks_at_the_last_hundred_calls_and_forgets_those_before() {
    let timeout = fed([S * 10; 500]);
    assert_eq!(timeout.percentile(), Some(S * 10));
    for _ in 0..94 {
        timeout.record(MS);
    }
    assert_eq!(timeout.percentile(), Some(S * 10), "six of a hundred are more than 5 %");
    timeout.record(MS);
    assert_eq!(timeout.percentile(), Some(MS));
    timeout.reset();
    assert_eq!((timeout.limit(), timeout.percentile()), (S * 30, None));
}

#[test]
fn w39_a_call_that_meets_another_one_being_taken_in_does_not_wait() {
    let timeout = fed([MS; 10]);
    let before = timeout.limit();
    let held = timeout.recent.lock().expect("nobody has it");
    timeout.record(S * 1_000);
    drop(held);
    assert_eq!(timeout.limit(), before);
}

#[test]
fn settings_that_do_not_work_are_refused_by_name() {
    let config = Config::default();
    let knob = |result: Result<Config, crate::InvalidConfig>| result.expect_err("it does not work").knob();
    assert_eq!(knob(config.between(Duration::ZERO, S, S)), "least");
    assert_eq!(knob(config.between(S * 2, S, S)), "least");
    assert_eq!(knob(config.between(S, MS, S)), "initial");
    assert_eq!(knob(config.between(S, S * 3, S * 2)), "initial");
    let count = |count| NonZeroU16::new(count).expect("it is not zero");
    assert_eq!(knob(config.history(count(6), count(5))), "minimum_calls");
    let config = config.between(MS, MS, S).and_then(|config| config.history(count(1), count(1)));
    let timeout = AdaptiveTimeout::new(config.expect("it works"));
    timeout.record(S * 60);
    assert_eq!(timeout.percentile(), Some(S * 60));
    timeout.record(S * 60);
    assert_eq!(timeout.limit(), S, "at most what was chosen");
}
