//! F3, W02: each knob changes what the breaker does.

use super::*;
use crate::Ratio;

/// The number of calls with `outcome` it takes to open, up to a hundred.
fn calls_to_open(rig: &Rig, outcome: Outcome) -> Option<usize> {
    (1..=100).find(|_| rig.call(outcome).is_some())
}

#[test]
fn f3_no_rules_takes_out_the_rules_that_were_there() {
    let rig = Rig::with(|b| b.no_rules().failures_in_window(50));
    assert_eq!(calls_to_open(&rig, FAILURE), Some(50));
}

#[test]
fn f3_failure_rate_threshold() {
    for (threshold, successes, opens_at) in [(0.5, 10, 10), (0.25, 12, 4), (1.0, 0, 10)] {
        let rig = Rig::with(|b| b.no_rules().failure_rate_threshold(threshold));
        rig.successes(successes);
        assert_eq!(calls_to_open(&rig, FAILURE), Some(opens_at), "{threshold}");
    }
}

#[test]
fn f3_minimum_calls() {
    for minimum in [1, 2, 40] {
        let rig = Rig::with(|b| b.no_rules().failure_rate_threshold(0.5).minimum_calls(minimum));
        assert_eq!(calls_to_open(&rig, FAILURE), Some(minimum as usize));
    }
}

#[test]
fn f3_window() {
    for (window, kept) in [(5, 0), (60, 4)] {
        let rig = Rig::with(|b| b.no_rules().failures_in_window(100).window(secs(window)));
        rig.failures(4);
        rig.pass(secs(20));
        assert_eq!(rig.snapshot().window.failures, kept, "{window} s");
    }
}

#[test]
fn f3_window_of_calls_holds_at_least_so_many_and_at_most_a_third_more() {
    for calls in [1, 5, 10, 11, 12, 20, 99, 100, 1_000] {
        let rig = Rig::with(|b| b.no_rules().failures_in_window(1).window_of_calls(calls));
        rig.breaker.set_shadow(true);
        for done in 1..=3 * u64::from(calls) + 40 {
            rig.succeed();
            let (held, asked) = (rig.snapshot().window.calls, u64::from(calls));
            assert!(held >= done.min(asked), "{held} of {asked} after {done}");
            let most = if calls <= 10 { asked } else { asked + asked / 3 };
            assert!(held <= most, "{held} of {asked} after {done}");
        }
    }
}

#[test]
fn f3_a_window_of_calls_does_not_expire_with_time() {
    let rig = Rig::with(|b| b.no_rules().failures_in_window(3).window_of_calls(5));
    (0..2).for_each(|_| assert_eq!(rig.fail(), None));
    rig.pass(secs(1_000_000));
    assert!(rig.fail().is_some());
    let rig = Rig::with(|b| b.no_rules().failures_in_window(3).window_of_calls(5));
    rig.failures(2);
    rig.successes(4);
    assert_eq!((rig.fail(), rig.snapshot().window.failures), (None, 1));
}

#[test]
fn f3_consecutive_failures() {
    for failures in [1, 3, 9, 100] {
        let rig = Rig::with(|b| b.no_rules().consecutive_failures(failures));
        assert_eq!(calls_to_open(&rig, FAILURE), Some(failures.into()));
    }
}

#[test]
fn f3_the_longest_run_can_be_reached() {
    let rig = Rig::with(|b| b.no_rules().consecutive_failures(u16::MAX));
    (1..u16::MAX).for_each(|_| assert_eq!(rig.fail(), None));
    assert!(rig.fail().is_some());
}

#[test]
fn f3_consecutive_failures_when_busy() {
    for (busy, opens_at) in [(5, 5), (20, 20), (30, 30)] {
        let rules = |b: Builder| b.no_rules().consecutive_failures(5).consecutive_failures_when_busy(busy);
        let rig = Rig::with(rules);
        rig.successes(10);
        assert_eq!(calls_to_open(&rig, FAILURE), Some(opens_at));
        assert_eq!(calls_to_open(&Rig::with(rules), FAILURE), Some(5), "while it is not busy");
    }
}

#[test]
fn f3_consecutive_failures_within() {
    for (within, opens) in [(Some(secs(9)), false), (Some(secs(10)), true), (None, true)] {
        let rig = Rig::with(|b| b.no_rules().consecutive_failures(2).consecutive_failures_within(within));
        rig.fail();
        rig.pass(secs(10));
        assert_eq!(rig.fail().is_some(), opens, "{within:?}");
        if !opens {
            rig.pass(secs(9));
            assert!(rig.fail().is_some(), "the second failure began a new run");
        }
    }
}

#[test]
fn d7_a_run_that_is_too_old_to_count_is_not_shown_as_one() {
    let rig = Rig::with(|b| b.no_rules().consecutive_failures(5).consecutive_failures_within(Some(secs(60))));
    rig.failures(4);
    rig.pass(secs(60));
    assert_eq!(rig.snapshot().consecutive_failures, 4);
    rig.pass(Duration::from_nanos(1));
    assert_eq!(rig.snapshot().consecutive_failures, 0);
    assert_eq!((rig.fail(), rig.snapshot().consecutive_failures), (None, 1));
}

