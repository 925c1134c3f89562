//! The tests of the tests: a layer with a fault is rejected, for that fault, and its twin without one is not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod door;
mod gate;
mod limit;
mod tape;

use gate::Gate;
use limit::{Fault, subject};
use std::collections::HashSet;
use std::time::Duration;
use support::{Make, caught, checks};

/// Holds the limit with and without `fault` to `check`.
fn tells_apart(check: fn(Make<'_>), fault: Fault, reason: &str) {
    check(&|| subject(Fault::Nothing));
    rejects(|| check(&|| subject(fault)), reason);
}

/// The same for the door.
fn tells_doors_apart(check: fn(Make<'_>), fault: door::Fault, reason: &str) {
    check(&|| door::subject(door::Fault::Nothing));
    rejects(|| check(&|| door::subject(fault)), reason);
}

fn rejects(check: impl FnOnce(), reason: &str) {
    let message = caught(check).expect_err("the faulty one passes");
    assert!(message.contains(reason), "rejected, but for another reason: {message}");
}

#[test]
fn a1_a_layer_that_calls_what_was_not_ready_is_rejected() {
    tells_apart(checks::only_the_ready_is_called, Fault::CallsAClone, "without having been ready");
}

#[test]
fn a1_a_layer_that_decides_again_when_it_is_called_is_rejected() {
    let check = checks::a_decision_is_kept;
    tells_doors_apart(check, door::Fault::RefusesWhoWasReady, "although the layer shut");
    tells_doors_apart(check, door::Fault::AdmitsWhoWasRefused, "although the layer opened");
}

#[test]
fn a2_a_layer_that_reserves_at_each_poll_is_rejected() {
    tells_apart(checks::reserves_once, Fault::ReservesAgain, "takes another place");
}

#[test]
fn a3_a_layer_whose_clones_are_ready_is_rejected() {
    tells_apart(checks::clones_start_unready, Fault::ClonesItsPlace, "a clone takes places");
}

#[test]
fn a4_a_layer_that_keeps_the_place_of_the_dropped_is_rejected() {
    tells_apart(checks::drops_give_back, Fault::KeepsThePlaceOfTheDropped, "still held");
}

#[test]
fn a5_a_layer_that_keeps_its_place_after_an_error_is_rejected() {
    tells_apart(checks::readiness_errors_come_through, Fault::KeepsThePlaceAfterAnError, "still held");
}

#[test]
fn a6_a_layer_that_keeps_the_first_waker_is_rejected() {
    tells_apart(checks::the_last_waker_gets_the_place, Fault::KeepsTheFirstWaker, "wakes of the first waker");
    let fault = door::Fault::AsksWithTheFirstWaker;
    tells_doors_apart(checks::the_last_waker_is_woken, fault, "wakes of the first waker");
}

#[test]
fn a7_a_layer_that_loses_the_wake_of_a_dropped_waiter_is_rejected() {
    tells_apart(checks::no_wake_is_lost, Fault::LosesTheWakeOfTheDropped, "so many went on");
}

#[test]
fn a7_a_layer_that_wakes_nobody_is_rejected_on_two_threads() {
    checks::everybody_has_a_turn_on_two_threads(&|| subject(Fault::Nothing));
    let soon = Duration::from_secs(1);
    let faulty = || checks::everybody_has_a_turn_within(soon, &|| subject(Fault::WakesNobody));
    rejects(faulty, "somebody waits for ever");
}

#[test]
fn a8_a_layer_that_asks_again_and_again_is_rejected() {
    tells_apart(checks::nobody_is_polled_in_vain, Fault::Spins, "in a minute of nothing new");
}

#[test]
fn a9_a_layer_that_asks_beneath_before_it_refuses_is_rejected() {
    let fault = door::Fault::AsksBeneathFirst;
    tells_doors_apart(checks::a_refusal_touches_nothing, fault, "asked for readiness");
}

#[test]
fn a10_a_layer_whose_idle_services_pin_more_than_their_place_is_rejected() {
    tells_apart(checks::an_idle_holder_pins_one_place, Fault::TakesTwoPlaces, "pins more");
}

#[test]
fn a13_a_layer_that_takes_its_time_is_rejected() {
    tells_apart(checks::changes_nothing, Fault::IsSlow, "shows with the layer");
    let check = checks::changes_nothing_over_random_plans;
    check(&|| limit::wide(Fault::Nothing));
    rejects(|| check(&|| limit::wide(Fault::IsSlow)), "shows with the layer");
}

#[test]
fn b1_a_layer_that_keeps_the_place_of_a_cancelled_call_is_rejected() {
    let fault = Fault::KeepsThePlaceOfACancelledCall;
    tells_apart(checks::a_dropped_call_leaves_nothing, fault, "dropped after poll 0: places of the layer");
    tells_apart(checks::a_panic_costs_one_call, fault, "a place is still held");
    tells_apart(checks::a_runtime_can_end_at_any_time, fault, "after the end of the runtime");
}

#[test]
fn b2_b7_a_layer_that_counts_a_cancelled_call_twice_is_rejected() {
    let fault = Fault::CountsACancelledCallTwice;
    tells_apart(checks::a_dropped_call_leaves_nothing, fault, "outcomes and cancellations");
    tells_apart(checks::every_call_has_one_outcome, fault, "outcomes and calls in flight");
    tells_apart(checks::every_call_has_one_outcome_on_two_threads, fault, "outcomes and calls in flight");
}

#[test]
fn b1_a_layer_that_leaves_a_task_behind_is_rejected() {
    tells_apart(checks::a_dropped_call_leaves_nothing, Fault::LeavesATask, "tasks are left behind");
}

#[test]
fn a_layer_whose_services_share_nothing_is_rejected() {
    tells_apart(checks::all_services_share_one_state, Fault::SharesNothing, "writes elsewhere");
}

#[test]
fn d2_a_breaker_that_admits_any_number_of_probes_is_rejected() {
    checks::probes_are_few(|| Gate::new(gate::Fault::Nothing));
    let faulty = || Gate::new(gate::Fault::AdmitsAnyNumberOfProbes);
    rejects(|| checks::probes_are_few(faulty), "probes that are out at once");
}

#[test]
fn d4_a_breaker_that_counts_old_results_is_rejected() {
    checks::old_results_change_nothing(|| Gate::new(gate::Fault::Nothing));
    let faulty = || Gate::new(gate::Fault::CountsOldResults);
    rejects(|| checks::old_results_change_nothing(faulty), "successes from before it opened");
}

#[test]
fn e7_a_replay_that_sends_another_body_is_rejected() {
    let check = |fault| checks::every_attempt_sends_all_of_the_body(|| tape::Tape(fault));
    check(tape::Fault::Nothing);
    rejects(|| check(tape::Fault::SendsAChunkTwice), "one one two three");
    rejects(|| check(tape::Fault::SendsNothingAgain), "has another body");
    rejects(|| check(tape::Fault::LosesTheTrailers), "has other trailers");
}

#[test]
fn every_check_is_held_against_a_fault() {
    fn names(code: &str) -> impl Iterator<Item = &str> {
        code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|name| name.contains('_'))
    }
    let here: HashSet<_> = names(include_str!("main.rs")).collect();
    let uses =
        include_str!("../support/checks/mod.rs").split(';').filter_map(|code| code.split_once("pub use"));
    let mut checks = 0;
    for check in uses.flat_map(|(_, used)| names(used.split_once("::").unwrap().1)) {
        assert!(here.contains(check), "no fault is known that {check} finds");
        checks += 1;
    }
    assert!(checks > 20, "{checks}");
}
