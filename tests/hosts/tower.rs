//! tower's own layers around and beneath.

use buttress::circuit_breaker::{CircuitBreakerLayer, Handle};
use buttress::{BoxError, Reason, Rejected, ServiceBuilderExt as _};
use std::future::{Ready, ready};
use std::time::Duration;
use support::breaker::{call, config, open, rejected};
use support::{Plan, Probe, ProbeError, Readiness, poll_ready};
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::error::Overloaded;
use tower::retry::{Policy, RetryLayer};
use tower::{Layer, ServiceBuilder, ServiceExt};

#[tokio::test(start_paused = true)]
async fn a12_tower_s_layers_above_and_beneath_change_no_refusal_and_no_error() {
    let handle = Handle::new("orders", config());
    let service = ServiceBuilder::new()
        .buffer(8)
        .load_shed()
        .concurrency_limit(4)
        .timeout(Duration::from_secs(60))
        .circuit_breaker(handle.clone())
        .time_limit(Duration::from_secs(1))
        .concurrency_limit(2)
        .service(Probe::default());
    let mut clients = vec![service; 10];
    for client in &mut clients {
        assert_eq!(call(client, Plan::OK).await.unwrap(), "ok");
    }
    let error = call(&mut clients[0], Plan::FAIL).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&ProbeError("call")));
    let error = call(&mut clients[1], Plan::HANG).await.unwrap_err();
    assert_eq!(rejected(&error).reason(), Reason::TimedOut);
    for client in &mut clients {
        let error = call(client, Plan::OK).await.unwrap_err();
        assert_eq!(rejected(&error).reason(), Reason::Open);
    }
    let totals = handle.snapshot().totals;
    assert_eq!((totals.successes, totals.failures, totals.rejected), (10, 2, 10));
}

#[tokio::test]
async fn a12_an_open_breaker_beneath_load_shed_refuses_by_its_own_name() {
    // Ready at once, so that what is shed is not what is refused.
    let probe = Probe::default();
    probe.set_readiness(Readiness::Pending);
    let mut open = ServiceBuilder::new().load_shed().circuit_breaker(open()).service(probe.clone());
    assert_eq!(rejected(&call(&mut open, Plan::OK).await.unwrap_err()).reason(), Reason::Open);
    let mut closed = ServiceBuilder::new().load_shed().circuit_breaker(config()).service(probe);
    assert!(call(&mut closed, Plan::OK).await.unwrap_err().is::<Overloaded>());
}

#[tokio::test]
async fn a12_a_breaker_above_a_limit_holds_no_permit_of_it_while_it_refuses() {
    let handle = Handle::new("orders", config());
    let limit = ConcurrencyLimitLayer::new(1);
    let stack = CircuitBreakerLayer::from_handle(handle.clone()).layer(limit.layer(Probe::default()));
    let (mut first, mut second) = (stack.clone(), stack);
    handle.force_open();
    assert!(poll_ready(&mut first).is_ready() && poll_ready(&mut second).is_ready());
    handle.reset();
    // Both were refused in `poll_ready`; a third has the one permit for itself.
    let mut third = second.clone();
    assert!(call(&mut third, Plan::OK).await.is_ok());
}

/// Tries again whatever a layer of buttress did not refuse.
#[derive(Clone)]
struct UnlessRefused(usize);

impl Policy<Plan, &'static str, BoxError> for UnlessRefused {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Plan, result: &mut Result<&'static str, BoxError>) -> Option<Ready<()>> {
        let error = result.as_ref().err()?;
        let refused = Rejected::find(&**error).is_some_and(|rejected| !rejected.was_sent());
        self.0 = self.0.checked_sub(1).filter(|_| !refused)?;
        Some(ready(()))
    }

    fn clone_request(&mut self, plan: &Plan) -> Option<Plan> {
        Some(*plan)
    }
}

#[tokio::test]
async fn a12_each_attempt_of_tower_s_retry_is_judged_and_a_refusal_ends_them() {
    let probe = Probe::default();
    let handle = Handle::new("orders", config());
    let breaker = CircuitBreakerLayer::from_handle(handle.clone());
    let retry = RetryLayer::new(UnlessRefused(10));
    let stack = retry.layer(breaker.layer(probe.clone()));
    let error = Buffer::new(stack, 1).oneshot(Plan::FAIL).await.unwrap_err();
    assert_eq!(rejected(&error).reason(), Reason::Open);
    // Two that failed and opened it, and a third that was refused.
    assert_eq!((probe.calls(), handle.snapshot().totals.rejected), (2, 1));
    assert_eq!(probe.breaches(), 0);
}
