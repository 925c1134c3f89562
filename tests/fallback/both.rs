//! Fallbacks that fail, and fallbacks of fallbacks.

use crate::answers::breaker;
use buttress::circuit_breaker::CircuitBreakerLayer;
use buttress::fallback::{AnyError, Failed, FallbackLayer};
use buttress::{BoxError, Carry, OperationLayer, Reason, Rejected, Stack, operation, retry};
use std::error::Error;
use std::io;
use support::{Plan, Probe, Readiness, Task, ready};
use tonic::{Code, Status};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

#[test]
fn s1_16_s1_59_a_fallback_that_fails_says_both_errors() {
    let breaker = breaker();
    breaker.force_open();
    let layer = FallbackLayer::function(|_| std::future::ready(Err("no local copy")));
    let handle = layer.handle().unwrap().clone();
    let operation = operation::Handle::new("pull", "registry");
    let mut service = ServiceBuilder::new()
        .layer(OperationLayer::from_handle(operation.clone()))
        .layer(layer)
        .layer(CircuitBreakerLayer::from_handle(breaker))
        .service(Probe::default());
    ready(&mut service);
    let error = Task::new(service.call(Plan::OK)).finish().unwrap_err();
    let told = r#"circuit_breaker "orders": forced open; its fallback failed too: no local copy"#;
    assert_eq!(error.to_string(), told);
    let failed = error.downcast_ref::<Failed>().unwrap();
    assert_eq!(failed.fallback().to_string(), "no local copy");
    assert_eq!(failed.source().unwrap().to_string(), failed.original().to_string());
    assert_eq!(Rejected::find(&*error).unwrap().reason(), Reason::ForcedOpen);
    assert_eq!(handle.totals().rejected.failed, 1);
    assert_eq!(operation.totals().ignored, 1, "it was not sent, so it says nothing about the peer");
}

#[tokio::test(start_paused = true)]
async fn s1_16_s1_59_attempts_in_vain_and_a_fallback_that_fails_are_told_together() {
    let stack = Stack::new("pull")
        .fallback(
            FallbackLayer::function(|_| std::future::ready(Err::<u32, _>("no local copy"))).when(AnyError),
        )
        .retry(retry::Config::default())
        .explained();
    let error =
        stack.run(|| async { Err::<u32, _>(io::Error::from(io::ErrorKind::TimedOut)) }).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 attempts failed, the last with: timed out; its fallback failed too: no local copy"
    );
    let failed = error.downcast_ref::<Failed>().unwrap();
    assert_eq!(failed.original().downcast_ref::<retry::Exhausted>().unwrap().attempts(), 3);
}

#[test]
fn s1_46_a_fallback_of_a_fallback_is_a_layer_above() {
    let breaker = breaker();
    breaker.force_open();
    let first = FallbackLayer::function(|_| std::future::ready(Err("no local copy")));
    let second = FallbackLayer::value("a constant");
    let handles = [first.handle(), second.handle()].map(|handle| handle.unwrap().clone());
    let mut service = ServiceBuilder::new()
        .layer(second)
        .layer(first)
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .service(Probe::default());
    ready(&mut service);
    assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "a constant");
    assert_eq!(
        handles.map(|handle| (handle.totals().rejected.failed, handle.totals().rejected.answered)),
        [(1, 0), (0, 1)]
    );
}

#[derive(Debug, PartialEq)]
enum OrderError {
    Rejected(Rejected),
    Down,
    Both(Box<Self>, String),
}

impl Carry for OrderError {
    fn carry(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }

    fn rejected(&self) -> Option<Rejected> {
        match self {
            Self::Rejected(rejected) => Some(*rejected),
            Self::Down => None,
            Self::Both(original, _) => original.rejected(),
        }
    }

    fn with_fallback(self, fallback: BoxError) -> Self {
        Self::Both(Box::new(self), fallback.to_string())
    }
}

#[tokio::test]
async fn an_error_type_of_ones_own_stays_and_can_say_both() {
    let breaker = breaker();
    let primary = service_fn(async |(): ()| Err::<u32, _>(OrderError::Down));
    let layer = FallbackLayer::function(|_| std::future::ready(Err("nothing kept"))).typed();
    let breaking = CircuitBreakerLayer::from_handle(breaker).typed();
    let mut service = ServiceBuilder::new().layer(layer).layer(breaking).service(primary);
    let mut ask = async || service.ready().await.unwrap().call(()).await.unwrap_err();
    assert_eq!([ask().await, ask().await], [OrderError::Down, OrderError::Down]);
    let error = ask().await;
    assert_eq!(error.rejected().unwrap().reason(), Reason::Open);
    assert!(matches!(error, OrderError::Both(_, fallback) if fallback == "nothing kept"));
}

#[test]
fn the_error_types_that_carry_a_rejection_carry_both_errors() {
    let original = io::Error::new(io::ErrorKind::TimedOut, "no answer");
    let error = Carry::with_fallback(original, "nothing kept".into());
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "no answer; its fallback failed too: nothing kept");
    let mut original = Status::unavailable("down");
    original.metadata_mut().insert("grpc-retry-pushback-ms", 7.into());
    let status = original.with_fallback("nothing kept".into());
    assert_eq!((status.code(), status.metadata().len()), (Code::Unavailable, 1));
    assert!(status.message().contains("down") && status.message().ends_with("too: nothing kept"), "{status}");
    assert!(status.source().unwrap().is::<Failed>());
}

#[tokio::test]
async fn a_response_whose_fallback_fails_comes_back_as_it_was() {
    let layer = FallbackLayer::function(|_| std::future::ready(Err::<u32, _>("nothing kept")));
    let handle = layer.handle().unwrap().clone();
    let layer = layer.when(|result: Result<&u32, &BoxError>| result.is_ok());
    let mut service = layer.layer(service_fn(async |id: u32| Ok::<_, BoxError>(id)));
    assert_eq!(service.ready().await.unwrap().call(503).await.unwrap(), 503);
    assert_eq!(handle.totals().response.failed, 1);
}

#[tokio::test]
async fn a_readiness_error_is_no_call_and_comes_through() {
    let layer = FallbackLayer::value("fallen back").when(AnyError);
    let probe = Probe::default();
    let mut service = layer.layer(probe.clone());
    probe.set_readiness(Readiness::Failed);
    let error = ServiceExt::<Plan>::ready(&mut service).await.err().unwrap();
    assert_eq!((error.to_string().as_str(), probe.calls()), ("the probe failed in readiness", 0));
}
