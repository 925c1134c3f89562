//! F3, W02: each knob of the way back changes what the breaker does.

use super::*;

#[test]
fn f3_open_for() {
    for time in [Duration::from_nanos(1), millis(250), secs(1), secs(3_600)] {
        let rig = Rig::new(Config::builder().jitter(0.0).open_for(time).build().unwrap()).opened();
        assert_eq!(rig.refusal().retry_after(), Some(time));
    }
}

#[test]
fn f3_escalation_grows_up_to_its_cap_while_no_probe_succeeds() {
    for (factor, expected) in [(1.0, [1, 1, 1, 1, 1]), (2.0, [1, 2, 4, 8, 10]), (3.0, [1, 3, 9, 10, 10])] {
        let rig = Rig::with(|b| b.escalation(factor, secs(10)));
        let rig = rig.opened();
        for (number, expected) in expected.into_iter().enumerate() {
            assert_eq!(rig.open_for(), secs(expected), "opening {number}, factor {factor}");
            rig.pass(secs(expected));
            rig.fail();
        }
    }
}

#[test]
fn f3_escalation_stands_after_a_successful_probe_and_is_forgotten_after_a_calm_window() {
    let rig = Rig::with(|b| b.escalation(2.0, secs(60))).due();
    rig.fail();
    rig.pass(secs(2));
    rig.succeed();
    rig.fail();
    assert_eq!(rig.open_for(), secs(2), "a probe succeeded, so it does not grow");
    for (calm, expected) in [(secs(9), 2), (secs(10), 1)] {
        rig.pass(secs(2));
        while rig.state() != State::Closed {
            rig.succeed();
        }
        rig.pass(calm);
        rig.failures(5);
        assert_eq!(rig.open_for(), secs(expected), "{calm:?}");
    }
}

#[test]
fn f3_jitter_spreads_within_its_share_in_both_directions_and_below_the_cap() {
    let times = |jitter: f64, max: Duration| -> Vec<Duration> {
        let config = Config::builder().open_for(secs(1)).escalation(1.0, max).jitter(jitter).build().unwrap();
        (0..1_000)
            .map(|seed| {
                let breaker = CircuitBreaker::new(config, seed, Tick::ZERO);
                (0..5).find_map(|_| {
                    breaker.record(breaker.try_acquire(Tick::ZERO).unwrap(), FAILURE, None, Tick::ZERO)
                })
            })
            .map(|change| change.and_then(|change| change.open_for).expect("it opens"))
            .collect()
    };
    assert!(times(0.0, secs(60)).iter().all(|time| *time == secs(1)));
    for (jitter, least, most) in [(0.5, 500, 1_500), (0.1, 900, 1_100), (1.0, 0, 2_000)] {
        let drawn = times(jitter, secs(60));
        let (low, high) = (drawn.iter().min().copied().unwrap(), drawn.iter().max().copied().unwrap());
        assert!(low >= millis(least) && low < millis(least + (most - least) / 20), "{jitter}: {low:?}");
        assert!(high < millis(most) && high > millis(most - (most - least) / 20), "{jitter}: {high:?}");
        let mean = drawn.iter().sum::<Duration>() / 1_000;
        assert!(mean.abs_diff(secs(1)) < millis((most - least) / 20), "{jitter}: mean {mean:?}");
    }
    assert_eq!(times(0.5, secs(1)).into_iter().max(), Some(secs(1)));
}

#[test]
fn f3_jitter_differs_from_opening_to_opening() {
    let rig = Rig::with(|b| b.jitter(0.5).escalation(1.0, secs(60)));
    let times: std::collections::HashSet<_> = (0..20)
        .map(|_| {
            rig.breaker.reset(rig.now());
            rig.failures(5);
            rig.open_for()
        })
        .collect();
    assert_eq!(times.len(), 20);
}

#[test]
fn f3_hint_max() {
    for (max, hint, expected) in [(10, 5, 5), (10, 60, 10), (0, 60, 1), (10, 0, 1), (100, 60, 60)] {
        let rig = Rig::with(|b| b.hint_max(secs(max)).consecutive_failures(1));
        let opened = rig.breaker.record(rig.ticket(), FAILURE, Some(secs(hint)), rig.now());
        assert_eq!(opened.and_then(|change| change.open_for), Some(secs(expected)));
        rig.pass(secs(expected));
        let reopened = rig.breaker.record(rig.ticket(), FAILURE, Some(secs(hint)), rig.now());
        assert_eq!(reopened.and_then(|change| change.open_for), Some(secs(expected)), "also of a probe");
    }
}

#[test]
fn f3_half_open_probes() {
    for probes in [1, 2, 5] {
        let rig = Rig::with(|b| b.half_open_probes(probes).half_open_successes(5)).due();
        let out: Vec<_> = (0..probes).map(|_| rig.ticket()).collect();
        rig.refusal();
        assert_eq!(rig.snapshot().probes.in_flight, out.len() as u64);
    }
}

#[test]
fn f3_half_open_successes() {
    for successes in [1, 4, 255] {
        let rig = Rig::with(|b| b.half_open_successes(successes)).due();
        (1..successes).for_each(|_| assert_eq!(rig.succeed(), None));
        assert!(rig.succeed().is_some());
    }
}

#[test]
fn f3_half_open_failures() {
    for failures in [1, 4, 255] {
        let rig = Rig::with(|b| b.half_open_failures(failures)).due();
        (1..failures).for_each(|_| assert_eq!(rig.fail(), None));
        assert_eq!(rig.fail().map(|change| change.to), Some(State::Open));
    }
}

#[test]
fn f3_probe_lease() {
    for lease in [millis(1), secs(3), secs(100)] {
        let rig = Rig::with(|b| b.half_open_probes(1).probe_lease(lease)).due();
        let _lost = rig.ticket();
        rig.pass(lease - Duration::from_nanos(1));
        rig.refusal();
        rig.pass(Duration::from_nanos(1));
        assert!(rig.ticket().is_probe());
    }
}

#[test]
fn f3_shadow_decides_and_reports_and_refuses_nothing_until_it_is_switched_off() {
    let rig = Rig::with(|b| b.shadow(true).half_open_probes(1)).opened();
    assert!(rig.snapshot().shadow);
    let admitted = rig.ticket();
    assert!(!admitted.is_probe());
    assert_eq!((rig.end(admitted, Outcome::Success), rig.state()), (None, State::Open));
    assert_eq!((rig.snapshot().totals.would_reject, rig.snapshot().totals.rejected), (1, 0));
    rig.pass(secs(1));
    let probe = rig.ticket();
    assert!(probe.is_probe() && !rig.ticket().is_probe());
    rig.breaker.set_shadow(false);
    assert_eq!((rig.refusal().reason(), rig.snapshot().shadow), (Reason::HalfOpen, false));
    rig.breaker.set_shadow(true);
    rig.breaker.force_open(rig.now());
    assert_eq!(rig.refusal().reason(), Reason::ForcedOpen, "an operator is obeyed in shadow too");
}
