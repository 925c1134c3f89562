//! Functions that are tried again, without a service.

use crate::script::{Peer, REFUSED, attempts, secs};
use buttress::BoxError;
use buttress::retry::{Config, Exhausted, GiveUp, Handle, Jitter, RetryLayer, Retrying, budget};
use std::io;
use std::sync::Mutex;
use std::time::Duration;
use support::Task;
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn s0_28_s0_36_s4_18_s4_22_a_function_is_called_with_the_number_of_its_attempt() {
    let seen = Mutex::new(Vec::new());
    let handle = Handle::new("import", attempts(3));
    let done = handle
        .run(async |attempt| {
            seen.lock().unwrap().push(attempt);
            if attempt < 3 { Err("busy") } else { Ok("imported") }
        })
        .await;
    assert_eq!((done.result, done.attempts, done.gave_up), (Ok("imported"), 3, None));
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn s4_23_w65_the_result_has_the_value_or_the_last_error_and_no_call_comes_after_it() {
    let peer = Peer::answering([REFUSED]);
    let done = Handle::new("import", attempts(3)).run(async |_| peer.answer(7)).await;
    assert!(done.is_success());
    assert_eq!((done.result.unwrap(), done.attempts, peer.calls()), (7, 2, 2));
    let peer = Peer::always(REFUSED);
    let done = Handle::new("import", attempts(3)).run(async |_| peer.answer(7)).await;
    assert!(!done.is_success());
    assert_eq!((done.attempts, done.gave_up, peer.calls()), (3, Some(GiveUp::Attempts), 3));
    assert_eq!(done.result.as_ref().unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    // As one error that says it all.
    let error: BoxError = done.explained().unwrap_err();
    assert_eq!(error.downcast_ref::<Exhausted>().unwrap().attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn s2_41_of_functions_too_what_is_not_tried_again_comes_as_it_is() {
    let retry = RetryLayer::new(attempts(3)).retry_if(|_: Result<&u32, &io::Error>| false);
    let peer = Peer::always(REFUSED);
    let done = retry.run(async |_| peer.answer(7)).await;
    assert_eq!((done.gave_up, done.attempts), (Some(GiveUp::NotRetryable), 1));
    assert!(done.explained().unwrap_err().is::<io::Error>());
}

#[test]
fn s4_25_functions_that_are_not_async_are_tried_again_too() {
    let config = Config::builder().attempts(3).fixed(Duration::from_millis(1)).jitter(Jitter::None);
    let handle = Handle::new("import", config.build().unwrap());
    let peer = Peer::answering([REFUSED, REFUSED]);
    let done = handle.run_blocking(|attempt| {
        assert_eq!(peer.calls() as u32 + 1, attempt);
        peer.answer(7)
    });
    assert_eq!((done.result.unwrap(), done.attempts), (7, 3));
    // By the same rules and into the same counters.
    let peer = Peer::always(REFUSED);
    let never = RetryLayer::from_handle(handle.clone()).retry_if(|_: Result<&u32, &io::Error>| false);
    assert_eq!(never.run_blocking(|_| peer.answer(7)).attempts, 1);
    let totals = handle.totals();
    assert_eq!((totals.successes(), totals.failures(), totals.retries()), (1, 1, 2));
    assert_eq!(handle.delays().count(), 2);
    assert!(handle.delays().sum >= Duration::from_millis(2));
}

#[tokio::test(start_paused = true)]
async fn s2_36_a_function_that_is_dropped_while_it_waits_is_not_called_again() {
    let handle = Handle::new("import", attempts(3));
    let peer = Peer::always(REFUSED);
    let mut task = Task::new(handle.run(async |_| peer.answer(7)));
    assert!(task.poll().is_pending());
    drop(task);
    advance(secs(60)).await;
    assert_eq!((peer.calls(), handle.totals().cancelled), (1, 1));
    let budget = handle.snapshot().budget.unwrap();
    assert_eq!((budget.withdrawn, budget.refunded), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn functions_and_services_share_conditions_hooks_budget_and_counters() {
    let told = Mutex::new(Vec::new());
    let handle = Handle::new("import", attempts(3));
    let retry = RetryLayer::from_handle(handle.clone())
        .on_retry(|retry: &Retrying<'_, u32, io::Error>| {
            told.lock().unwrap().push((retry.attempt, retry.delay));
        })
        .on_success(|attempts, elapsed| told.lock().unwrap().push((attempts, elapsed)));
    let peer = Peer::answering([REFUSED]);
    assert!(retry.run(async |_| peer.answer(7)).await.is_success());
    assert_eq!(*told.lock().unwrap(), [(1, secs(1)), (2, secs(1))]);
    let budget: budget::Snapshot = handle.budget().unwrap().snapshot();
    assert_eq!((budget.deposits, budget.withdrawn), (Some(1), 1));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_off_calls_a_function_once() {
    let peer = Peer::always(REFUSED);
    let off = RetryLayer::from_handle(None::<Handle>);
    assert_eq!(off.run(async |_| peer.answer(7)).await.attempts, 1);
    assert_eq!(off.run_blocking(|_| peer.answer(7)).attempts, 1);
    assert_eq!(peer.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn s4_65_what_matters_less_is_tried_less_often_and_for_a_shorter_time() {
    let config =
        Config::builder().attempts(4).exponential(secs(1), 2.0).jitter(Jitter::None).build().unwrap();
    let lesser =
        config.to_builder().attempts(2).fixed(Duration::from_millis(100)).cap(Duration::from_millis(100));
    let budget = budget::Budget::default();
    let [important, lesser] = [("charge", config), ("recommend", lesser.build().unwrap())]
        .map(|(name, config)| Handle::with_budget(name, config, budget.clone()));
    let peer = Peer::always(REFUSED);
    important.run(async |_| peer.answer(7)).await;
    assert_eq!(peer.waits(), [secs(1), secs(2), secs(2)], "2 s is the cap by default");
    let peer = Peer::always(REFUSED);
    lesser.run(async |_| peer.answer(7)).await;
    assert_eq!(peer.waits(), [Duration::from_millis(100)]);
}
