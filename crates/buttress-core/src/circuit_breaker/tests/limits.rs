//! Clocks that jump, gaps of a century, counts without end.

use super::*;

const YEAR: u64 = 31_557_600;

fn windows() -> [Config; 4] {
    let rules = Config::builder().no_rules().failure_rate_threshold(0.5).minimum_calls(5);
    [
        rules.window(millis(100)),
        rules.window(secs(10)),
        rules.window(secs(366 * 24 * 3600)),
        rules.window_of_calls(5),
    ]
    .map(|builder| builder.build().expect("valid"))
}

#[test]
fn d8_a_gap_of_any_length_neither_wedges_nor_keeps_old_failures() {
    for config in windows() {
        for gap in [1, 10, 60, 3_600, YEAR, 50 * YEAR, 99 * YEAR, 100 * YEAR] {
            let rig = Rig::new(config);
            (0..4).for_each(|_| assert_eq!(rig.fail(), None));
            rig.pass(secs(gap));
            let by_time = matches!(config.window, Window::Time(length) if secs(gap) >= length);
            if by_time {
                assert_eq!(rig.snapshot().window.calls, 0, "{config:?}, {gap} s");
                (0..4).for_each(|_| assert_eq!(rig.fail(), None, "{config:?}, {gap} s"));
            }
            assert_eq!(rig.fail().map(|change| change.to), Some(State::Open), "{config:?}, {gap} s");
            rig.pass(secs(gap));
            let rig = if rig.breaker.try_acquire(rig.now()).is_err() { rig.due() } else { rig };
            while rig.state() != State::Closed {
                rig.pass(secs(10));
                rig.succeed();
            }
        }
    }
}

#[test]
fn f1_a_clock_that_jumps_back_makes_no_negative_age_and_expires_nothing() {
    for back in [Duration::from_nanos(1), secs(1), secs(100), secs(1_000)] {
        let rig = Rig::with(|b| b.slow_call_rate_threshold(0.5, secs(5)).half_open_probes(1));
        let jump = |rig: &Rig| {
            let earlier = rig.now().as_nanos().saturating_sub(back.as_nanos() as u64);
            rig.clock.set(Tick::from_nanos(earlier));
        };
        (0..4).for_each(|_| assert_eq!(rig.fail(), None));
        let open_ticket = rig.ticket();
        jump(&rig);
        assert_eq!((rig.snapshot().window.failures, rig.snapshot().in_state_for <= secs(1_000)), (4, true));
        assert_eq!(rig.end(open_ticket, Outcome::Success), None);
        assert_eq!(rig.snapshot().totals.slow, 0, "an age below zero is none");
        let rig = rig.due();
        let _lost = rig.ticket();
        jump(&rig);
        rig.refusal();
        rig.pass(back + secs(10));
        assert!(rig.ticket().is_probe(), "once the clock has caught up, the lease expires");
    }
}

#[test]
fn f1_at_the_end_of_time_nothing_overflows() {
    let rig =
        Rig::with(|b| b.probe_lease(Duration::MAX).escalation(1e300, Duration::MAX).open_for(Duration::MAX));
    rig.clock.set(Tick::MAX);
    let rig = rig.opened();
    assert!(rig.ticket().is_probe());
    assert_eq!(rig.snapshot().in_state_for, Duration::ZERO);
    rig.fail();
    assert_eq!(rig.open_for(), Tick::MAX.since(Tick::ZERO));
}

#[test]
fn f5_a_reader_that_never_reads_costs_no_memory_and_is_told_how_much_it_missed() {
    let rig = Rig::new(Config::default());
    let mut cursor = rig.breaker.cursor();
    for _ in 0..50_000 {
        rig.breaker.force_open(rig.now());
        rig.breaker.reset(rig.now());
    }
    assert_eq!(rig.snapshot().history.len(), 32);
    assert!(rig.breaker.journal().capacity() <= 64);
    let (oldest, missed) = rig.breaker.next_transition(&mut cursor).expect("there are changes to read");
    assert_eq!((oldest.number, missed), (100_000 - 31, 100_000 - 32));
    for number in oldest.number + 1..=100_000 {
        let (change, missed) = rig.breaker.next_transition(&mut cursor).expect("there are changes to read");
        assert_eq!((change.number, missed), (number, 0));
    }
    assert_eq!(rig.breaker.next_transition(&mut cursor), None);
}

#[test]
fn f7_s2_26_every_ending_has_its_counter_and_quiescence_has_no_leases() {
    let rig = Rig::with(|b| b.slow_call_rate_threshold(1.0, secs(2)));
    rig.succeed();
    rig.slow_call(secs(2), Outcome::Success);
    rig.call(Outcome::Throttled);
    rig.call(Outcome::Ignored);
    rig.call(Outcome::Cancelled);
    rig.breaker.release(rig.ticket());
    let rig = rig.opened();
    rig.refusal();
    rig.breaker.set_shadow(true);
    let unjudged = rig.ticket();
    assert_eq!(rig.end(unjudged, FAILURE), None);
    rig.breaker.set_shadow(false);
    let rig = rig.due();
    rig.succeed();
    let snapshot = rig.snapshot();
    let expected = Totals {
        successes: 3,
        failures: 6,
        slow: 1,
        throttled: 1,
        ignored: 1,
        cancelled: 1,
        rejected: snapshot.totals.rejected,
        would_reject: 1,
        ..Totals::default()
    };
    assert_eq!((snapshot.totals, snapshot.probes.in_flight), (expected, 0));
    assert_eq!(snapshot.totals.rejected, 2);
}

#[test]
fn c06_many_probes_that_fail_at_once_stay_in_their_own_field() {
    let rig = Rig::with(|b| b.half_open_probes(255).half_open_successes(255).half_open_failures(255)).due();
    (0..200).for_each(|_| assert_eq!(rig.fail(), None));
    let probes: Vec<_> = (0..255).map(|_| rig.ticket()).collect();
    let generation = rig.breaker.word().generation();
    // Probes whose failure is noted and whose reopening another thread is about to carry out.
    for probe in &probes {
        rig.breaker.settle_probe(probe, Word::probe_failed);
    }
    assert_eq!((rig.breaker.word().generation(), rig.state()), (generation, State::HalfOpen));
    assert!(rig.breaker.reopen(generation, None, rig.now()).is_some());
}
