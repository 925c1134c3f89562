//! Half-open: leases, takeovers, and probes that decide.

use super::*;

#[test]
fn d2_d5_a_lease_that_comes_back_goes_to_one_of_two_who_want_it() {
    explore("lease, cancel, acquire", |[first, second, neither], step_back| {
        let breaker = opened(breaker(|b| b.half_open_probes(1).half_open_successes(1)));
        let lease = probe(&breaker);
        let canceller = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.cancel(lease)
        });
        let other = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.try_acquire(DUE).is_ok()
        });
        step_back();
        let mine = breaker.try_acquire(DUE).is_ok();
        canceller.join().unwrap();
        let others = other.join().unwrap();
        first.note(mine);
        second.note(others);
        neither.note(!mine && !others);
        assert!(!(mine && others), "one place, two leases");
        assert_eq!(breaker.snapshot(DUE).probes.in_flight, u64::from(mine || others));
        assert_eq!(breaker.try_acquire(DUE).is_ok(), !mine && !others, "the lease came back");
    });
}

#[test]
fn d2_d3_two_who_come_when_the_open_time_is_over_half_open_it_once_and_get_one_probe() {
    explore("half-opening", |[first, second], step_back| {
        let breaker = opened(breaker(|b| b.half_open_probes(1)));
        let other = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.try_acquire(DUE).is_ok()
        });
        step_back();
        let mine = breaker.try_acquire(DUE);
        let others = other.join().unwrap();
        first.note(mine.is_ok());
        second.note(others);
        assert!(mine.is_ok() != others);
        assert_eq!(assert_told_in_order(&breaker).len(), 2);
        assert_eq!(breaker.snapshot(DUE).totals.rejected, 1);
    });
}

#[test]
fn d9_a_reset_stands_beside_a_probe_that_fails() {
    explore("failed probe, reset", |[before, after], step_back| {
        let breaker = opened(breaker(|b| b));
        let probe = probe(&breaker);
        let failing = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(probe, FAILURE, None, DUE).is_some()
        });
        step_back();
        breaker.reset(DUE);
        let reopened = failing.join().unwrap();
        before.note(reopened);
        after.note(!reopened);
        let snapshot = breaker.snapshot(DUE);
        assert_eq!((snapshot.state, snapshot.window.calls), (State::Closed, 0));
        assert_eq!(assert_told_in_order(&breaker).len(), 3 + usize::from(reopened));
    });
}

#[test]
fn d2_d3_d5_a_failed_probe_beside_a_successful_one_reopens_once_and_nothing_is_wedged() {
    explore("probes that disagree", |[success_first, failure_first], step_back| {
        let breaker = opened(breaker(|b| {
            b.half_open_probes(2).half_open_successes(2).escalation(2.0, Duration::from_secs(60))
        }));
        let (good, bad) = (probe(&breaker), probe(&breaker));
        let failing = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(bad, FAILURE, None, DUE)
        });
        step_back();
        assert_eq!(breaker.record(good, Outcome::Success, None, DUE), None);
        let reopened = failing.join().unwrap();
        assert_eq!(breaker.state(), State::Open);
        let told = assert_told_in_order(&breaker);
        assert_eq!((told.len(), told.last().copied()), (3, reopened));
        // A success before it keeps the open time from growing.
        let open_for = reopened.and_then(|change| change.open_for).expect("the failed probe reopens");
        success_first.note(open_for == Duration::from_secs(1));
        failure_first.note(open_for == Duration::from_secs(2));
        assert!(breaker.try_acquire(DUE + open_for).is_ok());
    });
}

/// Two probes that end alike: together they decide, and one of them carries it out.
fn probes_that_agree(outcome: Outcome, to: State) {
    explore("probes that agree", move |[first, second], step_back| {
        let breaker = breaker(|b| b.half_open_probes(2).half_open_successes(2).half_open_failures(1));
        let breaker = opened(breaker);
        let (one, two) = (probe(&breaker), probe(&breaker));
        let other = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(one, outcome, None, DUE).is_some()
        });
        step_back();
        let mine = breaker.record(two, outcome, None, DUE).is_some();
        let others = other.join().expect("no panic");
        first.note(mine);
        second.note(others);
        assert!(mine != others, "exactly one of them wins");
        assert_eq!((assert_told_in_order(&breaker).len(), breaker.state()), (3, to));
    });
}

#[test]
fn d3_two_successes_close_once() {
    probes_that_agree(Outcome::Success, State::Closed);
}

#[test]
fn d3_two_failed_probes_reopen_once() {
    probes_that_agree(FAILURE, State::Open);
}

#[test]
fn d2_no_probe_goes_out_beside_the_one_that_decides() {
    explore("deciding probe, acquire", |[refused, closed], step_back| {
        let breaker = opened(breaker(|b| b.half_open_probes(3).half_open_successes(1)));
        let deciding = probe(&breaker);
        let caller = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.try_acquire(EXPIRED).map(|ticket| ticket.is_probe())
        });
        step_back();
        let change = breaker.record(deciding, Outcome::Success, None, DUE);
        match caller.join().unwrap() {
            Ok(is_probe) => {
                closed.note(!is_probe);
                // The lease had expired for the caller: then the late success is none.
                assert_eq!(change.is_some(), !is_probe);
            }
            Err(_) => refused.note(change.is_some()),
        }
        assert_told_in_order(&breaker);
    });
}

