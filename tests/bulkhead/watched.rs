//! What those see who look at a bulkhead.

use crate::{begin, bulkhead, reason};
use buttress::bulkhead::Handle;
use buttress::metrics::Exporter;
use buttress::registry::{Registry, Verdict};
use buttress::{Bounds, EventKind, Outcome, Reason};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Plan, Task};
use tokio::time::advance;
use tower::ServiceExt;

#[tokio::test(start_paused = true)]
async fn refusals_and_changes_of_the_limit_are_told_as_they_happen() {
    let (handle, _, service) = bulkhead(1, 0);
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&events);
    handle.on_event(move |event| told.lock().unwrap().push(event.to_string()));
    handle.on_event(|event| {
        if let EventKind::LimitChanged { .. } = event.kind {
            panic!("a bug of who listens");
        }
    });
    let under_way = begin(&service, Plan::HANG);
    assert_eq!(reason(&service.clone().oneshot(Plan::OK).await), Reason::Full);
    handle.resize(2);
    handle.resize(2);
    handle.resize(0);
    drop(under_way);
    let expected =
        ["bulkhead orders: rejected: full", "bulkhead orders: limit 1 -> 2", "bulkhead orders: limit 2 -> 1"];
    assert_eq!(*events.lock().unwrap(), expected);
    assert_eq!((handle.listener_panics(), handle.limit_changes()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn s2_75_the_status_says_who_is_in_there_who_waits_and_how_long_it_takes() {
    let registry = Registry::new();
    let handle = Handle::recording_durations("pool", crate::config(4, 2), Bounds::default());
    registry.add(handle.clone()).unwrap();
    let permits: Vec<_> = (0..4).map(|_| handle.try_acquire().unwrap()).collect();
    let waits = tokio::spawn({
        let handle = handle.clone();
        async move { handle.acquire().await.unwrap().record(Outcome::Success) }
    });
    support::settle().await;
    assert!(handle.try_acquire().is_err());
    let full = &registry.status().bulkheads["pool"];
    assert_eq!((full.in_flight, full.limit, full.queued, full.queue), (4, 4, 1, 2));
    assert_eq!((full.utilization, full.queue_utilization, full.rejected), (1.0, 0.5, 1));
    assert_eq!(full.verdict, Verdict::Degraded);
    assert_eq!(registry.health().to_string(), "degraded: bulkhead pool is full with 1 waiting");
    advance(Duration::from_millis(200)).await;
    permits.into_iter().for_each(|permit| permit.record(Outcome::Success));
    waits.await.unwrap();
    let status = registry.status();
    let calm = &status.bulkheads["pool"];
    assert_eq!((calm.in_flight, calm.completed, calm.verdict), (0, 5, Verdict::Healthy));
    let durations = calm.durations.as_ref().unwrap();
    assert_eq!((durations.count(), durations.mean()), (5, Some(Duration::from_millis(160))));
    assert_eq!(calm.waits.sum, Duration::from_millis(200));
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["bulkheads"]["pool"]["durations"]["mean"], 0.16);
    handle.close();
    assert_eq!(registry.health().to_string(), "unhealthy: bulkhead pool is closed");
    registry.reset("pool").unwrap();
    assert_eq!(registry.health().verdict, Verdict::Healthy);
}

#[tokio::test(start_paused = true)]
async fn s2_77_s2_78_s2_79_s2_80_the_metrics_say_it_under_the_name_of_the_bulkhead() {
    let registry = Registry::new();
    let handle = Handle::new("pool", crate::config(1, 1));
    registry.add(handle.clone()).unwrap();
    let exporter = Exporter::new(registry);
    let says = |line: &str| {
        let page = exporter.render();
        assert!(page.lines().any(|found| found == line), "no {line} in\n{page}");
    };
    says(r#"buttress_bulkhead_concurrent{bulkhead="pool"} 0"#);
    says(r#"buttress_bulkhead_rejected_total{bulkhead="pool",reason="full"} 0"#);
    let under_way = handle.try_acquire().unwrap();
    let mut waits = Task::new(handle.acquire());
    assert!(waits.poll().is_pending());
    assert!(handle.acquire().await.is_err());
    says(r#"buttress_bulkhead_concurrent{bulkhead="pool"} 1"#);
    says(r#"buttress_bulkhead_queued{bulkhead="pool"} 1"#);
    says(r#"buttress_bulkhead_limit{bulkhead="pool"} 1"#);
    says(r#"buttress_bulkhead_rejected_total{bulkhead="pool",reason="full"} 1"#);
    advance(Duration::from_millis(30)).await;
    drop(under_way);
    waits.finish().unwrap().record(Outcome::Success);
    says(r#"buttress_bulkhead_completed_total{bulkhead="pool"} 2"#);
    says(r#"buttress_bulkhead_wait_duration_seconds_bucket{bulkhead="pool",le="0.025"} 0"#);
    says(r#"buttress_bulkhead_wait_duration_seconds_bucket{bulkhead="pool",le="0.05"} 1"#);
}
