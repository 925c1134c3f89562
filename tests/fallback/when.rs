//! When a fallback answers.

use crate::answers::breaker;
use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, State};
use buttress::fallback::{self, AnyError, FallbackLayer, Open, OpenOrOpening, When};
use buttress::{BoxError, TimeoutLayer};
use std::time::Duration;
use support::{Plan, Probe, Task, become_ready, ready};
use tokio::time::advance;
use tower::{Layer, Service, ServiceBuilder};

/// What each call had: the answer, or the text of the error.
fn calls<W: When<&'static str, BoxError> + Clone>(
    breaker: &Handle,
    when: W,
    plans: &[Plan],
) -> (Vec<Result<&'static str, String>>, usize, fallback::Totals) {
    let probe = Probe::default();
    let layer = FallbackLayer::value("fallen back").when(when);
    let handle = layer.handle().unwrap().clone();
    let layers = (layer, CircuitBreakerLayer::from_handle(breaker.clone()));
    let mut service = layers.layer(probe.clone());
    let answers = plans.iter().map(|plan| {
        ready(&mut service);
        Task::new(service.call(*plan)).finish().map_err(|error| error.to_string())
    });
    (answers.collect(), probe.calls(), handle.totals())
}

fn rethrown() -> Result<&'static str, String> {
    Err("the probe failed in call".to_owned())
}

#[test]
fn c17_s1_13_below_the_threshold_a_failure_comes_through_also_with_a_fallback() {
    let plans = [Plan::FAIL, Plan::OK, Plan::FAIL, Plan::FAIL, Plan::OK];
    let (answers, sent, totals) = calls(&breaker(), Open, &plans);
    assert_eq!(answers, [rethrown(), Ok("ok"), rethrown(), rethrown(), Ok("fallen back")]);
    assert_eq!((sent, totals.rejected.answered, totals.answered()), (4, 1, 1));
}

#[test]
fn c17_s1_12_the_very_call_whose_failure_opens_the_breaker_has_the_fallback() {
    let breaker = breaker();
    let plans = [Plan::FAIL, Plan::FAIL, Plan::OK];
    let (answers, sent, totals) = calls(&breaker, OpenOrOpening(breaker.clone()), &plans);
    assert_eq!(answers, [rethrown(), Ok("fallen back"), Ok("fallen back")]);
    assert_eq!((sent, totals.opening.answered, totals.rejected.answered), (2, 1, 1));
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn s1_12_a_failure_that_comes_while_it_is_open_has_the_fallback_too() {
    let breaker = breaker();
    let layer = FallbackLayer::value("fallen back").when(OpenOrOpening(breaker.clone()));
    let layers = (layer, CircuitBreakerLayer::from_handle(breaker.clone()));
    let mut service = layers.layer(Probe::default());
    let late = [(); 2].map(|()| {
        ready(&mut service);
        Task::new(service.call(Plan { pending: 1, ..Plan::FAIL }))
    });
    let mut good = {
        ready(&mut service);
        Task::new(service.call(Plan::after(1)))
    };
    breaker.force_open();
    for mut task in late {
        assert_eq!(task.finish().unwrap(), "fallen back");
    }
    assert_eq!(good.finish().unwrap(), "ok", "a call that succeeds needs none");
}

#[test]
fn c17_any_error_falls_back_on_each_failure() {
    let (answers, _, totals) = calls(&breaker(), AnyError, &[Plan::FAIL, Plan::OK, Plan::FAIL]);
    assert_eq!(answers, [Ok("fallen back"), Ok("ok"), Ok("fallen back")]);
    assert_eq!((totals.error.answered, totals.answered()), (2, 2));
}

#[test]
fn c17_a_closure_over_the_result_decides_about_responses_too() {
    let when = |result: Result<&&'static str, &BoxError>| matches!(result, Ok(&"ok"));
    let (answers, _, totals) = calls(&breaker(), when, &[Plan::FAIL, Plan::OK]);
    assert_eq!(answers, [rethrown(), Ok("fallen back")]);
    assert_eq!((totals.response.answered, totals.answered()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_sent_and_timed_out_is_no_refusal() {
    let limit = Duration::from_secs(1);
    for (any, expected) in
        [(false, Err("timeout: no answer within 1s".to_owned())), (true, Ok("fallen back"))]
    {
        let layer = FallbackLayer::value("fallen back");
        let service = ServiceBuilder::new().layer(TimeoutLayer::new(limit)).service(Probe::default());
        let answer = if any {
            let mut service = layer.when(AnyError).layer(service);
            become_ready(&mut service).await;
            service.call(Plan::HANG).await
        } else {
            let mut service = layer.layer(service);
            become_ready(&mut service).await;
            service.call(Plan::HANG).await
        };
        assert_eq!(answer.map_err(|error| error.to_string()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn s1_10_s1_15_a_probe_has_its_own_answer_and_one_that_fails_has_the_fallback() {
    let second = Duration::from_secs(1);
    let rules =
        Config::builder().consecutive_failures(1).open_for(second).escalation(1.0, second).jitter(0.0);
    let breaker = Handle::new("orders", rules.half_open_probes(1).half_open_successes(1).build().unwrap());
    let layer = FallbackLayer::value("fallen back").when(OpenOrOpening(breaker.clone()));
    let layers = (layer, CircuitBreakerLayer::from_handle(breaker.clone()));
    let mut service = layers.layer(Probe::default());
    let mut seen = Vec::new();
    for plan in [Plan::FAIL, Plan::FAIL, Plan::OK] {
        ready(&mut service);
        seen.push((Task::new(service.call(plan)).finish().unwrap(), breaker.state()));
        advance(second).await;
    }
    assert_eq!(seen, [("fallen back", State::Open), ("fallen back", State::Open), ("ok", State::Closed)]);
}

#[test]
fn s1_47_a_peer_that_is_down_is_asked_no_more_while_callers_are_answered() {
    let breaker = breaker();
    let plans = [Plan::FAIL; 1000];
    let (answers, sent, totals) = calls(&breaker, OpenOrOpening(breaker.clone()), &plans);
    assert_eq!((sent, answers.iter().filter(|answer| answer.is_ok()).count()), (2, 999));
    assert_eq!(totals.answered(), 999);
}
