//! Closed and forced: results beside changes of state.

use super::*;

#[test]
fn d3_two_failures_that_both_cross_the_threshold_make_one_change() {
    explore("trip race", |[first, second, both_counted], step_back| {
        let breaker = breaker(|b| b.failures_in_window(1));
        let (one, two) = (breaker.try_acquire(START).unwrap(), breaker.try_acquire(START).unwrap());
        let other = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(one, FAILURE, None, START)
        });
        step_back();
        let mine = breaker.record(two, FAILURE, None, START);
        let others = other.join().unwrap();
        first.note(mine.is_some());
        second.note(others.is_some());
        assert!(mine.is_some() != others.is_some());
        let told = assert_told_in_order(&breaker);
        assert_eq!(told, mine.or(others).into_iter().collect::<Vec<_>>());
        both_counted.note(told[0].cause.to_string().starts_with('2'));
        assert_eq!(breaker.snapshot(START).totals.failures, 2);
    });
}

#[test]
fn d3_a_run_of_failures_by_two_threads_is_counted_to_its_end() {
    explore("run race", |[first, second], step_back| {
        let breaker = breaker(|b| b.no_rules().consecutive_failures(2));
        let (one, two) = (breaker.try_acquire(START).unwrap(), breaker.try_acquire(START).unwrap());
        let other = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(one, FAILURE, None, START).is_some()
        });
        step_back();
        let mine = breaker.record(two, FAILURE, None, START).is_some();
        let others = other.join().unwrap();
        first.note(mine);
        second.note(others);
        assert!(mine != others, "two failures in a row, and a limit of two");
        assert_eq!(assert_told_in_order(&breaker).len(), 1);
    });
}

#[test]
fn d3_a_reader_beside_a_writer_misses_nothing_and_sees_nothing_twice() {
    explore("journal", |[none, one, two], step_back| {
        let breaker = breaker(|b| b);
        let writer = thread::spawn({
            let breaker = breaker.clone();
            move || {
                breaker.force_open(START);
                breaker.reset(START);
            }
        });
        step_back();
        let mut cursor = Cursor::default();
        let mut seen = 0;
        for _ in 0..2 {
            if let Some((change, missed)) = breaker.next_transition(&mut cursor) {
                seen += 1;
                assert_eq!((change.number, missed), (seen, 0));
            }
        }
        [none, one, two][seen as usize].note(true);
        writer.join().unwrap();
        assert_eq!(std::iter::from_fn(|| breaker.next_transition(&mut cursor)).count() as u64, 2 - seen);
        assert_told_in_order(&breaker);
    });
}

/// A result of the first closed time comes while a probe closes the breaker again.
fn stale_result_beside_closing(outcome: Outcome) {
    explore("stale result, closing", move |[closed], step_back| {
        let breaker = breaker(|b| b.half_open_successes(1).window_of_calls(1));
        let stale = breaker.try_acquire(START).expect("it is closed");
        let breaker = opened(breaker);
        let probe = probe(&breaker);
        let straggler = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(stale, outcome, None, DUE)
        });
        step_back();
        closed.note(breaker.record(probe, Outcome::Success, None, DUE).is_some());
        assert_eq!(straggler.join().expect("no panic"), None);
        let snapshot = breaker.snapshot(DUE);
        assert_eq!(
            (snapshot.state, snapshot.window.calls, snapshot.consecutive_failures),
            (State::Closed, 0, 0)
        );
        assert_eq!(snapshot.totals.successes + snapshot.totals.failures, 3);
        assert_eq!(assert_told_in_order(&breaker).len(), 3);
    });
}

#[test]
fn d4_b7_a_stale_success_leaves_the_new_window_empty() {
    stale_result_beside_closing(Outcome::Success);
}

#[test]
fn d4_b7_a_stale_failure_leaves_the_new_window_empty_and_the_breaker_closed() {
    stale_result_beside_closing(FAILURE);
}

#[test]
fn d4_d9_a_failure_beside_a_reset_is_before_it_or_counts_for_nothing() {
    explore("failure, reset", |[before, after], step_back| {
        let breaker = breaker(|b| {
            b.window_of_calls(1).minimum_calls(1).slow_call_rate_threshold(1.0, Duration::from_secs(1))
        });
        let ticket = breaker.try_acquire(Tick::ZERO).unwrap();
        let failing = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(ticket, FAILURE, None, START).is_some()
        });
        step_back();
        breaker.reset(START);
        let opened = failing.join().unwrap();
        before.note(opened);
        after.note(!opened);
        let snapshot = breaker.snapshot(START);
        assert_eq!((snapshot.state, snapshot.window.calls), (State::Closed, 0));
        assert_eq!(
            (snapshot.totals.failures, snapshot.totals.slow),
            (1, 1),
            "its slowness is counted with it"
        );
        assert_eq!(assert_told_in_order(&breaker).len(), 1 + usize::from(opened));
    });
}

