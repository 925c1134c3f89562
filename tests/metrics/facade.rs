//! The same into the recorder of the facade: here that of the usual exporter for Prometheus.

use crate::names::with;
use crate::page::Page;
use buttress::circuit_breaker::{Handle, Keyed};
use buttress::metrics::Exporter;
use buttress::registry::Registry;
use buttress::{Bounds, Config};
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
        permit.record(buttress::Outcome::Success, None);
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
