//! The helpers of the sources, each as the stack that it becomes.

use crate::peer::{Act, Peer};
use axum::Router;
use axum::routing::get;
use buttress::circuit_breaker::{self, State};
use buttress::presets::{self, Order, Preset, walgit};
use buttress::registry::Registry;
use buttress::{FallbackLayer, Rejected, Stack, operation, rate_limit, retry};
use std::io::{Error, ErrorKind};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;
use support::serve;
use tower::{Layer, ServiceExt};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn times(attempts: u32) -> NonZeroU32 {
    NonZeroU32::new(attempts).unwrap()
}

fn breaker_of(preset: &Preset) -> circuit_breaker::Config {
    preset.circuit_breaker.unwrap()
}

/// What a helper calls, which fails the first times.
fn failing(times: u32) -> (Arc<AtomicU32>, impl FnMut() -> std::future::Ready<Result<u32, Error>> + Clone) {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let call = move || {
        let nth = counted.fetch_add(1, SeqCst);
        std::future::ready(if nth < times { Err(ErrorKind::ConnectionReset.into()) } else { Ok(nth) })
    };
    (calls, call)
}

#[tokio::test(start_paused = true)]
async fn s0_67_a_transaction_by_its_operation_its_component_and_its_own_number_of_retries() {
    let registry = Registry::new();
    let sui = walgit::sui();
    let circuit = registry.circuit_breaker("sui", breaker_of(&sui)).unwrap();
    let stack = Stack::new("sui").preset(&sui).circuit_breaker_outside(circuit.clone());
    let transfer = operation::Handle::new("transfer", "wallet");
    let stack = stack.operation(transfer.clone()).register(&registry).unwrap();
    // Three retries by the preset; this call has five.
    let (calls, submit) = failing(5);
    let confirmed = stack.clone().attempts(times(6)).run(|| {
        let submitted = submit.clone()();
        async { Ok::<_, Error>(("confirmed", submitted.await?)) }
    });
    assert_eq!(confirmed.await.unwrap(), ("confirmed", 5));
    assert_eq!(calls.load(SeqCst), 6);
    let (calls, submit) = failing(9);
    assert!(stack.run(submit).await.is_err());
    assert_eq!(calls.load(SeqCst), 4);
    assert_eq!((transfer.totals().successes, transfer.totals().failures), (1, 1));
    assert_eq!(circuit.snapshot().totals.failures, 1);
    assert_eq!(registry.status().operations["wallet.transfer"].component, "wallet");
}

