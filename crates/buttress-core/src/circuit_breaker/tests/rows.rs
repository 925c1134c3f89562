//! What each source system promises of its breaker, by its preset.

use super::*;
use crate::circuit_breaker::presets::{cyberfly, dwcp, network_recovery, python_framework, walgit};

/// Opens at the fifth of five calls that fail one after the other, and not before.
fn opens_at_the_fifth_failure(rig: &Rig) {
    for _ in 0..4 {
        assert_eq!(rig.fail(), None);
        assert_eq!(rig.state(), State::Closed);
    }
    let change = rig.fail().expect("the fifth failure opens");
    assert_eq!((change.from, change.to), (State::Closed, State::Open));
}

/// Refuses until the last nanosecond of the open time, and lets a probe through at its end.
fn probes_after_exactly(rig: &Rig, open_for: Duration) {
    rig.pass(open_for - Duration::from_nanos(1));
    assert_eq!(rig.refusal().retry_after(), Some(Duration::from_nanos(1)));
    assert_eq!(rig.state(), State::Open);
    rig.pass(Duration::from_nanos(1));
    let probe = rig.ticket();
    assert!(probe.is_probe());
    assert_eq!(rig.state(), State::HalfOpen);
    rig.breaker.release(probe);
}

/// Closes with the last of so many successful probes, and not before.
fn closes_with(rig: &Rig, successes: u8) {
    for _ in 1..successes {
        assert_eq!(rig.succeed(), None);
        assert_eq!(rig.state(), State::HalfOpen);
    }
    assert_eq!(rig.succeed().map(|change| change.to), Some(State::Closed));
}

#[test]
fn s0_07_s0_12_five_failures_in_a_row_open_and_any_success_starts_the_count_again() {
    let rig = Rig::new(walgit());
    rig.failures(4);
    rig.succeed();
    assert_eq!(rig.snapshot().consecutive_failures, 0);
    opens_at_the_fifth_failure(&rig);
}

#[test]
fn s0_08_s0_13_half_opens_with_the_next_call_after_thirty_seconds() {
    let rig = Rig::new(walgit()).opened();
    probes_after_exactly(&rig, secs(30));
}

#[test]
fn s0_13_nothing_happens_at_the_end_of_the_open_time_until_a_call_comes() {
    let rig = Rig::new(walgit()).opened();
    rig.pass(secs(3_600));
    assert_eq!((rig.state(), rig.snapshot().state), (State::Open, State::Open));
    assert!(rig.ticket().is_probe());
}

#[test]
fn s0_09_s0_14_two_successful_probes_close() {
    closes_with(&Rig::new(walgit()).due(), 2);
}

#[test]
fn s0_15_the_first_failed_probe_reopens() {
    let rig = Rig::new(walgit()).due();
    rig.succeed();
    let change = rig.fail().expect("a failed probe reopens");
    assert_eq!(
        (change.from, change.to, change.cause),
        (State::HalfOpen, State::Open, Cause::ProbesFailed(1))
    );
    assert_eq!(rig.refusal().retry_after(), Some(secs(30)));
}

#[test]
fn s0_16_a_refusal_says_why_and_for_how_long() {
    let rig = Rig::new(walgit()).opened();
    rig.pass(millis(10_500));
    let refusal = rig.refusal();
    assert_eq!((refusal.reason(), refusal.retry_after()), (Reason::Open, Some(millis(19_500))));
    assert_eq!(rig.snapshot().in_state_for, millis(10_500));
    assert!(!refusal.was_sent());
}

#[test]
fn s0_17_an_ignored_outcome_counts_neither_way() {
    let rig = Rig::new(walgit());
    rig.failures(4);
    for _ in 0..10 {
        assert_eq!(rig.call(Outcome::Ignored), None);
    }
    assert_eq!((rig.snapshot().consecutive_failures, rig.snapshot().window.calls), (4, 4));
    assert!(rig.fail().is_some());
}

