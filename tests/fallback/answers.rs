//! Where answers come from.

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle};
use buttress::fallback::FallbackLayer;

use support::{Plan, Probe, Task, ready};
use tower::{Service, ServiceBuilder};

/// A breaker that opens at the second failure in a row.
fn breaker() -> Handle {
    Handle::new("orders", Config::builder().consecutive_failures(2).build().unwrap())
}

#[tokio::test]
async fn s0_94_s1_08_while_it_is_open_the_fallback_answers_and_the_primary_is_not_touched() {
    let (probe, breaker) = (Probe::default(), breaker());
    breaker.force_open();
    let layer = FallbackLayer::value("fallen back");
    let handle = layer.handle().unwrap().clone();
    let mut service = ServiceBuilder::new()
        .layer(layer)
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .service(probe.clone());
    for _ in 0..3 {
        ready(&mut service);
        assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "fallen back");
    }
    assert_eq!((probe.calls(), handle.totals().rejected.answered), (0, 3));
    breaker.reset();
    ready(&mut service);
    assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "ok");
    assert_eq!((probe.calls(), handle.totals().answered()), (1, 3));
}
