//! The error budget of a stack.

use crate::{FAILED, calls, config, ratio, record, refusal};
use buttress::bulkhead::Priority;
use buttress::error_budget::{Config, Handle, presets};
use buttress::registry::Registry;
use buttress::{BoxError, FallbackLayer, Reason, Stack, retry};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use std::convert::Infallible;
use std::time::Duration;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn a_call_counts_once_however_often_it_is_tried_and_as_good_where_a_fallback_answers() {
    let budget = Handle::new("orders", config());
    let stack = Stack::new("orders").error_budget(budget.clone()).retry(retry::Config::default());
    let fails = || async { Err::<u32, BoxError>("no".into()) };
    assert!(stack.run(fails).await.is_err());
    assert_eq!(calls(&budget), (1, 1));
    let answered = stack.fallback(FallbackLayer::value(7).when(buttress::fallback::AnyError));
    assert_eq!(answered.run(fails).await.unwrap(), 7);
    assert_eq!(calls(&budget), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stack_for_http_sheds_by_the_extensions_if_it_is_told_to() {
    let budget = Handle::new("orders", config());
    record(&budget, FAILED, 10);
    let peer = service_fn(|_: Request<retry::ReplayBody<Empty<Bytes>>>| async {
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    let low = || {
        let mut request = Request::new(Empty::<Bytes>::new());
        request.extensions_mut().insert(Priority::Low);
        request
    };
    let stack = Stack::http("orders").error_budget(budget.clone());
    assert!(stack.layer(peer).oneshot(low()).await.is_ok(), "by default it does nothing");
    let error = stack.clone().shed_low_priority().layer(peer).oneshot(low()).await.unwrap_err();
    assert_eq!(refusal(&error).0, Reason::Shed);
    let answer = stack.shed_low_priority().respond().layer(peer).oneshot(low()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn a_stack_says_what_its_budget_is_and_registers_it() {
    let registry = Registry::new();
    let stack = Stack::new("orders").error_budget(presets::standard()).operation("submit");
    let stack = stack.register(&registry).unwrap();
    let told = stack.explain();
    let line = told.lines().nth(1).unwrap();
    assert!(line.starts_with("  error_budget \"orders\": "), "{told}");
    assert!(line.contains("99.9"), "{told}");
    assert!(told.lines().nth(2).unwrap().contains("operation"), "{told}");
    assert!(registry.get::<Handle>("orders").is_ok());
    assert!(Stack::new("off").error_budget(None::<Config>).explain().contains("nothing"));
}

/// The kinds of warnings about a stack.
fn codes(stack: &Stack) -> Vec<&'static str> {
    stack.lint().iter().map(|warning| warning.code()).collect()
}

#[test]
fn numbers_of_a_budget_that_do_not_go_together_are_warned_of() {
    let slow = Config::builder().slower_than(Duration::from_secs(30)).build().unwrap();
    let limited = |budget| Stack::new("orders").error_budget(budget).deadline(Duration::from_secs(30));
    assert_eq!(codes(&limited(Config::default())), Vec::<&str>::new());
    assert_eq!(codes(&limited(slow)), ["slower_than_deadline"]);
    let perfect = Config::builder().objective(ratio(1.0)).build().unwrap();
    assert_eq!(codes(&limited(perfect)), ["objective_of_everything"]);
    let sheds = Stack::http("orders").shed_low_priority();
    assert_eq!(sheds.lint()[0].code(), "sheds_without_budget");
    let unnamed = Handle::from(Config::default());
    assert_eq!(codes(&Stack::new("orders").error_budget(unnamed)), ["unnamed"]);
}
