//! F3: a value that cannot work is refused by the name of its knob.

use super::*;

fn refused(change: impl FnOnce(Builder) -> Builder) -> String {
    let error = change(Config::builder()).build().expect_err("this cannot work");
    assert!(error.to_string().starts_with(error.knob()), "{error}");
    error.knob().to_owned()
}

const WRONG_SHARES: [f64; 7] = [0.0, -0.1, 1.000_1, 50.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

#[test]
fn f3_d7_shares_are_above_zero_and_at_most_one() {
    for share in WRONG_SHARES {
        assert_eq!(refused(|b| b.failure_rate_threshold(share)), "failure_rate_threshold");
        assert_eq!(refused(|b| b.slow_call_rate_threshold(share, secs(1))), "slow_call_rate_threshold");
    }
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(|b| b.jitter(share)), "jitter");
    }
    for share in [f64::MIN_POSITIVE, 1.0] {
        assert!(Config::builder().failure_rate_threshold(share).build().is_ok());
    }
}

#[test]
fn f3_d7_counts_are_at_least_one() {
    assert_eq!(refused(|b| b.minimum_calls(0)), "minimum_calls");
    assert_eq!(refused(|b| b.consecutive_failures(0)), "consecutive_failures");
    assert_eq!(refused(|b| b.failures_in_window(0)), "failures_in_window");
    assert_eq!(refused(|b| b.half_open_probes(0)), "half_open_probes");
    assert_eq!(refused(|b| b.half_open_successes(0)), "half_open_successes");
    assert_eq!(refused(|b| b.half_open_failures(0)), "half_open_failures");
}

#[test]
fn f3_times_that_must_pass_are_above_zero() {
    assert_eq!(refused(|b| b.slow_call_rate_threshold(0.5, Duration::ZERO)), "slower_than");
    assert_eq!(
        refused(|b| b.consecutive_failures_within(Some(Duration::ZERO))),
        "consecutive_failures_within"
    );
    assert_eq!(refused(|b| b.open_for(Duration::ZERO)), "open_for");
    assert_eq!(refused(|b| b.probe_lease(Duration::ZERO)), "probe_lease");
}

#[test]
fn f3_d7_windows_are_neither_too_short_nor_too_long() {
    for length in [Duration::ZERO, Duration::from_micros(99_999), secs(366 * 24 * 3600 + 1), Duration::MAX] {
        assert_eq!(refused(|b| b.window(length)), "window");
    }
    for calls in [0, 1_000_000_001, u32::MAX] {
        assert_eq!(refused(|b| b.window_of_calls(calls)), "window_of_calls");
    }
    assert!(Config::builder().window(millis(100)).build().is_ok());
    assert!(Config::builder().window_of_calls(1_000_000_000).build().is_ok());
}

#[test]
fn f3_knobs_that_contradict_each_other_are_refused() {
    assert_eq!(
        refused(|b| b.consecutive_failures(5).consecutive_failures_when_busy(4)),
        "consecutive_failures_when_busy"
    );
    assert_eq!(refused(|b| b.window_of_calls(9)), "minimum_calls");
    assert_eq!(refused(|b| b.window_of_calls(20).failures_in_window(21)), "failures_in_window");
    assert_eq!(refused(|b| b.open_for(secs(2)).escalation(2.0, secs(1))), "escalation max");
    assert_eq!(refused(Builder::no_rules), "rules");
    for factor in [0.0, 0.999, -2.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(|b| b.escalation(factor, secs(60))), "escalation factor");
    }
}

#[test]
fn f3_the_message_says_what_is_wrong_and_what_is_allowed() {
    let error = Config::builder().failure_rate_threshold(50.0).build().unwrap_err();
    let expected =
        "failure_rate_threshold is 50, allowed is a share above 0 and up to 1 (half is 0.5, not 50)";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn d7_the_largest_values_work() {
    let largest = Config::builder()
        .minimum_calls(u32::MAX)
        .failures_in_window(u32::MAX)
        .consecutive_failures(u16::MAX)
        .consecutive_failures_within(Some(Duration::MAX))
        .slow_call_rate_threshold(1.0, Duration::MAX)
        .open_for(Duration::MAX)
        .escalation(f64::MAX, Duration::MAX)
        .jitter(1.0)
        .hint_max(Duration::MAX)
        .probe_lease(Duration::MAX)
        .half_open_probes(u8::MAX)
        .half_open_successes(u8::MAX)
        .half_open_failures(u8::MAX);
    let rig = Rig::new(largest.build().expect("all of it is allowed"));
    for _ in 0..1_000 {
        assert_eq!((rig.fail(), rig.succeed()), (None, None));
    }
    assert!(rig.opened_after(u32::from(u16::MAX)));
}

impl Rig {
    fn opened_after(&self, failures: u32) -> bool {
        (1..failures).all(|_| self.fail().is_none()) && self.fail().is_some()
    }
}
