//! Where the sources contradict each other: what holds here.

use super::*;
use crate::circuit_breaker::presets::{cyberfly, dwcp, network_recovery, proxy, python_framework, walgit};

fn rate_only(builder: Builder) -> Builder {
    builder.no_rules().failure_rate_threshold(0.5)
}

#[test]
fn c01_failures_count_in_a_row_in_a_window_or_as_a_rate() {
    let by_run = Rig::with(|b| b.no_rules().consecutive_failures(3));
    let by_count = Rig::with(|b| b.no_rules().failures_in_window(3));
    let by_rate = Rig::with(rate_only);
    let mut opened = [false; 3];
    // Two of three calls succeed: never a run, often enough for a count, never for a rate.
    for _ in 0..10 {
        for (rig, opened) in [&by_run, &by_count, &by_rate].into_iter().zip(&mut opened) {
            for outcome in [Outcome::Success, Outcome::Success, FAILURE] {
                if rig.state() == State::Closed {
                    *opened |= rig.call(outcome).is_some();
                }
            }
        }
    }
    assert_eq!(opened, [false, true, false]);
}

#[test]
fn c02_counts_and_rates_open_when_they_are_reached_not_only_when_exceeded() {
    let rig = Rig::with(|b| b.no_rules().consecutive_failures(3));
    assert_eq!((rig.fail(), rig.fail()), (None, None));
    assert_eq!(
        rig.fail().map(|change| change.cause),
        Some(Cause::ConsecutiveFailures { failures: 3, limit: 3 })
    );

    let rig = Rig::with(|b| b.no_rules().failures_in_window(2));
    assert_eq!(rig.fail(), None);
    assert_eq!(
        rig.fail().map(|change| change.cause),
        Some(Cause::FailuresInWindow { failures: 2, limit: 2 })
    );
}

#[test]
fn c02_a_rate_opens_at_exactly_the_share() {
    for (failures, calls, threshold) in
        [(5, 10, 0.5), (1, 4, 0.25), (3, 10, 0.3), (1, 3, 1.0 / 3.0), (10, 10, 1.0)]
    {
        let rig = Rig::with(|b| b.no_rules().failure_rate_threshold(threshold).minimum_calls(calls));
        (0..calls - failures).for_each(|_| assert_eq!(rig.succeed(), None));
        (1..failures).for_each(|_| assert_eq!(rig.fail(), None, "below {threshold}"));
        let change = rig.fail().unwrap_or_else(|| panic!("{failures} of {calls} reach {threshold}"));
        assert_eq!(change.cause.rule(), Some(Rule::FailureRate));
    }
}

#[test]
fn c03_s1_07_half_opens_exactly_at_the_told_time() {
    let rig = Rig::new(Config::default()).opened();
    let told = rig.refusal().retry_after().expect("told");
    rig.pass(told - Duration::from_nanos(1));
    assert_eq!(rig.refusal().retry_after(), Some(Duration::from_nanos(1)));
    rig.pass(Duration::from_nanos(1));
    assert!(rig.ticket().is_probe());
}

#[test]
fn c04_w51_the_open_time_starts_with_the_opening_and_stragglers_do_not_prolong_it() {
    let rig = Rig::with(|b| b.consecutive_failures(1));
    let stragglers: Vec<_> = (0..20).map(|_| rig.ticket()).collect();
    let rig = rig.opened();
    for (number, straggler) in stragglers.into_iter().enumerate() {
        rig.pass(millis(49));
        rig.end(straggler, FAILURE);
        let left = secs(1) - millis(49) * (number as u32 + 1);
        assert_eq!(rig.refusal().retry_after(), Some(left));
    }
    rig.pass(millis(20));
    assert!(rig.ticket().is_probe());
}

#[test]
fn c05_the_successes_that_close_are_each_presets_own() {
    let presets =
        [walgit(), network_recovery(), dwcp(), cyberfly(), python_framework(), proxy(), Config::default()];
    for (config, successes) in presets.into_iter().zip([2, 1, 3, 2, 3, 3, 3]) {
        let rig = Rig::new(config).due();
        (1..successes).for_each(|_| assert_eq!(rig.succeed(), None));
        assert_eq!(rig.succeed().map(|change| change.cause), Some(Cause::ProbesSucceeded(successes)));
    }
}