#[test]
fn s0_18_s1_18_each_change_is_told_with_both_states_the_time_and_the_reason() {
    let rig = Rig::new(walgit());
    let mut cursor = rig.breaker.cursor();
    let rig = rig.due();
    let half_opened_at = rig.now();
    closes_with(&rig, 2);
    let told: Vec<_> = std::iter::from_fn(|| rig.breaker.next_transition(&mut cursor)).collect();
    let states: Vec<_> = told.iter().map(|(change, missed)| (change.from, change.to, *missed)).collect();
    let expected =
        [(State::Closed, State::Open), (State::Open, State::HalfOpen), (State::HalfOpen, State::Closed)];
    assert_eq!(states, expected.map(|(from, to)| (from, to, 0)));
    assert_eq!(told[0].0.cause, Cause::ConsecutiveFailures { failures: 5, limit: 5 });
    assert_eq!((told[1].0.cause, told[1].0.at), (Cause::OpenTimeOver, half_opened_at));
    assert_eq!(told[2].0.cause, Cause::ProbesSucceeded(2));
    assert_eq!(told.iter().map(|(change, _)| change.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(told[0].0.to_string(), "closed -> open (5 failures in a row, limit 5; for 30.0s)");
    assert_eq!(told[1].0.to_string(), "open -> half_open (open time over)");
}

#[test]
fn s0_19_s0_23_s2_26_a_snapshot_holds_totals_the_last_failure_and_a_bounded_history() {
    let rig = Rig::new(walgit());
    rig.succeed();
    rig.call(Outcome::Ignored);
    let rig = rig.opened();
    let failed_at = rig.now();
    rig.refusal();
    rig.pass(secs(2));
    let snapshot = rig.snapshot();
    assert_eq!((snapshot.state, snapshot.in_state_for), (State::Open, secs(2)));
    let expected = Totals { successes: 1, failures: 5, ignored: 1, rejected: 1, ..Totals::default() };
    assert_eq!(snapshot.totals, expected);
    assert_eq!(snapshot.last_failure, Some(LastFailure { kind: FailureKind::Response, at: failed_at }));
    assert_eq!((snapshot.opened, snapshot.transitions, snapshot.history.len()), (1, 1, 1));
    for _ in 0..50 {
        rig.breaker.force_open(rig.now());
        rig.breaker.reset(rig.now());
    }
    let snapshot = rig.snapshot();
    assert_eq!((snapshot.transitions, snapshot.history.len()), (101, 32));
    assert_eq!(snapshot.history.last().map(|change| change.number), Some(101));
}

#[test]
fn s0_21_the_state_can_be_forced_by_name_and_an_invalid_name_is_refused() {
    let rig = Rig::new(walgit());
    assert!("ajar".parse::<State>().is_err());
    let forced = rig.breaker.force_open(rig.now()).expect("it was closed");
    assert_eq!((forced.to, forced.cause), ("FORCED_OPEN".parse().unwrap(), Cause::Forced));
    assert_eq!((rig.refusal().reason(), rig.refusal().retry_after()), (Reason::ForcedOpen, None));
    assert_eq!(rig.breaker.force_open(rig.now()), None, "it is forced open already");
    rig.pass(secs(1_000_000));
    rig.refusal();
    rig.breaker.force_closed(rig.now());
    for _ in 0..100 {
        assert_eq!(rig.fail(), None);
    }
    assert_eq!((rig.state(), rig.snapshot().totals.failures), (State::ForcedClosed, 100));
}

#[test]
fn s0_22_s2_27_s3_14_a_reset_closes_zeroes_and_is_in_the_history() {
    let rig = Rig::new(walgit());
    assert_eq!(rig.state(), State::Closed, "an unknown peer reads closed");
    rig.failures(3);
    rig.breaker.reset(rig.now());
    assert_eq!((rig.snapshot().consecutive_failures, rig.snapshot().window), (0, WindowCounts::default()));
    let rig = rig.opened();
    rig.breaker.reset(rig.now());
    let snapshot = rig.snapshot();
    assert_eq!(
        snapshot.history.last().map(|change| (change.to, change.cause)),
        Some((State::Closed, Cause::Reset))
    );
    assert_eq!((snapshot.state, snapshot.retry_after, snapshot.window.calls), (State::Closed, None, 0));
    opens_at_the_fifth_failure(&rig);
}

#[test]
fn s1_01_s1_11_the_fifth_failure_in_the_window_opens() {
    opens_at_the_fifth_failure(&Rig::new(network_recovery()));
}

#[test]
fn s1_02_s1_07_half_opens_after_sixty_seconds() {
    probes_after_exactly(&Rig::new(network_recovery()).opened(), secs(60));
}

#[test]
fn s1_03_s1_05_a_failure_leaves_the_window_of_two_minutes_and_then_counts_no_more() {
    let rig = Rig::new(network_recovery());
    rig.failures(4);
    rig.pass(secs(107));
    assert_eq!(rig.snapshot().window.failures, 4, "a tenth of the window before its end they still count");
    rig.pass(secs(13));
    assert_eq!(rig.snapshot().window.failures, 0);
    assert_eq!(rig.fail(), None);
    assert_eq!(rig.snapshot().window.failures, 1);
}

#[test]
fn s1_04_s3_04_there_are_three_states_on_the_way_and_back() {
    let rig = Rig::new(network_recovery());
    let mut seen = vec![rig.state()];
    let rig = rig.opened();
    seen.push(rig.state());
    probes_after_exactly(&rig, secs(60));
    seen.push(rig.state());
    closes_with(&rig, 1);
    seen.push(rig.state());
    assert_eq!(seen, [State::Closed, State::Open, State::HalfOpen, State::Closed]);
}

#[test]
fn s1_09_d10_the_told_time_falls_with_the_clock_and_is_what_is_left() {
    let rig = Rig::new(network_recovery()).opened();
    for left in (1..=60).rev() {
        assert_eq!(rig.refusal().retry_after(), Some(secs(left)));
        assert_eq!(rig.snapshot().retry_after, Some(secs(left)));
        rig.pass(secs(1));
    }
    assert!(rig.ticket().is_probe());
}

#[test]
fn s1_14_c35_a_success_does_not_clear_the_window_so_few_failures_among_many_successes_open() {
    let rig = Rig::new(network_recovery());
    for _ in 0..4 {
        rig.fail();
        for _ in 0..75 {
            rig.succeed();
        }
    }
    let change = rig.fail().expect("the fifth failure opens");
    assert_eq!(change.cause, Cause::FailuresInWindow { failures: 5, limit: 5 });
}

#[test]
fn s1_17_w22_a_snapshot_tells_the_time_until_a_probe_only_while_open_and_never_below_zero() {
    let rig = Rig::new(network_recovery());
    rig.fail();
    assert_eq!((rig.snapshot().window.failures, rig.snapshot().retry_after), (1, None));
    let rig = rig.opened();
    rig.pass(secs(59));
    assert_eq!(rig.snapshot().retry_after, Some(secs(1)));
    rig.pass(secs(100));
    assert_eq!(rig.snapshot().retry_after, Some(Duration::ZERO));
    let _probe = rig.ticket();
    assert_eq!((rig.state(), rig.snapshot().retry_after), (State::HalfOpen, None));
}

#[test]
fn s2_01_s2_20_s2_21_s2_22_opens_and_recovers_by_itself() {
    let rig = Rig::new(dwcp());
    opens_at_the_fifth_failure(&rig);
    probes_after_exactly(&rig, secs(60));
    closes_with(&rig, 3);
    opens_at_the_fifth_failure(&rig);
}

#[test]
fn s2_18_w03_half_open_calls_are_limited() {
    let rig = Rig::new(dwcp()).due();
    let probes: Vec<_> = (0..3).map(|_| rig.ticket()).collect();
    for _ in 0..500 {
        assert_eq!(rig.refusal().reason(), Reason::HalfOpen);
    }
    assert_eq!(rig.snapshot().probes, Probes { in_flight: 3, ..Probes::default() });
    probes.into_iter().for_each(|probe| rig.breaker.release(probe));
    assert_eq!(rig.snapshot().probes.in_flight, 0);
}

#[test]
fn s2_19_open_refuses_every_call() {
    let rig = Rig::new(dwcp()).opened();
    for _ in 0..59 {
        rig.refusal();
        rig.pass(secs(1));
    }
    assert_eq!(rig.snapshot().totals.rejected, 59);
}

#[test]
fn s2_23_s3_08_any_failed_probe_reopens() {
    for config in [dwcp(), cyberfly()] {
        for successes in 0..config.half_open_successes {
            let rig = Rig::new(config).due();
            (0..successes).for_each(|_| assert_eq!(rig.succeed(), None));
            assert_eq!(rig.fail().map(|change| change.to), Some(State::Open));
        }
    }
}

#[test]
fn s2_24_s2_25_five_timeouts_open_for_sixty_seconds() {
    let rig = Rig::new(dwcp());
    for _ in 0..4 {
        assert_eq!(rig.call(Outcome::Failure(FailureKind::Timeout)), None);
    }
    let change = rig.call(Outcome::Failure(FailureKind::Timeout)).expect("timeouts are failures");
    assert_eq!(change.open_for, Some(secs(60)));
    assert_eq!(rig.snapshot().last_failure.map(|last| last.kind), Some(FailureKind::Timeout));
}

#[test]
fn s3_05_s3_09_opens_at_five_failures() {
    opens_at_the_fifth_failure(&Rig::new(cyberfly()));
}

#[test]
fn s3_06_s3_10_probes_after_thirty_seconds() {
    probes_after_exactly(&Rig::new(cyberfly()).opened(), secs(30));
}

#[test]
fn s3_07_s3_11_two_successes_close() {
    closes_with(&Rig::new(cyberfly()).due(), 2);
}

#[test]
fn s3_12_failures_count_for_sixty_seconds_and_until_the_next_success() {
    let rig = Rig::new(cyberfly());
    (0..4).for_each(|_| assert_eq!(rig.fail(), None));
    rig.succeed();
    assert_eq!(rig.snapshot().window.failures, 0, "a success clears the window");
    (0..4).for_each(|_| assert_eq!(rig.fail(), None));
    rig.pass(secs(60));
    (0..4).for_each(|_| assert_eq!(rig.fail(), None, "the first four are too old"));
    assert!(rig.fail().is_some());
}

#[test]
fn s3_13_c04_a_late_failure_restarts_the_open_time_only_where_that_is_asked_for() {
    for (extends, wait) in [(false, 20), (true, 30)] {
        let rig = Rig::new(cyberfly().to_builder().late_failure_extends(extends).build().unwrap());
        let straggler = rig.ticket();
        let rig = rig.opened();
        rig.pass(secs(10));
        assert_eq!(rig.end(straggler, FAILURE), None);
        assert_eq!(rig.refusal().retry_after(), Some(secs(wait)), "late_failure_extends: {extends}");
    }
}

#[test]
fn s4_10_s4_11_s4_35_counts_failures_and_opens_at_the_fifth() {
    opens_at_the_fifth_failure(&Rig::new(python_framework()));
}

#[test]
fn s4_12_s4_13_s4_36_fails_fast_for_sixty_seconds_and_then_recovers() {
    let rig = Rig::new(python_framework()).opened();
    probes_after_exactly(&rig, secs(60));
    closes_with(&rig, 3);
}

#[test]
fn b7_s2_26_a_refusal_is_counted_once_and_only_when_it_is_one_of_a_call() {
    let rig = Rig::new(walgit()).opened();
    let refusal = rig.breaker.acquire_uncounted(rig.now()).expect_err("it is open");
    assert_eq!(rig.snapshot().totals.rejected, 0);
    assert_eq!((rig.refusal(), rig.snapshot().totals.rejected), (refusal, 1));
    rig.breaker.count_rejected();
    assert_eq!(rig.snapshot().totals.rejected, 2);
}

#[test]
fn d10_a_half_open_refusal_lasts_as_long_as_the_leases_and_says_to_come_back_within_a_second() {
    let rig = Rig::new(network_recovery()).due();
    let _probe = rig.ticket();
    for (passed, told) in
        [(millis(0), millis(1_000)), (millis(9_100), millis(900)), (millis(800), millis(100))]
    {
        rig.pass(passed);
        assert_eq!(rig.refusal().retry_after(), Some(told));
    }
    assert_eq!(rig.refusal().lasts(), Some(millis(100)));
    rig.pass(millis(100));
    assert!(rig.ticket().is_probe());
}
