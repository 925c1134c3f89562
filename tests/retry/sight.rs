//! What can be seen of retries.

use crate::script::{Peer, REFUSED, attempts, secs};
use buttress::metrics::Exporter;
use buttress::registry::Registry;
use buttress::retry::{GiveUp, Handle, RetryLayer};
use buttress::{Event, EventKind, Ratio};
use std::sync::{Arc, Mutex};
use tower::{Layer, ServiceExt};

async fn call(handle: &Handle, peer: Peer) {
    let _ = RetryLayer::from_handle(handle.clone()).layer(peer).oneshot(7).await;
}

/// Three calls: one succeeds at once, one with its second attempt, one fails after three.
async fn three_calls(handle: &Handle) {
    call(handle, Peer::default()).await;
    call(handle, Peer::answering([REFUSED])).await;
    call(handle, Peer::always(REFUSED)).await;
}

#[tokio::test(start_paused = true)]
async fn s2_44_s4_15_attempts_successes_and_failures_are_counted() {
    let handle = Handle::new("orders", attempts(3));
    assert_eq!(handle.totals().success_rate(), None);
    three_calls(&handle).await;
    let totals = handle.totals();
    assert_eq!(totals.attempts()[..4], [3, 2, 1, 0]);
    assert_eq!(totals.succeeded()[..3], [1, 1, 0]);
    assert_eq!((totals.successes(), totals.failures(), totals.retries()), (2, 1, 3));
    assert_eq!(totals.success_rate(), Ratio::of(2, 3));
    assert_eq!((totals.cancelled, totals.gave_up(GiveUp::Attempts)), (0, 1));
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.name, snapshot.totals, snapshot.delays.count()), ("orders", totals, 3));
}

#[tokio::test(start_paused = true)]
async fn s2_45_s2_46_s2_47_they_are_metrics_by_policy() {
    let (registry, handle) = (Registry::new(), Handle::new("orders", attempts(3)));
    registry.add(handle.clone()).unwrap();
    let exporter = Exporter::new(registry);
    three_calls(&handle).await;
    let page = exporter.render();
    for line in [
        r#"buttress_retry_attempts_total{policy="orders",attempt="1"} 3"#,
        r#"buttress_retry_attempts_total{policy="orders",attempt="2"} 2"#,
        r#"buttress_retry_attempts_total{policy="orders",attempt="3"} 1"#,
        r#"buttress_retry_attempts_total{policy="orders",attempt="more"} 0"#,
        r#"buttress_retry_success_total{policy="orders"} 2"#,
        r#"buttress_retry_failures_total{policy="orders",reason="attempts"} 1"#,
        r#"buttress_retry_failures_total{policy="orders",reason="budget"} 0"#,
        r#"buttress_retry_budget_balance{policy="orders"} 7"#,
        r#"buttress_retry_backoff_delay_seconds_bucket{policy="orders",le="0.512"} 0"#,
        r#"buttress_retry_backoff_delay_seconds_sum{policy="orders"} 3"#,
        r#"buttress_retry_backoff_delay_seconds_count{policy="orders"} 3"#,
    ] {
        assert!(page.lines().any(|found| found == line), "no {line} in\n{page}");
    }
    // From 1 ms, each twice the one before, ten of them and one without a bound.
    let buckets = page.lines().filter(|line| line.starts_with("buttress_retry_backoff_delay_seconds_bucket"));
    let bounds: Vec<_> =
        buckets.map(|line| line.split("le=\"").nth(1).unwrap().split('"').next().unwrap()).collect();
    let expected = ["0.001", "0.002", "0.004", "0.008", "0.016", "0.032", "0.064", "0.128", "0.256", "0.512"];
    assert_eq!(bounds, [&expected[..], &["+Inf"]].concat());
}

#[tokio::test(start_paused = true)]
async fn w43_however_many_attempts_there_are_the_series_are_as_many() {
    let (registry, handle) = (Registry::new(), Handle::without_budget("orders", attempts(100)));
    registry.add(handle.clone()).unwrap();
    let exporter = Exporter::new(registry.clone());
    let before = exporter.render().lines().count();
    call(&handle, Peer::always(REFUSED)).await;
    let page = exporter.render();
    assert_eq!(page.lines().count(), before);
    assert!(page.contains(r#"buttress_retry_attempts_total{policy="orders",attempt="more"} 90"#), "{page}");
    assert_eq!(handle.totals().attempts().iter().sum::<u64>(), 100);
    registry.remove::<Handle>("orders").unwrap();
    assert!(!exporter.render().contains("policy=\"orders\""), "its series go with it");
}

#[tokio::test(start_paused = true)]
async fn s1_28_s4_82_each_retry_and_each_end_is_an_event() {
    let handle = Handle::new("orders", attempts(3));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&heard);
    handle.on_event(move |event: &Event| events.lock().unwrap().push(event.clone()));
    three_calls(&handle).await;
    let texts: Vec<_> = heard.lock().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "retry orders: attempt 1 failed, the next in 1.0s",
            "retry orders: attempt 1 failed, the next in 1.0s",
            "retry orders: attempt 2 failed, the next in 1.0s",
            "retry orders: gave up after 3 attempts: no attempts left",
        ]
    );
    let kinds = heard.lock().unwrap().iter().map(|event| event.kind).collect::<Vec<_>>();
    assert_eq!(kinds[0], EventKind::Retried { attempt: 1, delay: secs(1) });
    assert_eq!(kinds[3], EventKind::GaveUp { attempts: 3, why: GiveUp::Attempts });
}

#[tokio::test(start_paused = true)]
async fn a_registry_has_them_in_its_status_and_its_streams() {
    let (registry, handle) = (Registry::new(), Handle::new("orders", attempts(3)));
    registry.add(handle.clone()).unwrap();
    let mut events = registry.subscribe();
    three_calls(&handle).await;
    let status = registry.status();
    let retry = &status.retries["orders"];
    assert_eq!((retry.max_attempts, retry.successes, retry.failures, retry.cancelled), (3, 2, 1, 0));
    assert_eq!(retry.failures_by_reason["attempts"], 1);
    assert_eq!(retry.budget.unwrap().withdrawn, 3);
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["retries"]["orders"]["attempts"][1], 2);
    assert_eq!(json["retries"]["orders"]["budget"]["balance"], 7);
    assert_eq!(json["retries"]["orders"]["delays"]["sum"], 3.0);
    assert_eq!(std::iter::from_fn(|| events.try_next()).count(), 4);
}