#[test]
fn c06_d2_no_more_probes_go_out_than_successes_are_missing() {
    let rig = Rig::with(|b| b.half_open_probes(2).half_open_successes(3)).due();
    let (first, second) = (rig.ticket(), rig.ticket());
    rig.refusal();
    assert_eq!(rig.end(first, Outcome::Success), None);
    let third = rig.ticket();
    rig.refusal();
    assert_eq!(rig.end(second, Outcome::Success), None);
    assert_eq!(rig.refusal().reason(), Reason::HalfOpen, "one success is missing and its probe is out");
    assert!(rig.end(third, Outcome::Success).is_some());
}

#[test]
fn c06_a_lost_probe_times_out() {
    let rig = Rig::with(|b| b.half_open_probes(1).probe_lease(secs(4))).due();
    let lost = rig.ticket();
    rig.pass(secs(4) - Duration::from_nanos(1));
    rig.refusal();
    rig.pass(Duration::from_nanos(1));
    let probe = rig.ticket();
    assert_eq!((probe.is_probe(), rig.snapshot().totals.expired_leases), (true, 1));
    assert_eq!(rig.end(lost, FAILURE), None, "its lease was given up");
    assert_eq!(rig.state(), State::HalfOpen);
}

#[test]
fn c06_the_youngest_lease_decides_when_all_are_given_up() {
    let rig = Rig::with(|b| b.half_open_probes(2).probe_lease(secs(4))).due();
    let _first = rig.ticket();
    rig.pass(secs(3));
    let _second = rig.ticket();
    rig.pass(secs(3));
    rig.refusal();
    rig.pass(secs(1));
    let _probe = rig.ticket();
    assert_eq!((rig.snapshot().totals.expired_leases, rig.snapshot().probes.in_flight), (2, 1));
}

#[test]
fn c06_what_other_probes_found_out_outlives_a_lost_one() {
    let rig = Rig::with(|b| b.half_open_probes(1).half_open_successes(2).half_open_failures(2)).due();
    assert_eq!((rig.succeed(), rig.fail()), (None, None));
    let _lost = rig.ticket();
    rig.pass(secs(10));
    rig.breaker.release(rig.ticket());
    assert_eq!(rig.snapshot().probes, Probes { in_flight: 0, successes: 1, failures: 1 });
}

#[test]
fn c07_w16_any_failed_probe_reopens_for_all_pairs_of_window_and_open_time() {
    for (window, open_for) in [(1, 60), (60, 1), (30, 30), (120, 121)] {
        let rig = Rig::with(|b| {
            let rules = b.no_rules().window(secs(window)).failures_in_window(5);
            rules.escalation(1.0, secs(200)).open_for(secs(open_for))
        });
        let rig = rig.due();
        assert_eq!(
            rig.fail().map(|change| change.to),
            Some(State::Open),
            "window {window} s, open {open_for} s"
        );
        assert_eq!(rig.refusal().retry_after(), Some(secs(open_for)));
    }
}

#[test]
fn c07_more_failed_probes_can_be_asked_for() {
    let rig = Rig::with(|b| b.half_open_failures(3)).due();
    assert_eq!((rig.fail(), rig.fail()), (None, None));
    assert_eq!(rig.fail().map(|change| change.cause), Some(Cause::ProbesFailed(3)));
}

#[test]
fn c35_w52_two_of_three_calls_failing_open_by_rate_and_never_by_a_cleared_window() {
    let rate = Rig::with(rate_only);
    let cleared = Rig::new(cyberfly());
    let mut opened = (false, false);
    for _ in 0..100 {
        for outcome in [Outcome::Success, FAILURE, FAILURE] {
            opened.0 |= rate.state() == State::Closed && rate.call(outcome).is_some();
            opened.1 |= cleared.call(outcome).is_some();
        }
    }
    assert_eq!(opened, (true, false));
}

#[test]
fn c35_few_failures_among_many_successes_do_not_open_by_default() {
    let rig = Rig::new(Config::default());
    for _ in 0..3 {
        (0..100).for_each(|_| assert_eq!(rig.succeed(), None));
        assert_eq!(rig.fail(), None);
    }
}
