//! Any layer over any other: ours over each other, over those of tower and beneath them.

use support::{Make, Subject, caught, checks, subjects};

type Named = (&'static str, fn() -> Subject);

macro_rules! named {
    ($($name:ident),+ $(,)?) => { [$((stringify!($name), subjects::$name as fn() -> Subject)),+] };
}

const OURS: &[Named] = &named![
    bulkhead,
    bulkhead_adaptive,
    bulkhead_at_body_end,
    bulkhead_backpressure,
    bulkhead_full,
    bulkhead_queueing,
    bandwidth,
    bandwidth_keyed,
    circuit_breaker,
    circuit_breaker_waiting,
    circuit_breaker_typed,
    circuit_breaker_off,
    circuit_breaker_with_bypass,
    circuit_breaker_in_shadow,
    circuit_breaker_keyed,
    circuit_breaker_at_body_end,
    circuit_breaker_respond,
    circuit_breaker_as_status,
    circuit_breaker_half_open,
    circuit_breaker_half_open_waiting,
    error_budget,
    error_budget_at_body_end,
    error_budget_shedding,
    error_budget_typed,
    failure_log,
    failure_log_curious,
    failure_log_at_body_end,
    fallback,
    fallback_off,
    fallback_typed,
    fallback_that_fails,
    fallback_over_http,
    operation,
    rate_limit,
    rate_limit_typed,
    rate_limit_waiting,
    rate_limit_keyed,
    rate_limit_respond,
    retry,
    retry_typed,
    retry_off,
    retry_over_http,
    stack,
    timeout,
    timeout_typed,
    timeout_adaptive,
    deadline,
    deadline_typed,
    deadline_off,
    deadline_http,
];

const TOWERS: &[Named] = &named![tower_buffer, tower_concurrency_limit, tower_load_shed, tower_timeout];

/// Holds every ordered pair with one of ours in it to `check`.
fn every_pair(check: fn(Make<'_>)) {
    every_pair_with(TOWERS, check);
}

/// The same without tower's buffer, which takes a call to its own task, beyond the reach of who drops it.
fn every_pair_on_one_task(check: fn(Make<'_>)) {
    every_pair_with(&TOWERS[1..], check);
}

fn every_pair_with(others: &[Named], check: fn(Make<'_>)) {
    let all: Vec<_> = OURS.iter().chain(others).collect();
    let mut pairs = 0;
    for (at, (outer_name, outer)) in all.iter().enumerate() {
        for (inner_name, inner) in &all[..if at < OURS.len() { all.len() } else { OURS.len() }] {
            let result = caught(|| check(&|| Subject::stack(outer(), inner())));
            result.unwrap_or_else(|message| panic!("{outer_name} over {inner_name}: {message}"));
            pairs += 1;
        }
    }
    assert_eq!(pairs, OURS.len() * (OURS.len() + 2 * others.len()));
}

#[test]
fn a12_a1_in_every_pair_only_the_ready_is_called() {
    every_pair(checks::only_the_ready_is_called);
}

#[test]
fn a12_a2_in_every_pair_polling_again_reserves_nothing_more() {
    every_pair(checks::reserves_once);
}

#[test]
fn a12_a3_in_every_pair_a_clone_is_not_ready() {
    every_pair(checks::clones_start_unready);
}

#[test]
fn a12_a4_in_every_pair_a_drop_gives_everything_back() {
    every_pair(checks::drops_give_back);
}

#[test]
fn a12_a5_in_every_pair_a_readiness_error_comes_through() {
    every_pair(checks::readiness_errors_come_through);
}

#[test]
fn a12_b1_in_every_pair_a_dropped_call_leaves_nothing() {
    every_pair_on_one_task(checks::a_dropped_call_leaves_nothing);
}

#[test]
fn a12_b3_in_every_pair_a_panic_costs_one_call() {
    every_pair_on_one_task(checks::a_panic_costs_one_call);
}
