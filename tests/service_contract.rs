//! The contract of every layer in every mode: one line per layer.

use support::{breaker, checks, subjects};

/// The checks of a kind, run against the subject that `$make` makes.
macro_rules! tests {
    ($make:path => $(fn $name:ident() = $check:ident;)+) => {$(
        #[test]
        fn $name() {
            checks::$check(&$make);
        }
    )+};
}

/// What holds for any layer.
macro_rules! any {
    ($make:path) => {
        // A11 is the bounds of what a subject is made of.
        tests! { $make =>
            fn a1_a11_the_inner_service_is_called_only_when_it_was_ready() = only_the_ready_is_called;
            fn a1_a9_what_readiness_decided_is_what_the_call_does() = a_decision_is_kept;
            fn a2_polling_again_reserves_nothing_more() = reserves_once;
            fn a3_a_clone_is_not_ready_and_owns_nothing() = clones_start_unready;
            fn a4_dropping_a_ready_service_gives_everything_back() = drops_give_back;
            fn a5_a_readiness_error_comes_through_unchanged() = readiness_errors_come_through;
            fn a6_the_last_waker_is_woken() = the_last_waker_is_woken;
            fn a8_nobody_is_polled_in_vain() = nobody_is_polled_in_vain;
            fn b1_b2_a_call_dropped_at_any_point_leaves_nothing() = a_dropped_call_leaves_nothing;
            fn b3_a_panic_costs_one_call() = a_panic_costs_one_call;
            fn b6_a_runtime_can_end_at_any_time() = a_runtime_can_end_at_any_time;
            fn b7_every_admitted_call_has_one_outcome() = every_call_has_one_outcome;
            fn b7_and_on_two_threads_too() = every_call_has_one_outcome_on_two_threads;
            fn all_services_share_one_state() = all_services_share_one_state;
        }
    };
}

/// Every layer is one of three kinds.
macro_rules! contract {
    (
        // Lets every call pass as long as all is well.
        open { $($open:ident;)+ }
        // Has a number of places, and refuses who finds none.
        refusing { $($refusing:ident;)+ }
        // Has a number of places, and lets who finds none wait.
        waiting { $($waiting:ident;)+ }
        // Has a number of places, and lets calls wait for them.
        queueing { $($queueing:ident;)+ }
    ) => {
        $(mod $open {
            use super::*;
            any!(subjects::$open);
            tests! { subjects::$open =>
                fn a13_it_changes_nothing() = changes_nothing;
                fn a13_it_changes_nothing_until_it_has_a_reason_to() = changes_nothing_over_random_plans;
            }
        })+
        $(mod $refusing {
            use super::*;
            any!(subjects::$refusing);
            tests! { subjects::$refusing =>
                fn a9_a_refusal_touches_nothing() = a_refusal_touches_nothing;
                fn a10_an_idle_holder_pins_one_place() = an_idle_holder_pins_one_place;
            }
        })+
        $(mod $waiting {
            use super::*;
            any!(subjects::$waiting);
            tests! { subjects::$waiting =>
                fn a6_the_last_waker_gets_the_place() = the_last_waker_gets_the_place;
                fn a7_no_wake_is_lost() = no_wake_is_lost;
                fn a7_everybody_has_a_turn() = everybody_has_a_turn_on_two_threads;
                fn a10_an_idle_holder_pins_one_place() = an_idle_holder_pins_one_place;
            }
        })+
        $(mod $queueing {
            use super::*;
            any!(subjects::$queueing);
        })+
    };
}

contract! {
    open {
        bulkhead;
        bulkhead_typed;
        bulkhead_off;
        bulkhead_static;
        bulkhead_adaptive;
        bulkhead_weighing;
        bulkhead_keyed;
        bulkhead_at_body_end;
        bulkhead_respond;
        bandwidth;
        bandwidth_keyed;
        bandwidth_off;
        circuit_breaker;
        circuit_breaker_waiting;
        circuit_breaker_typed;
        circuit_breaker_off;
        circuit_breaker_with_bypass;
        circuit_breaker_static;
        circuit_breaker_keyed;
        circuit_breaker_at_body_end;
        circuit_breaker_respond;
        circuit_breaker_as_status;
        circuit_breaker_in_shadow;
        error_budget;
        error_budget_at_body_end;
        error_budget_off;
        error_budget_respond;
        error_budget_shedding;
        error_budget_static;
        error_budget_timed;
        error_budget_typed;
        error_budget_with_bypass;
        failure_log;
        failure_log_curious;
        failure_log_at_body_end;
        failure_log_off;
        fallback;
        fallback_off;
        fallback_typed;
        fallback_that_fails;
        fallback_over_http;
        operation;
        rate_limit;
        rate_limit_with_cost;
        rate_limit_typed;
        rate_limit_off;
        rate_limit_static;
        rate_limit_with_bypass;
        rate_limit_of_several;
        rate_limit_waiting;
        rate_limit_keyed;
        rate_limit_keyed_waiting;
        rate_limit_respond;
        rate_limit_following;
        retry;
        retry_typed;
        retry_off;
        retry_over_http;
        router;
        router_typed;
        router_at_body_end;
        stack;
        stack_typed;
        stack_off;
        timeout;
        timeout_typed;
        timeout_adaptive;
        timeout_off;
        deadline;
        deadline_typed;
        deadline_off;
        deadline_http;
    }
    refusing {
        bulkhead_full;
        bulkhead_full_keyed;
        bulkhead_full_at_body_end;
        bulkhead_full_respond;
        circuit_breaker_half_open;
        circuit_breaker_half_open_with_bypass;
        circuit_breaker_half_open_keyed;
        circuit_breaker_half_open_at_body_end;
        circuit_breaker_half_open_respond;
        circuit_breaker_half_open_as_status;
        router_half_open;
    }
    waiting {
        bulkhead_backpressure;
        circuit_breaker_half_open_waiting;
        // Somebody else's, which shows that the checks ask for no more than the contract.
        tower_concurrency_limit;
    }
    queueing {
        bulkhead_queueing;
    }
}

#[test]
fn d2_half_open_it_admits_as_many_probes_as_it_says() {
    checks::probes_are_few(breaker::of_three_probes);
}

#[test]
fn d4_a_result_of_an_older_generation_changes_nothing() {
    checks::old_results_change_nothing(breaker::of_three_probes);
}