#[test]
fn d2_d5_an_expired_lease_is_taken_over_once() {
    explore("lease expiry", |[first, second], step_back| {
        let breaker = opened(breaker(|b| b.half_open_probes(1)));
        let lost = probe(&breaker);
        let other = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.try_acquire(EXPIRED).is_ok()
        });
        step_back();
        let mine = breaker.try_acquire(EXPIRED).is_ok();
        let others = other.join().unwrap();
        first.note(mine);
        second.note(others);
        assert!(mine != others, "one lease expired, one is given out");
        let snapshot = breaker.snapshot(EXPIRED);
        assert_eq!((snapshot.probes.in_flight, snapshot.totals.expired_leases), (1, 1));
        breaker.cancel(lost);
        assert_eq!(
            breaker.snapshot(EXPIRED).probes.in_flight,
            1,
            "a lease that was given up does not come back"
        );
    });
}

#[test]
fn d2_d4_a_late_probe_beside_its_takeover_counts_or_is_replaced() {
    explore("late probe, takeover", |[counted, replaced], step_back| {
        let breaker = opened(breaker(|b| b.half_open_probes(1).half_open_successes(2)));
        let late = probe(&breaker);
        let caller = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.try_acquire(EXPIRED).is_ok()
        });
        step_back();
        assert_eq!(breaker.record(late, Outcome::Success, None, EXPIRED), None);
        assert!(caller.join().unwrap(), "one way or the other there is a place");
        let snapshot = breaker.snapshot(EXPIRED);
        counted.note(snapshot.probes.successes == 1);
        replaced.note(snapshot.totals.expired_leases == 1);
        assert_eq!(snapshot.probes.successes + snapshot.totals.expired_leases, 1);
        assert_eq!(snapshot.probes.in_flight, 1);
    });
}

#[test]
fn d2_d3_three_who_come_when_the_open_time_is_over_get_two_places() {
    explore_within(Some(2), "three callers", |[first, second, third], step_back| {
        let breaker = opened(breaker(|b| b.half_open_probes(2).half_open_successes(2)));
        let others = [(), ()].map(|()| {
            let breaker = breaker.clone();
            thread::spawn(move || breaker.try_acquire(DUE).is_ok())
        });
        step_back();
        let mine = breaker.try_acquire(DUE).is_ok();
        let [one, two] = others.map(|other| other.join().unwrap());
        first.note(!mine);
        second.note(!one);
        third.note(!two);
        assert_eq!([mine, one, two].into_iter().filter(|admitted| *admitted).count(), 2);
        assert_eq!(breaker.snapshot(DUE).probes.in_flight, 2);
        assert_eq!(assert_told_in_order(&breaker).len(), 2);
    });
}

#[test]
fn d2_d3_no_lease_is_given_up_beside_the_failure_that_decides() {
    explore("deciding failure, takeover", |[refused, taken_over, after], step_back| {
        let breaker = opened(breaker(|b| b.half_open_probes(2).half_open_successes(2)));
        let (deciding, _lost) = (probe(&breaker), probe(&breaker));
        let caller = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.try_acquire(EXPIRED).is_ok()
        });
        step_back();
        let reopened = breaker.record(deciding, FAILURE, None, DUE).is_some();
        let admitted = caller.join().unwrap();
        let snapshot = breaker.snapshot(EXPIRED);
        refused.note(!admitted);
        taken_over.note(!reopened);
        after.note(admitted && reopened);
        assert!(reopened || snapshot.totals.expired_leases == 2, "it decides, or its lease had expired");
        assert_eq!(snapshot.probes.failures, 0, "a failure that decided is carried out");
        assert_eq!(
            assert_told_in_order(&breaker).len(),
            2 + usize::from(reopened) + usize::from(admitted && reopened)
        );
    });
}

#[test]
fn d4_d9_a_reset_beside_a_takeover_leaves_a_window_that_counts() {
    explore("takeover, reset", |[taken_over, closed_first], step_back| {
        let breaker = opened(breaker(|b| b.half_open_probes(1)));
        let _lost = probe(&breaker);
        let caller = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.try_acquire(EXPIRED).expect("a place is free in either state")
        });
        step_back();
        breaker.reset(EXPIRED);
        let ticket = caller.join().unwrap();
        taken_over.note(ticket.is_probe());
        closed_first.note(!ticket.is_probe());
        let after = breaker.try_acquire(EXPIRED).unwrap();
        breaker.record(after, Outcome::Success, None, EXPIRED);
        assert_eq!((breaker.state(), breaker.snapshot(EXPIRED).window.calls), (State::Closed, 1));
    });
}
