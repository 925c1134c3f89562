//! The contract of `tower::Service`, held against every layer in every mode: one line per layer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle};
use buttress::{BoxError, TimeoutLayer};
use std::task::Poll;
use std::time::Duration;
use support::{Plan, Probe, ProbeError, Readiness, Task, WakeCount, assert_send_sync, poll_ready, ready};
use tower::{Layer, Service};

/// The properties that hold for any layer, run against the one that `$layer` makes.
macro_rules! contract {
    ($($name:ident: $layer:expr;)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn a1_the_inner_service_is_called_only_when_it_was_ready() {
                super::calls_only_what_is_ready($layer);
            }

            #[tokio::test]
            async fn a2_polling_again_reserves_nothing_more() {
                super::reserves_once($layer);
            }

            #[tokio::test]
            async fn a3_a_clone_is_not_ready() {
                super::clones_start_unready($layer);
            }

            #[tokio::test]
            async fn a4_dropping_a_ready_service_gives_everything_back() {
                super::drops_give_back($layer);
            }

            #[tokio::test]
            async fn a5_a_readiness_error_comes_through_unchanged() {
                super::readiness_errors_come_through($layer);
            }

            #[tokio::test]
            async fn a6_the_last_waker_is_woken() {
                super::last_waker_is_woken($layer);
            }

            #[tokio::test]
            async fn a11_everything_is_send_and_sync() {
                super::is_send_and_sync($layer);
            }

            #[tokio::test]
            async fn a13_a_permissive_layer_changes_nothing() {
                super::is_transparent($layer);
            }
        }
    )+};
}

contract! {
    circuit_breaker: CircuitBreakerLayer::new(Config::default());
    circuit_breaker_waiting: CircuitBreakerLayer::new(Config::default()).readiness();
    circuit_breaker_off: CircuitBreakerLayer::from_handle(None::<Handle>);
    circuit_breaker_with_bypass: CircuitBreakerLayer::new(Config::default()).bypass_when(|plan: &Plan| plan.pending == 7);
    circuit_breaker_static: CircuitBreakerLayer::from_handle(leaked());
    circuit_breaker_in_shadow: CircuitBreakerLayer::new(shadow());
    timeout: TimeoutLayer::new(Duration::from_secs(3600));
    both: tower::ServiceBuilder::new()
        .layer(CircuitBreakerLayer::new(Config::default()))
        .layer(TimeoutLayer::new(Duration::from_secs(3600)));
}

fn leaked() -> &'static Handle {
    Box::leak(Box::new(Handle::new("leaked", Config::default())))
}

fn shadow() -> Config {
    Config::builder().shadow(true).build().unwrap()
}

fn calls_only_what_is_ready<L>(layer: L)
where
    L: Layer<Probe, Service: Service<Plan, Response = &'static str, Error = BoxError>>,
{
    let probe = Probe::default();
    let mut service = layer.layer(probe.clone());
    probe.set_readiness(Readiness::Pending);
    assert!(poll_ready(&mut service).is_pending());
    probe.set_readiness(Readiness::Ready);
    // Enough failures to open a breaker on the way.
    for plan in [Plan::OK, Plan::after(3), Plan::FAIL].into_iter().cycle().take(60) {
        ready(&mut service);
        let _ = Task::new(service.call(plan)).finish();
    }
    assert!(probe.calls() > 0);
    assert_eq!(probe.breaches(), 0);
    assert_eq!(probe.live(), 0);
}

fn reserves_once<L>(layer: L)
where
    L: Layer<Probe, Service: Service<Plan, Response = &'static str>>,
{
    let probe = Probe::default();
    let mut service = layer.layer(probe.clone());
    for _ in 0..3 {
        ready(&mut service);
        assert_eq!(probe.reserved(), 1);
    }
    assert_eq!(Task::new(service.call(Plan::OK)).finish().ok(), Some("ok"));
    assert_eq!((probe.reserved(), probe.breaches()), (0, 0));
}

fn clones_start_unready<L>(layer: L)
where
    L: Layer<Probe, Service: Service<Plan> + Clone>,
{
    let probe = Probe::default();
    let mut service = layer.layer(probe.clone());
    ready(&mut service);
    let mut clone = service.clone();
    assert_eq!(probe.reserved(), 1);
    drop(service);
    assert_eq!(probe.reserved(), 0);
    ready(&mut clone);
    assert_eq!(probe.reserved(), 1);
}

fn drops_give_back<L>(layer: L)
where
    L: Layer<Probe, Service: Service<Plan>>,
{
    let probe = Probe::default();
    for _ in 0..10_000 {
        let mut service = layer.layer(probe.clone());
        ready(&mut service);
        drop(service);
        assert_eq!(probe.reserved(), 0);
    }
}

fn readiness_errors_come_through<L>(layer: L)
where
    L: Layer<Probe, Service: Service<Plan, Response = &'static str, Error = BoxError>>,
{
    let probe = Probe::default();
    let mut service = layer.layer(probe.clone());
    probe.set_readiness(Readiness::Failed);
    let Poll::Ready(Err(error)) = poll_ready(&mut service) else { panic!("the error is gone") };
    assert_eq!(error.downcast_ref(), Some(&ProbeError("readiness")));
    assert_eq!(probe.reserved(), 0);
    probe.set_readiness(Readiness::Ready);
    ready(&mut service);
    assert!(Task::new(service.call(Plan::OK)).finish().is_ok());
    assert_eq!(probe.breaches(), 0);
}

fn last_waker_is_woken<L>(layer: L)
where
    L: Layer<Probe, Service: Service<Plan>>,
{
    let probe = Probe::default();
    let mut service = layer.layer(probe.clone());
    probe.set_readiness(Readiness::Pending);
    let ((first, first_waker), (second, second_waker)) = (WakeCount::new(), WakeCount::new());
    for waker in [&first_waker, &second_waker] {
        assert!(service.poll_ready(&mut std::task::Context::from_waker(waker)).is_pending());
    }
    probe.set_readiness(Readiness::Ready);
    assert_eq!((first.get(), second.get()), (0, 1));
}

fn is_send_and_sync<L>(layer: L)
where
    L: Layer<
            Probe,
            Service: Service<Plan, Error = BoxError, Future: Send + Sync + 'static> + Send + Sync + 'static,
        >,
    L: Send + Sync + 'static,
{
    let mut service = layer.layer(Probe::default());
    assert_send_sync(&layer);
    assert_send_sync(&service);
    ready(&mut service);
    assert_send_sync(&service.call(Plan::OK));
}

fn is_transparent<L>(layer: L)
where
    L: Layer<Probe, Service: Service<Plan, Response = &'static str, Error = BoxError>>,
{
    let probe = Probe::default();
    let (mut bare, mut layered) = (Probe::default(), layer.layer(probe.clone()));
    for plan in [Plan::OK, Plan::after(1), Plan::after(20), Plan::FAIL] {
        ready(&mut bare);
        ready(&mut layered);
        let (mut one, mut other) = (Task::new(bare.call(plan)), Task::new(layered.call(plan)));
        loop {
            match (one.poll(), other.poll()) {
                (Poll::Pending, Poll::Pending) => {}
                (Poll::Ready(one), Poll::Ready(other)) => {
                    let other = other.map_err(|error| *error.downcast::<ProbeError>().unwrap());
                    assert_eq!(one, other);
                    break;
                }
                (one, other) => panic!("one is done, the other not: {one:?}, {other:?}"),
            }
        }
        assert_eq!((bare.calls(), bare.live()), (probe.calls(), probe.live()));
    }
}
