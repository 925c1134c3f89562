//! Results that come when the breaker has moved on.

use super::*;

fn closed_again(rig: Rig) -> Rig {
    let rig = rig.due();
    while rig.state() != State::Closed {
        rig.succeed();
    }
    rig
}

#[test]
fn d4_w18_w37_what_began_before_the_opening_neither_closes_nor_reopens_a_half_open_breaker() {
    let rig = Rig::with(|b| b.half_open_successes(1));
    let (good, bad, throttled) = (rig.ticket(), rig.ticket(), rig.ticket());
    let rig = rig.due();
    let _probe = rig.ticket();
    for (ticket, outcome) in [(good, Outcome::Success), (bad, FAILURE), (throttled, Outcome::Throttled)] {
        assert_eq!((rig.end(ticket, outcome), rig.state()), (None, State::HalfOpen), "{outcome:?}");
    }
    assert_eq!(rig.snapshot().probes, Probes { in_flight: 1, ..Probes::default() });
}

#[test]
fn d4_results_of_an_older_generation_stay_out_of_the_new_window() {
    let rig = Rig::with(|b| b.count_throttling(true).slow_call_rate_threshold(0.9, secs(5)));
    let old: Vec<_> = (0..30).map(|_| rig.ticket()).collect();
    let rig = closed_again(rig);
    for (number, ticket) in old.into_iter().enumerate() {
        let outcome = [FAILURE, Outcome::Success, Outcome::Throttled][number % 3];
        assert_eq!(rig.end(ticket, outcome), None);
    }
    let snapshot = rig.snapshot();
    assert_eq!(
        (snapshot.state, snapshot.window, snapshot.consecutive_failures),
        (State::Closed, WindowCounts::default(), 0)
    );
    assert_eq!(snapshot.totals.failures, 5 + 20, "they count for the lifetime");
}

#[test]
fn d4_a_probe_of_an_older_cycle_counts_for_nothing() {
    let rig = Rig::with(|b| b.half_open_probes(2).half_open_successes(2)).due();
    let (old, failing) = (rig.ticket(), rig.ticket());
    assert!(rig.end(failing, FAILURE).is_some());
    let rig = rig.due();
    assert_eq!(rig.succeed(), None);
    assert_eq!((rig.end(old, Outcome::Success), rig.state()), (None, State::HalfOpen));
    assert!(rig.succeed().is_some());
}

#[test]
fn d9_a_forced_state_is_left_by_nobody_but_an_operator() {
    for outcome in [Outcome::Success, FAILURE] {
        let rig = Rig::with(|b| b.half_open_successes(1)).due();
        let probe = rig.ticket();
        rig.breaker.force_open(rig.now());
        assert_eq!((rig.end(probe, outcome), rig.state()), (None, State::ForcedOpen));
        rig.breaker.force_closed(rig.now());
        (0..30).for_each(|_| assert_eq!(rig.call(outcome), None));
        rig.breaker.reset(rig.now());
        assert_eq!((rig.state(), rig.snapshot().window.calls), (State::Closed, 0));
    }
}

#[test]
fn d9_a_reset_empties_the_window_and_forgets_the_escalation() {
    let rig = Rig::new(Config::builder().jitter(0.0).build().unwrap());
    for expected in [1, 2, 4] {
        let rig = &rig;
        if rig.state() == State::Closed {
            rig.failures(5);
        } else {
            rig.fail();
        }
        assert_eq!(rig.open_for(), secs(expected));
        rig.pass(secs(expected));
    }
    rig.breaker.reset(rig.now());
    assert_eq!(rig.opened().open_for(), secs(1));
}

#[test]
fn w17_the_open_time_starts_when_the_failing_call_ends_not_when_it_began() {
    let rig = Rig::with(|b| b.consecutive_failures(1).escalation(1.0, millis(100)).open_for(millis(100)));
    let change = rig.slow_call(millis(150), FAILURE).expect("it opens");
    assert_eq!((change.at, rig.refusal().retry_after()), (rig.now(), Some(millis(100))));
}

#[test]
fn d6_d5_an_ignored_throttled_cancelled_or_released_probe_frees_its_place() {
    let rig = Rig::with(|b| b.half_open_probes(1)).due();
    for outcome in [Outcome::Ignored, Outcome::Throttled, Outcome::Cancelled] {
        assert_eq!((rig.call(outcome), rig.snapshot().probes.in_flight), (None, 0), "{outcome:?}");
    }
    rig.breaker.release(rig.ticket());
    drop(Permit::acquire(&rig.breaker, rig.now()).expect("the place is free"));
    Permit::acquire(&rig.breaker, rig.now()).expect("the place is free").release();
    let totals = rig.snapshot().totals;
    assert_eq!((totals.ignored, totals.throttled, totals.cancelled), (1, 1, 2));
    assert_eq!(rig.snapshot().probes, Probes::default());
}

#[test]
fn b2_a_cancelled_call_is_counted_once_and_stays_out_of_the_window() {
    let rig = Rig::new(Config::default());
    rig.failures(4);
    (0..20).for_each(|_| drop(Permit::acquire(&rig.breaker, rig.now()).expect("closed")));
    let snapshot = rig.snapshot();
    assert_eq!((snapshot.totals.cancelled, snapshot.totals.panicked), (20, 0));
    assert_eq!((snapshot.window.calls, snapshot.consecutive_failures), (4, 4));
}

#[test]
fn b3_a_panic_gives_the_lease_back_and_is_counted() {
    let rig = Rig::with(|b| b.half_open_probes(1)).due();
    let panicked = std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let _permit = Permit::acquire(&rig.breaker, rig.now()).expect("a probe is due");
            std::panic::resume_unwind(Box::new("the call panics"));
        });
        call.join().is_err()
    });
    let totals = rig.snapshot().totals;
    assert_eq!((panicked, totals.panicked, totals.cancelled), (true, 1, 1));
    assert!(rig.ticket().is_probe());
}

#[test]
fn f3_hint_max_a_permit_records_with_its_hint() {
    let rig = Rig::with(|b| b.consecutive_failures(1));
    let permit = Permit::acquire(&rig.breaker, rig.now()).expect("closed");
    let change = permit.record_with_hint(FAILURE, Some(secs(5)), rig.now()).expect("it opens");
    assert_eq!(change.open_for, Some(secs(5)));
}
