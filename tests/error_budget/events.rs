//! What is told.

use crate::{FAILED, HOUR, config, record};
use buttress::bulkhead::Priority;
use buttress::error_budget::{Change, ErrorBudgetLayer, Handle};
use buttress::registry::{Registry, Verdict};
use buttress::{BoxError, EventKind, Outcome};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tokio::time::advance;
use tower::{Layer, ServiceExt, service_fn};

/// The changes that a budget tells, in a word each.
fn heard(handle: &Handle) -> Arc<Mutex<Vec<String>>> {
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let ear = Arc::clone(&heard);
    handle.on_event(move |event| {
        let word = match event.kind {
            EventKind::Budget(Change::Low { .. }) => "low",
            EventKind::Budget(Change::Exhausted { .. }) => "exhausted",
            EventKind::Budget(Change::Recovered { .. }) => "recovered",
            EventKind::Budget(Change::Burning { .. }) => "burning",
            EventKind::Budget(Change::Cooled { .. }) => "cooled",
            EventKind::Rejected(_) => "shed",
            _ => "something else",
        };
        ear.lock().unwrap().push(format!("{} {word}", event.name));
    });
    heard
}

fn told(heard: &Mutex<Vec<String>>) -> Vec<String> {
    let mut heard = heard.lock().unwrap();
    heard.drain(..).filter(|word| !word.ends_with("burning") && !word.ends_with("cooled")).collect()
}

#[tokio::test(start_paused = true)]
async fn s2_85_c22_each_crossing_is_told_once() {
    let handle = Handle::new("orders", config());
    let heard = heard(&handle);
    record(&handle, Outcome::Success, 180);
    record(&handle, FAILED, 19);
    assert_eq!(told(&heard), ["orders low"]);
    record(&handle, FAILED, 20);
    assert_eq!(told(&heard), ["orders exhausted"]);
    record(&handle, FAILED, 100);
    for _ in 0..10 {
        let _ = (handle.snapshot(), handle.level(), handle.is_exhausted());
        advance(Duration::from_secs(60)).await;
    }
    assert_eq!(told(&heard), Vec::<String>::new(), "nothing new");
    advance(HOUR * 2).await;
    // Nobody calls; who looks finds out, and only the first.
    assert!(!handle.is_exhausted() && handle.all_met());
    assert_eq!(told(&heard), ["orders recovered"]);
    record(&handle, FAILED, 1);
    assert_eq!(told(&heard), ["orders exhausted"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_shed_is_told_with_the_budget_that_sheds_it() {
    let handle = Handle::of("orders", [("failures", config())]);
    record(&handle, FAILED, 10);
    let heard = heard(&handle);
    let layer = ErrorBudgetLayer::from_handle(handle.clone()).shed_low_priority_by(|(): &()| Priority::Low);
    let service = layer.layer(service_fn(|(): ()| async { Ok::<_, BoxError>(()) }));
    assert!(service.oneshot(()).await.is_err());
    assert_eq!(told(&heard), ["orders shed"]);
    handle.reset();
    record(&handle, FAILED, 1);
    assert_eq!(told(&heard).last().unwrap(), "orders.failures exhausted");
}

#[tokio::test(start_paused = true)]
async fn b3_a_listener_that_panics_or_calls_costs_nothing() {
    let handle = Handle::new("orders", config());
    handle.on_event(|_| panic!("a bug"));
    let again = handle.clone();
    // One that makes calls of its own, which fail as well.
    handle.on_event(move |event| {
        if matches!(event.kind, EventKind::Budget(Change::Exhausted { .. })) {
            record(&again, FAILED, 1);
        }
    });
    let heard = heard(&handle);
    record(&handle, Outcome::Success, 1);
    record(&handle, FAILED, 1);
    assert_eq!(told(&heard), ["orders exhausted"]);
    assert!(handle.listener_panics() >= 1);
    handle.reset();
    assert!(!handle.is_exhausted());
}

#[test]
fn f5_a_listener_that_is_stuck_holds_up_the_call_that_tells_it_and_no_other() {
    let handle = Handle::new("orders", config());
    let (told, hears) = channel();
    let (let_go, stuck) = channel::<()>();
    let stuck = Mutex::new(stuck);
    handle.on_event(move |event| {
        told.send(event.to_string()).unwrap();
        let _ = stuck.lock().unwrap().recv();
    });
    let caller = handle.clone();
    let first = thread::spawn(move || record(&caller, FAILED, 1));
    assert!(hears.recv().unwrap().contains("exhausted"));
    // While it is stuck: two thousand changes, more than may wait to be told, and none of them waits.
    for _ in 0..1_000 {
        handle.reset();
        record(&handle, FAILED, 1);
    }
    assert!(hears.try_recv().is_err() && handle.is_exhausted());
    drop(let_go);
    first.join().unwrap();
    let heard: Vec<_> = hears.try_iter().collect();
    assert_eq!(heard.len(), 1_024, "the latest");
    assert!(heard.last().unwrap().contains("exhausted"));
    assert!(heard[0].contains("recovered"));
}

#[tokio::test(start_paused = true)]
async fn the_health_of_a_registry_knows_an_exhausted_budget() {
    let registry = Registry::new();
    let handle = registry.error_budget("orders", config()).unwrap();
    let changes = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&changes);
    registry.on_health_change(move |health| seen.lock().unwrap().push(health.to_string()));
    record(&handle, FAILED, 1);
    assert_eq!(registry.health().verdict, Verdict::Degraded);
    assert_eq!(registry.health().to_string(), "degraded: error_budget orders is exhausted");
    assert!(!registry.status().objectives_met());
    registry.reset("orders").unwrap();
    assert_eq!(registry.health().verdict, Verdict::Healthy);
    assert_eq!(*changes.lock().unwrap(), ["degraded: error_budget orders is exhausted", "healthy"]);
}