#[test]
fn d4_a_success_beside_a_reset_is_counted_in_the_window_of_neither_or_before() {
    explore("success, reset", |[done], step_back| {
        let breaker = breaker(|b| b);
        let ticket = breaker.try_acquire(START).unwrap();
        let calling = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(ticket, Outcome::Success, None, START)
        });
        step_back();
        breaker.reset(START);
        assert_eq!(calling.join().unwrap(), None);
        let snapshot = breaker.snapshot(START);
        assert_eq!((snapshot.window.calls, snapshot.totals.successes), (0, 1));
        done.note(true);
    });
}

#[test]
fn d9_a_forced_opening_stands_whatever_ends_beside_it() {
    explore("failure, force open", |[before, after], step_back| {
        let breaker = breaker(|b| b);
        let ticket = breaker.try_acquire(START).unwrap();
        let failing = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(ticket, FAILURE, None, START).is_some()
        });
        step_back();
        breaker.force_open(START).expect("it was not forced open before");
        let opened = failing.join().unwrap();
        before.note(opened);
        after.note(!opened);
        assert_eq!(breaker.state(), State::ForcedOpen);
        assert_eq!(assert_told_in_order(&breaker).len(), 1 + usize::from(opened));
        assert_eq!(
            breaker.try_acquire(DUE).map_err(|refusal| refusal.reason()).err(),
            Some(Reason::ForcedOpen)
        );
    });
}

#[test]
fn d9_shadow_and_a_change_of_state_do_not_lose_each_other() {
    explore("shadow, force", |[done], step_back| {
        let breaker = breaker(|b| b);
        let operator = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.set_shadow(true)
        });
        step_back();
        breaker.force_open(START);
        operator.join().unwrap();
        let snapshot = breaker.snapshot(START);
        assert!(snapshot.shadow && snapshot.state == State::ForcedOpen);
        done.note(true);
    });
}

#[test]
fn b7_f7_every_admission_has_one_ending() {
    explore("totals", |[admitted, refused], step_back| {
        let breaker = breaker(|b| b.window_of_calls(1));
        let caller = thread::spawn({
            let breaker = breaker.clone();
            move || match breaker.try_acquire(START) {
                Ok(ticket) => {
                    breaker.record(ticket, Outcome::Success, None, START);
                    1
                }
                Err(_) => 0,
            }
        });
        step_back();
        let ticket = breaker.try_acquire(START).unwrap();
        breaker.record(ticket, FAILURE, None, START);
        let others = caller.join().unwrap();
        admitted.note(others == 1);
        refused.note(others == 0);
        let totals = breaker.snapshot(START).totals;
        assert_eq!((totals.successes, totals.failures, totals.rejected), (others, 1, 1 - others));
    });
}

#[test]
fn f3_throttled_calls_that_a_success_takes_out_leave_no_trace_behind() {
    explore("clear on success", |[cleared, kept], step_back| {
        let breaker = breaker(|b| b.failures_in_window(2).clear_on_success(true).count_throttling(true));
        let (throttled, good) = (breaker.try_acquire(START).unwrap(), breaker.try_acquire(START).unwrap());
        let caller = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(throttled, Outcome::Throttled, None, START)
        });
        step_back();
        assert_eq!(breaker.record(good, Outcome::Success, None, START), None);
        assert_eq!(caller.join().unwrap(), None);
        let failures = breaker.snapshot(START).window.failures;
        cleared.note(failures == 0);
        kept.note(failures == 1);
        let ticket = breaker.try_acquire(START).unwrap();
        breaker.record(ticket, Outcome::Success, None, START);
        assert_eq!(breaker.snapshot(START).window.failures, 0, "the next success takes out what is left");
    });
}

#[test]
fn d3_d9_a_failure_a_reset_and_a_forced_opening_leave_one_chain_of_changes() {
    explore_within(Some(2), "three hands", |[forced, closed, opened], step_back| {
        let breaker = breaker(|b| b.window_of_calls(1));
        let ticket = breaker.try_acquire(START).unwrap();
        let failing = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.record(ticket, FAILURE, None, START).is_some()
        });
        let operator = thread::spawn({
            let breaker = breaker.clone();
            move || breaker.reset(START).is_some()
        });
        step_back();
        breaker.force_open(START).expect("it was not forced open before");
        let told = 1 + usize::from(failing.join().unwrap()) + usize::from(operator.join().unwrap());
        opened.note(told == 3);
        let changes = assert_told_in_order(&breaker);
        assert_eq!(changes.len(), told);
        forced.note(breaker.state() == State::ForcedOpen);
        closed.note(breaker.state() == State::Closed);
        assert!(
            breaker.state() != State::Open,
            "a failure opens only what is closed, and that generation is over"
        );
    });
}