#[test]
fn f3_failures_in_window() {
    for failures in [1, 5, 77] {
        let rig = Rig::with(|b| b.no_rules().failures_in_window(failures));
        let mut failed = 0;
        while rig.state() == State::Closed {
            rig.succeed();
            rig.fail();
            failed += 1;
        }
        assert_eq!(failed, failures);
    }
}

#[test]
fn f3_clear_on_success() {
    for (clear, kept) in [(false, 3), (true, 0)] {
        let rig = Rig::with(|b| b.no_rules().failures_in_window(5).clear_on_success(clear));
        rig.failures(3);
        rig.succeed();
        assert_eq!(rig.snapshot().window.failures, kept);
    }
}

#[test]
fn f3_clear_on_success_also_clears_throttled_calls_where_those_count() {
    for with_run in [false, true] {
        let rig = Rig::with(|b| {
            let rules = b.no_rules().failures_in_window(5).clear_on_success(true).count_throttling(true);
            if with_run { rules.consecutive_failures(50) } else { rules }
        });
        (0..3).for_each(|_| assert_eq!(rig.call(Outcome::Throttled), None));
        assert_eq!(rig.snapshot().window.failures, 3);
        rig.succeed();
        assert_eq!(rig.snapshot().window.failures, 0);
    }
}

#[test]
fn f3_slow_call_rate_threshold() {
    for (slower_than, opens) in [(millis(1_000), true), (millis(1_001), false)] {
        let rig = Rig::with(|b| b.no_rules().slow_call_rate_threshold(0.5, slower_than).window(secs(60)));
        rig.successes(5);
        (0..4).for_each(|_| assert_eq!(rig.slow_call(secs(1), Outcome::Success), None));
        let change = rig.slow_call(secs(1), Outcome::Success);
        assert_eq!(change.is_some(), opens);
        if let Some(change) = change {
            let threshold = Ratio::new(0.5).unwrap();
            assert_eq!(change.cause, Cause::SlowCallRate { slow: 5, calls: 10, threshold });
        }
    }
    let rig = Rig::with(|b| b.no_rules().slow_call_rate_threshold(0.9, secs(1)).window(secs(60)));
    rig.successes(5);
    (0..20).for_each(|_| assert_eq!(rig.slow_call(secs(1), Outcome::Success), None));
}

#[test]
fn f3_a_success_even_a_slow_one_does_not_open_by_failure_rate() {
    let rig = Rig::with(|b| b.no_rules().failure_rate_threshold(0.5).slow_call_rate_threshold(1.0, secs(1)));
    (0..9).for_each(|_| assert_eq!(rig.fail(), None));
    assert_eq!(rig.slow_call(secs(1), Outcome::Success), None);
    assert_eq!(rig.fail().and_then(|change| change.cause.rule()), Some(Rule::FailureRate));
}

#[test]
fn f3_count_throttling_counts_in_rates_and_never_in_a_run() {
    for (count, opens_at) in [(false, None), (true, Some(10))] {
        let rig = Rig::with(|b| b.consecutive_failures(5).count_throttling(count));
        assert_eq!(calls_to_open(&rig, Outcome::Throttled), opens_at);
    }
    let rig = Rig::with(|b| b.no_rules().consecutive_failures(2).count_throttling(true));
    assert_eq!(calls_to_open(&rig, Outcome::Throttled), None);
    assert_eq!((rig.fail(), rig.call(Outcome::Throttled)), (None, None));
    assert!(rig.fail().is_some(), "throttling between them does not end a run either");
}

#[test]
fn f3_count_throttling_decides_what_a_throttled_probe_means() {
    for (count, state) in [(false, State::HalfOpen), (true, State::Open)] {
        let rig = Rig::with(|b| b.count_throttling(count)).due();
        rig.call(Outcome::Throttled);
        assert_eq!(rig.state(), state);
    }
}

#[test]
fn s2_24_a_config_builds_back_to_itself() {
    for config in [Config::default(), presets::proxy(), presets::cyberfly(), presets::network_recovery()] {
        assert_eq!(config.to_builder().build(), Ok(config));
    }
}

#[test]
fn d7_an_explanation_says_how_far_each_rule_is_from_opening_and_why_it_opened() {
    let rig = Rig::with(|b| b.failures_in_window(50).slow_call_rate_threshold(0.5, secs(1)));
    rig.failures(4);
    let explained = rig.breaker.explain(rig.now()).to_string();
    for line in [
        "consecutive failures: 4 of 5",
        "failures in the window: 4 of 50",
        "failure rate: counts from 10 calls on, so far 4",
    ] {
        assert!(explained.contains(line), "{explained}");
    }
    rig.succeed();
    rig.successes(5);
    let explained = rig.breaker.explain(rig.now()).to_string();
    assert!(explained.contains("failure rate: 4 of 10 calls are 40.0 %, threshold 50.0 %"), "{explained}");
    let rig = Rig::with(|b| b.consecutive_failures(1)).opened();
    let explained = rig.breaker.explain(rig.now()).to_string();
    assert_eq!(explained, "open for 0.0ns, since 1 failures in a row, limit 1; probes in 1.0s");
    rig.pass(secs(1));
    rig.breaker.set_shadow(true);
    let _probe = rig.ticket();
    let explained = rig.breaker.explain(rig.now());
    let text = explained.to_string();
    assert!(text.contains("probes: 1 out, 0 successful, 0 failed; in shadow"), "{text}");
    assert!(explained.rules.is_empty());
}