#[tokio::test(start_paused = true)]
async fn s0_68_s0_69_storage_and_requests_each_have_their_circuit() {
    let registry = Registry::new();
    let named = |name: &str, preset: Preset| {
        let circuit = registry.circuit_breaker(name, breaker_of(&preset)).unwrap();
        Stack::new(name).preset(&preset).circuit_breaker_outside(circuit)
    };
    let (walrus, network) = (named("walrus", walgit::walrus()), named("network", walgit::network()));
    let (_, store) = failing(u32::MAX);
    for _ in 0..3 {
        assert!(walrus.run(store.clone()).await.is_err());
    }
    let refused = walrus.run(store).await.unwrap_err();
    let rejected = Rejected::find(&*refused).unwrap();
    assert_eq!((rejected.name(), rejected.retry_after()), ("walrus", Some(secs(20))));
    assert!(network.run(failing(0).1).await.is_ok());
    assert_eq!(registry.get::<circuit_breaker::Handle>("network").unwrap().state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn s0_75_s0_77_a_strategy_by_its_type_with_its_own_numbers_and_its_own_circuit() {
    assert_eq!(walgit::strategy("sui"), walgit::sui());
    assert_eq!(walgit::strategy("walrus"), walgit::walrus());
    assert_eq!(walgit::strategy("anything"), walgit::network());
    let registry = Registry::new();
    let mut strategy = walgit::strategy("sui");
    let retry = retry::Config::builder().retries(5).exponential(secs(1), 1.5).build().unwrap();
    strategy.retry = Some(retry);
    let circuit = breaker_of(&strategy).to_builder().consecutive_failures(3).open_for(secs(20));
    strategy.circuit_breaker = Some(circuit.build().unwrap());
    // The circuit has the name of the stack, unless it is given another.
    let uploads = Stack::new("uploads").preset(&strategy).register(&registry).unwrap();
    let circuit = registry.get::<circuit_breaker::Handle>("uploads").unwrap();
    let custom = registry.circuit_breaker("bulk-uploads", breaker_of(&strategy)).unwrap();
    let bulk = uploads.clone().circuit_breaker_outside(custom.clone()).register(&registry).unwrap();
    for _ in 0..3 {
        let (calls, upload) = failing(u32::MAX);
        assert!(bulk.run(upload).await.is_err());
        assert_eq!(calls.load(SeqCst), 6);
        // More than the budget bears at once.
        tokio::time::sleep(secs(11)).await;
    }
    assert_eq!((custom.state(), circuit.state()), (State::Open, State::Closed));
    // It is used again and again.
    assert!(uploads.run(failing(1).1).await.is_ok());
    assert!(uploads.run(failing(2).1).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn s0_76_what_a_call_says_goes_before_the_configuration_and_that_before_the_default() {
    let attempts = async |stack: &Stack| {
        let (calls, call) = failing(u32::MAX);
        stack.run(call).await.unwrap_err();
        calls.load(SeqCst)
    };
    let default =
        Stack::new("s0").preset(&walgit::network()).circuit_breaker_outside(None::<circuit_breaker::Handle>);
    assert_eq!(attempts(&default).await, 4);
    let configured = default.clone().retry(retry::presets::walgit_config());
    assert_eq!(attempts(&configured).await, 6);
    assert_eq!(attempts(&configured.clone().attempts(times(2))).await, 2);
    // The call's own number was for that call.
    assert_eq!(attempts(&configured).await, 6);
}

#[tokio::test(start_paused = true)]
async fn attempts_of_one_call_come_out_of_the_same_budget() {
    let budget = retry::Budget::new(retry::budget::Config::new(0.0, 0.1, secs(10)).unwrap());
    let retry = retry::Handle::with_budget("shared", retry::Config::default(), budget);
    let stack = Stack::new("shared").retry(retry);
    let (calls, call) = failing(u32::MAX);
    stack.clone().attempts(times(9)).run(call).await.unwrap_err();
    assert_eq!(calls.load(SeqCst), 2);
    let (calls, call) = failing(u32::MAX);
    stack.run(call).await.unwrap_err();
    assert_eq!(calls.load(SeqCst), 1);
    // One that does not try again does not begin to.
    assert_eq!(Stack::new("off").attempts(times(9)).explain(), Stack::new("off").explain());
}

#[tokio::test(start_paused = true)]
async fn s1_29_s1_32_an_operation_with_a_fallback_and_its_status() {
    let stack = Stack::new("mirror").preset(&presets::network_recovery::default());
    let registry = Registry::new();
    let stack = stack.fallback(FallbackLayer::value(0_u32)).register(&registry).unwrap();
    let circuit = registry.get::<circuit_breaker::Handle>("mirror").unwrap();
    let (calls, call) = failing(u32::MAX);
    for failed in 1..=3 {
        // Below the threshold the failure comes through.
        assert!(stack.run(call.clone()).await.is_err());
        assert_eq!(calls.load(SeqCst), 3 * failed);
        assert_eq!(circuit.snapshot().totals.failures, u64::from(failed));
    }
    assert_eq!(circuit.state(), State::Open);
    assert_eq!(stack.run(call).await.unwrap(), 0);
    assert_eq!(calls.load(SeqCst), 9);
    assert_eq!(registry.status().circuit_breakers["mirror"].state, State::Open);
}

#[tokio::test(start_paused = true)]
async fn s4_26_a_breaker_by_its_name() {
    let registry = Registry::new();
    registry.circuit_breaker("payment_api", circuit_breaker::presets::python_framework()).unwrap();
    let named = |name: &str| registry.get::<circuit_breaker::Handle>(name);
    let stack = Stack::new("charge").retry(retry::presets::python_framework());
    let stack = stack.circuit_breaker(named("payment_api").unwrap());
    let (calls, charge) = failing(u32::MAX);
    assert!(stack.run(charge.clone()).await.is_err());
    assert!(Rejected::find(&*stack.run(charge).await.unwrap_err()).is_some());
    assert_eq!(calls.load(SeqCst), 5);
    assert_eq!(named("payment_api").unwrap().state(), State::Open);
    assert_eq!(named("paiment_api").unwrap_err().closest(), Some("payment_api"));
}

#[tokio::test(start_paused = true)]
async fn s4_63_only_the_errors_that_are_named_are_tried_again() {
    let stack = Stack::new("named").retry(retry::Config::default()).retry_by(|retry| {
        retry.retry_if(|result: Result<&u32, &buttress::BoxError>| {
            let error = result.err().and_then(|error| error.downcast_ref::<Error>());
            error.is_some_and(|error| error.kind() == ErrorKind::ConnectionReset)
        })
    });
    assert!(stack.run(failing(1).1).await.is_ok());
    let calls = AtomicU32::new(0);
    let missing = || {
        calls.fetch_add(1, SeqCst);
        async { Err::<u32, Error>(ErrorKind::NotFound.into()) }
    };
    assert!(stack.run(missing).await.is_err());
    assert_eq!(calls.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn s4_65_s4_80_what_is_less_important_has_fewer_attempts_and_less_time() {
    let important = Stack::new("orders").preset(&presets::default());
    let statistics = important.clone().attempts(times(1)).timeout(Duration::from_millis(100));
    let peer = Peer::new(&[Act::Hang]);
    assert!(statistics.layer(peer.service()).oneshot(1).await.is_err());
    assert_eq!((peer.calls().len(), peer.now()), (1, Duration::from_millis(100)));
    let peer = Peer::new(&[Act::Hang, Act::Answer]);
    assert_eq!(important.layer(peer.service()).oneshot(1).await.unwrap(), 2);
    assert!(peer.now() >= secs(5));
}

#[tokio::test]
async fn s4_73_an_api_client_with_the_breaker_github_api() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let user = get(move || async move {
        if counted.fetch_add(1, SeqCst) == 0 {
            Err(http::StatusCode::SERVICE_UNAVAILABLE)
        } else {
            Ok("octocat")
        }
    });
    let addr = serve::http(Router::new().route("/user", user)).await;
    let registry = Registry::new();
    let github =
        registry.circuit_breaker("github_api", circuit_breaker::presets::python_framework()).unwrap();
    let quick = retry::presets::python_http()
        .to_builder()
        .exponential(Duration::from_millis(1), 2.0)
        .build()
        .unwrap();
    let stack = Stack::http("github").retry(quick).circuit_breaker(github.clone()).timeout(secs(10));
    let request = reqwest::Request::new(reqwest::Method::GET, format!("http://{addr}/user").parse().unwrap());
    let answer = stack.layer(serve::client().build().unwrap()).oneshot(request).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "octocat");
    assert_eq!((calls.load(SeqCst), github.snapshot().totals.failures), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn s4_81_callbacks_go_with_the_stack_that_they_were_given_to() {
    let held = Arc::new(());
    let (told, kept) = (Arc::new(AtomicU32::new(0)), held.clone());
    let counted = told.clone();
    let stack = Stack::new("told").retry(retry::Config::default()).retry_by(|retry| {
        retry.on_retry(move |_: &retry::Retrying<'_, u32, buttress::BoxError>| {
            let _ = &kept;
            counted.fetch_add(1, SeqCst);
        })
    });
    assert!(stack.run(failing(2).1).await.is_ok());
    assert_eq!(told.load(SeqCst), 2);
    let service = stack.layer(Peer::new(&[Act::Answer]).service());
    drop(stack);
    assert!(Arc::strong_count(&held) > 1);
    drop(service);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn c14_each_preset_says_where_its_breaker_stands() {
    for name in presets::names() {
        let preset = presets::by_name(name).unwrap();
        let outside = ["walgit", "network_recovery", "dwcp"].iter().any(|source| name.starts_with(source));
        assert_eq!(
            preset.order,
            if outside { Order::BreakerOutside } else { Order::BreakerPerAttempt },
            "{name}"
        );
        let parts = Stack::new(name).preset(&preset).parts();
        let breakers = (parts.circuit_breaker_outside, parts.circuit_breaker);
        let there = preset.circuit_breaker;
        assert_eq!(breakers, if outside { (there, None) } else { (None, there) }, "{name}");
        assert_eq!(
            (parts.retry, parts.deadline, parts.timeout),
            (preset.retry, preset.deadline, preset.timeout)
        );
    }
}

#[test]
fn c19_s2_129_s2_130_dwcp_s_time_limit_is_over_all_attempts() {
    assert_eq!(presets::dwcp::production().deadline, Some(secs(30)));
    assert_eq!(presets::dwcp::development().deadline, Some(secs(10)));
    assert_eq!(presets::dwcp::production().timeout, None);
}

#[test]
fn handles_are_registered_once_and_under_their_names() {
    let registry = Registry::new();
    let stack = Stack::new("twice").preset(&presets::default()).operation("ask");
    let stack = stack.rate_limit(rate_limit::Config::default());
    let stack = stack.fallback(FallbackLayer::value(0_u32)).register(&registry).unwrap();
    let known = registry.len();
    let status = registry.status();
    let kinds = [
        status.operations.contains_key("twice.ask"),
        status.fallbacks.contains_key("twice"),
        status.deadlines.contains_key("twice"),
        status.retries.contains_key("twice"),
        status.circuit_breakers.contains_key("twice"),
        status.timeouts.contains_key("twice"),
        status.rate_limits.contains_key("twice"),
        status.bulkheads.contains_key("twice"),
    ];
    assert_eq!((kinds, known), ([true; 8], 8));
    stack.clone().register(&registry).unwrap();
    assert_eq!(registry.len(), known);
    // Another of the same name.
    let other = Stack::new("twice").circuit_breaker(circuit_breaker::Config::default()).register(&registry);
    assert_eq!(other.unwrap_err().to_string(), r#"there is another circuit_breaker "twice" already"#);
    let unnamed = circuit_breaker::Handle::new("", circuit_breaker::Config::default());
    let stack = Stack::new("unnamed").circuit_breaker(unnamed);
    assert_eq!(stack.lint()[0].code(), "unnamed");
    assert!(stack.register(&registry).is_err());
}

#[test]
fn retries_of_any_method_are_seen_in_a_stack() {
    let stack = Stack::http("posts").retry(retry::Config::default()).timeout(secs(1));
    assert!(stack.lint().is_empty());
    let codes: Vec<_> =
        stack.retry_by(|retry| retry.any_method()).lint().iter().map(|found| found.code()).collect();
    assert_eq!(codes, ["retries_any_method"]);
}
