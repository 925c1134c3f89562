//! Nothing that is learned makes a difference to who may call.

use crate::{log, records};
use buttress::circuit_breaker::{self, CircuitBreakerLayer, State};
use buttress::failure_log::{Category, FailureLogLayer};
use buttress::{FailureKind, Outcome};
use std::io;
use support::breaker;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

#[tokio::test]
async fn w05_s0_65_twelve_errors_of_validation_leave_a_breaker_closed_that_is_followed() {
    let log = log();
    let orders = circuit_breaker::Handle::new("orders", circuit_breaker::Config::default());
    let _following = log.follow(&orders);
    let judge = |result: Result<&(), &io::Error>| match result {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Outcome::Ignored,
        Err(_) => Outcome::Failure(FailureKind::Error),
        Ok(()) => Outcome::Success,
    };
    let mut service = ServiceBuilder::new()
        .layer(FailureLogLayer::new(&log, "order", "shop"))
        .map_err(|error: tower::BoxError| error)
        .layer(CircuitBreakerLayer::from_handle(orders.clone()).classify(judge))
        .service(service_fn(async |valid: bool| match valid {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "invalid quantity -1")),
        }));
    for _ in 0..12 {
        service.ready().await.unwrap().call(false).await.unwrap_err();
    }
    // The log has found the pattern; the breaker knows nothing of it.
    assert_eq!(records(&log).len(), 12);
    assert!(records(&log).iter().all(|record| record.category == Category::Validation));
    let totals = orders.snapshot().totals;
    assert_eq!((orders.state(), totals.failures, totals.ignored, totals.rejected), (State::Closed, 0, 12, 0));
    service.ready().await.unwrap().call(true).await.unwrap();
}

#[tokio::test]
async fn w05_a_service_beneath_a_full_log_is_called_as_one_without() {
    let log = log();
    let asked = std::sync::atomic::AtomicU64::new(0);
    let layer = FailureLogLayer::new(&log, "order", "shop");
    let mut service = layer.layer(service_fn(|fails: bool| {
        asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move { if fails { Err(breaker_down()) } else { Ok(()) } }
    }));
    for call in 0..5_000 {
        let _ = service.ready().await.unwrap().call(call % 10 != 0).await;
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 5_000);
    assert_eq!(records(&log).len(), log.config().per_operation());
    let _ = breaker::config();
}

fn breaker_down() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, "down")
}
