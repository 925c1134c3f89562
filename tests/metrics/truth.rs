//! Gauges are the state, and counters only grow.

use crate::names::with;
use crate::page::Page;
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle, State};
use buttress::metrics::Exporter;
use buttress::operation;
use buttress::registry::Registry;
use buttress::{Bounds, FailureKind, Outcome};
use std::time::Duration;
use support::Task;
use support::breaker::{self, OPEN_FOR, fail};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn w33_w58_s2_28_the_state_gauge_is_the_state_whatever_led_to_it() {
    let handle = Handle::new("orders", breaker::config());
    let exporter = with(&handle);
    let mut seen = Vec::new();
    let mut look = |handle: &Handle| {
        let gauge = Page::scrape(&exporter).get(r#"circuit_breaker_state{name="orders"}"#);
        assert_eq!(gauge, f64::from(handle.state().as_number()), "{}", handle.state());
        seen.push(handle.state());
    };
    look(&handle);
    fail(&handle, 2);
    look(&handle);
    handle.reset();
    look(&handle);
    fail(&handle, 2);
    advance(OPEN_FOR).await;
    let probe = handle.acquire().unwrap();
    look(&handle);
    probe.record(Outcome::Failure(FailureKind::Error), None);
    look(&handle);
    advance(OPEN_FOR * 2).await;
    handle.acquire().unwrap().record(Outcome::Success, None);
    look(&handle);
    handle.force_open();
    look(&handle);
    handle.force_closed();
    look(&handle);
    use State::{Closed, ForcedClosed, ForcedOpen, HalfOpen, Open};
    assert_eq!(seen, [Closed, Open, Closed, HalfOpen, Open, Closed, ForcedOpen, ForcedClosed]);
}

#[tokio::test(start_paused = true)]
async fn s2_33_s4_17_durations_are_those_of_calls_with_a_result() {
    let handle = Handle::recording_durations("orders", breaker::config(), Bounds::default());
    let exporter = with(&handle);
    let mut service =
        CircuitBreakerLayer::from_handle(handle.clone()).layer(service_fn(async |time: Duration| {
            sleep(time).await;
            if time > Duration::from_secs(1) { Err("too slow") } else { Ok(()) }
        }));
    for millis in [5, 30, 30, 1_500] {
        let _ = service.ready().await.unwrap().call(Duration::from_millis(millis)).await;
    }
    let mut given_up = Task::new(service.ready().await.unwrap().call(Duration::from_secs(9)));
    assert!(given_up.poll().is_pending());
    drop(given_up);
    handle.force_open();
    service.ready().await.unwrap().call(Duration::ZERO).await.unwrap_err();

    let page = Page::scrape(&exporter);
    let of = |part: &str| {
        page.get(
            &format!("circuit_breaker_request_duration_seconds_{part}").replace("}", r#"name="orders"}"#),
        )
    };
    let bucket = |le: &str| {
        page.get(&format!(r#"circuit_breaker_request_duration_seconds_bucket{{name="orders",le="{le}"}}"#))
    };
    let buckets = ["0.005", "0.01", "0.025", "0.05", "1", "2.5", "+Inf"].map(bucket);
    assert_eq!(buckets, [1.0, 1.0, 1.0, 3.0, 3.0, 4.0, 4.0]);
    assert_eq!((of("count{}"), of("sum{}")), (4.0, 1.565));
}

#[test]
fn s2_33_who_did_not_ask_for_durations_exports_none() {
    let page = Page::scrape(&with(&Handle::new("orders", breaker::config())));
    assert_eq!(page.of("buttress_circuit_breaker_request_duration_seconds").count(), 0);
}

#[test]
fn s3_60_how_far_a_breaker_is_from_opening_can_be_read() {
    let config = breaker::config().to_builder().consecutive_failures(9).build().unwrap();
    let handle = Handle::new("orders", config);
    let exporter = with(&handle);
    let ratio = r#"circuit_breaker_failure_ratio{name="orders"}"#;
    assert_eq!(Page::scrape(&exporter).find(ratio), None, "no calls, no ratio");
    handle.acquire().unwrap().record(Outcome::Success, None);
    fail(&handle, 3);
    let page = Page::scrape(&exporter);
    assert_eq!(page.get(ratio), 0.75);
    assert_eq!(page.get(r#"circuit_breaker_consecutive_failures{name="orders"}"#), 3.0);
}

#[test]
fn w43_f7_series_go_with_their_owner_and_another_of_that_name_starts_again() {
    let registry = Registry::new();
    let exporter = Exporter::new(registry.clone());
    let failures = || Page::scrape(&exporter).find(r#"circuit_breaker_failures_total{name="orders"}"#);
    assert_eq!(exporter.render(), "");
    let first = Handle::new("orders", breaker::config());
    registry.add(first.clone()).unwrap();
    fail(&first, 2);
    assert_eq!(failures(), Some(2.0));
    registry.remove::<Handle>("orders").unwrap();
    assert_eq!(exporter.render(), "", "nothing is left of it");
    let second = Handle::new("orders", breaker::config());
    registry.add(second.clone()).unwrap();
    fail(&second, 1);
    assert_eq!(failures(), Some(1.0));
    // Without a scrape in between.
    let third = Handle::new("orders", breaker::config());
    registry.replace(third).unwrap();
    assert_eq!(failures(), Some(0.0));
}

#[test]
fn s4_14_s4_17_f7_a_reset_takes_nothing_from_the_counters_of_an_operation() {
    let charge = operation::Handle::new("charge", "payments");
    let registry = Registry::new();
    registry.add(charge.clone()).unwrap();
    let exporter = Exporter::new(registry.clone());
    charge.begin().record(Outcome::Success);
    charge.begin().record(Outcome::Failure(FailureKind::Error));
    let under_way = charge.begin();
    registry.reset("payments.charge").unwrap();
    let status = &registry.status().operations["payments.charge"];
    assert_eq!((status.totals.calls(), status.in_flight), (0, 1));
    let page = Page::scrape(&exporter);
    let labels = r#"operation="charge",component="payments""#;
    for (series, value) in [
        (format!(r#"operation_requests_total{{{labels},result="success"}}"#), 1.0),
        (format!(r#"operation_requests_total{{{labels},result="failure"}}"#), 1.0),
        (format!("operation_duration_seconds_count{{{labels}}}"), 2.0),
        (format!("operation_in_flight{{{labels}}}"), 1.0),
    ] {
        assert_eq!(page.get(&series), value, "{series}");
    }
    drop(under_way);
}
