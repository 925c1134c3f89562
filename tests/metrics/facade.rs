//! The same into the recorder of the facade: here that of the usual exporter for Prometheus.

use crate::names::with;
use crate::page::Page;
use buttress::circuit_breaker::{Handle, Keyed};
use buttress::metrics::Exporter;
use buttress::operation;
use buttress::registry::Registry;
use buttress::{Bounds, Config, Outcome};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use std::time::Duration;
use support::breaker::{self, fail};
use tokio::time::advance;

/// A recorder with the buckets of the histogram, by which it shows one at all.
fn recorder() -> PrometheusRecorder {
    let bounds: Vec<_> = Bounds::default().iter().map(|bound| bound.as_secs_f64()).collect();
    let durations = Matcher::Suffix("_seconds".to_owned());
    PrometheusBuilder::new().set_buckets_for_metric(durations, &bounds).unwrap().build_recorder()
}

fn publish(exporter: &Exporter, recorder: &PrometheusRecorder) -> Page {
    metrics::with_local_recorder(recorder, || exporter.publish());
    Page::read(&recorder.handle().render())
}

/// What the text has not, as the ratios of an open breaker, stands at zero in a recorder.
fn assert_same(published: &Page, text: &Page) {
    for (series, value) in &published.series {
        // The sum of durations is put together of others, which leaves the last digits.
        let difference = value - text.series.get(series).unwrap_or(&0.0);
        assert!(difference.abs() < 1e-9, "{series}: {value} instead of {:?}", text.series.get(series));
    }
    let missing: Vec<_> =
        text.series.keys().filter(|series| !published.series.contains_key(*series)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(text.kinds.iter().all(|kind| published.kinds.get_key_value(kind.0) == Some(kind)));
}

#[tokio::test(start_paused = true)]
async fn s2_07_s2_33_the_facade_shows_what_the_text_does() {
    let handle = Handle::recording_durations("orders", breaker::config(), Bounds::default());
    let exporter = with(&handle);
    let recorder = recorder();
    for millis in [7, 40, 20_000] {
        let permit = handle.acquire().unwrap();
        advance(Duration::from_millis(millis)).await;
        permit.record(Outcome::Success, None);
        assert_same(&publish(&exporter, &recorder), &Page::scrape(&exporter));
    }
    fail(&handle, 2);
    assert!(handle.acquire().is_err());
    let page = publish(&exporter, &recorder);
    assert_same(&page, &Page::scrape(&exporter));
    assert_eq!(page.get(r#"circuit_breaker_state{name="orders"}"#), 2.0);
}

#[test]
fn f7_w43_what_left_stands_at_zero_and_its_counters_go_on_with_the_next_of_its_name() {
    let registry = Registry::new();
    let exporter = Exporter::new(registry.clone());
    let recorder = recorder();
    let first = Handle::new("orders", breaker::config());
    registry.add(first.clone()).unwrap();
    fail(&first, 2);
    publish(&exporter, &recorder);
    registry.remove::<Handle>("orders").unwrap();
    let page = publish(&exporter, &recorder);
    assert_eq!(page.get(r#"circuit_breaker_state{name="orders"}"#), 0.0);
    assert_eq!(page.get(r#"circuit_breaker_failures_total{name="orders"}"#), 2.0);
    let second = Handle::new("orders", breaker::config());
    registry.add(second.clone()).unwrap();
    fail(&second, 1);
    let page = publish(&exporter, &recorder);
    assert_eq!(page.get(r#"circuit_breaker_failures_total{name="orders"}"#), 3.0);
}

const FAILURES: &str = r#"circuit_breaker_failures_total{name="orders"}"#;
const TOOK: &str = r#"circuit_breaker_request_duration_seconds_count{name="orders"}"#;

/// An exporter with one series for each state, and its registry.
fn per_state() -> (Registry, Exporter) {
    let registry = Registry::new();
    let exporter = Exporter::builder(registry.clone()).per_state(true).build().unwrap();
    (registry, exporter)
}

#[test]
fn f7_w58_who_leaves_and_returns_is_counted_once() {
    let (registry, exporter) = per_state();
    let recorder = recorder();
    let orders = Handle::recording_durations("orders", breaker::config(), Bounds::default());
    let peers = Keyed::<str>::new("peers", breaker::config());
    let charge = operation::Handle::new("charge", "payments");
    let check = |calls: f64| {
        let published = publish(&exporter, &recorder);
        let trips = if calls > 0.0 { 2.0 } else { 0.0 };
        for (series, value) in [
            (FAILURES, calls),
            (TOOK, calls),
            (
                r#"circuit_breaker_state_changes_total{name="orders",from_state="closed",to_state="open"}"#,
                1.0,
            ),
            (r#"circuit_breaker_failures_total{name="peers",key="other"}"#, 2.0),
            (r#"operation_requests_total{operation="charge",component="payments",result="success"}"#, 1.0),
            ("operation_duration_seconds_count{operation=\"charge\",component=\"payments\"}", 1.0),
        ] {
            assert_eq!(published.get(series), value, "{series}");
        }
        for page in [&published, &Page::scrape(&exporter)] {
            assert_eq!(page.series["circuit_breaker_trips_total"], trips);
        }
    };
    let add = || {
        registry.add(orders.clone()).unwrap();
        registry.add(peers.clone()).unwrap();
        registry.add(charge.clone()).unwrap();
    };
    let remove = || {
        registry.remove::<Handle>("orders").unwrap();
        registry.remove::<Keyed<str>>("peers").unwrap();
        registry.remove::<operation::Handle>("payments.charge").unwrap();
    };
    fail(&orders, 2);
    fail(&peers.of("a"), 2);
    charge.begin().record(Outcome::Success);
    add();
    check(2.0);
    remove();
    check(2.0);
    add();
    check(2.0);
    // Without anybody looking while it is away, and with a call meanwhile.
    remove();
    orders.reset();
    fail(&orders, 1);
    add();
    check(3.0);
}

#[test]
fn f7_one_that_overtakes_its_predecessor_between_two_looks_loses_nothing() {
    let (registry, exporter) = per_state();
    let recorder = recorder();
    let operation = |calls| {
        let charge = operation::Handle::new("charge", "payments");
        (0..calls).for_each(|_| charge.begin().record(Outcome::Success));
        charge
    };
    let made = |calls| {
        let handle = Handle::recording_durations("orders", breaker::config(), Bounds::default());
        fail(&handle, calls);
        handle
    };
    let first = made(1);
    registry.add(first.clone()).unwrap();
    publish(&exporter, &recorder);
    registry.replace(made(2)).unwrap();
    registry.replace(operation(1)).unwrap();
    publish(&exporter, &recorder);
    registry.replace(operation(2)).unwrap();
    let page = publish(&exporter, &recorder);
    let successes = r#"operation_requests_total{operation="charge",component="payments",result="success"}"#;
    let took = r#"operation_duration_seconds_count{operation="charge",component="payments"}"#;
    assert_eq!((page.get(successes), page.get(took)), (3.0, 3.0));
    assert_eq!((page.get(FAILURES), page.get(TOOK)), (3.0, 3.0));
    // The first takes its place again, with one call more.
    fail(&first, 1);
    registry.replace(first).unwrap();
    let page = publish(&exporter, &recorder);
    assert_eq!((page.get(FAILURES), page.get(TOOK)), (4.0, 4.0));
    assert_eq!(page.series["circuit_breaker_trips_total"], 2.0);
}

#[test]
fn s2_33_a_histogram_with_other_bounds_is_another_one() {
    let (registry, exporter) = per_state();
    let recorder = recorder();
    let bounds = |millis: &[u64]| {
        let bounds: Vec<_> = millis.iter().copied().map(Duration::from_millis).collect();
        Bounds::new(&bounds).unwrap()
    };
    let of = [&[10, 20][..], &[1, 2, 3, 4], &[5], &[7], &[7]];
    for (calls, bounds) in (1..).zip(of.map(bounds)) {
        let handle = Handle::recording_durations("orders", breaker::config(), bounds);
        fail(&handle, 1);
        let _ = registry.remove::<Handle>("orders");
        registry.add(handle).unwrap();
        assert_eq!(publish(&exporter, &recorder).get(TOOK), f64::from(calls), "{bounds:?}");
        assert_eq!(publish(&exporter, &recorder).get(TOOK), f64::from(calls), "{bounds:?}");
    }
}

#[test]
fn h15_the_recorder_which_never_forgets_learns_of_no_key() {
    let keyed = Keyed::<u64>::new("peers", Config::default());
    let registry = Registry::new();
    registry.add(keyed.clone()).unwrap();
    let exporter = Exporter::new(registry);
    let recorder = recorder();
    for key in 0..1_000 {
        fail(&keyed.of(&key), 1);
        if key % 100 == 0 {
            publish(&exporter, &recorder);
        }
    }
    let page = publish(&exporter, &recorder);
    let keys: Vec<_> = page.of("buttress_circuit_breaker_failures_total").collect();
    assert_eq!(keys, [(r#"buttress_circuit_breaker_failures_total{name="peers",key="other"}"#, 1_000.0)]);
}
