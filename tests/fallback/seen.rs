//! What is seen of fallbacks: events and the status.

use crate::answers::breaker;
use buttress::circuit_breaker::CircuitBreakerLayer;
use buttress::fallback::{AnyError, FallbackLayer, Handle};
use buttress::registry::Registry;
use buttress::{Event, EventKind, Trigger};
use std::sync::{Arc, Mutex};
use support::{Plan, Probe, Task, ready};
use tower::{Layer, Service};

#[test]
fn s1_18_each_use_of_a_fallback_is_an_event_with_its_cause_and_source() {
    let registry = Registry::new();
    let handle = Handle::new("prices");
    registry.add(handle.clone()).unwrap();
    let (mut all, mut changes) = (registry.subscribe(), registry.subscribe_to_changes());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    handle.on_event(move |event: &Event| hear.lock().unwrap().push((event.name, event.kind)));
    handle.on_event(|_| panic!("a bug of a listener"));
    let breaker = breaker();
    let breaking = CircuitBreakerLayer::from_handle(breaker.clone());
    let layer = FallbackLayer::function(|cause| {
        let rejected = cause.rejected().is_some();
        async move { if rejected { Ok("kept") } else { Err("nothing kept") } }
    });
    let layers = (layer.source("local-copy").with_handle(handle.clone()).when(AnyError), breaking);
    let mut service = layers.layer(Probe::default());
    for plan in [Plan::OK, Plan::FAIL] {
        ready(&mut service);
        let _ = Task::new(service.call(plan)).finish();
    }
    breaker.force_open();
    ready(&mut service);
    assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "kept");
    let use_of =
        |trigger, answered| ("prices", EventKind::FellBack { trigger, source: "local-copy", answered });
    let expected = [use_of(Trigger::Error, false), use_of(Trigger::Rejected, true)];
    assert_eq!(*heard.lock().unwrap(), expected);
    assert_eq!(handle.listener_panics(), 2);
    let told = [
        "fallback prices: error: local-copy failed too",
        "fallback prices: rejected: answered by local-copy",
    ];
    assert_eq!(told.map(|_| all.try_next().unwrap().to_string()), told);
    assert_eq!((all.try_next(), changes.try_next()), (None, None), "a use is no change");
}

#[test]
fn s1_59_a_registry_shows_how_often_fallbacks_were_asked_and_how_that_ended() {
    let registry = Registry::new();
    let handle = Handle::new("prices");
    registry.add(handle.clone()).unwrap();
    let mut service =
        FallbackLayer::value("x").with_handle(handle.clone()).when(AnyError).layer(Probe::default());
    for plan in [Plan::FAIL, Plan::OK, Plan::FAIL] {
        ready(&mut service);
        let _ = Task::new(service.call(plan)).finish();
    }
    let status = registry.status();
    assert_eq!(status.fallbacks["prices"].totals, handle.totals());
    assert_eq!(status.health.verdict.to_string(), "healthy");
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["fallbacks"]["prices"]["totals"]["error"]["answered"], 2);
    assert_eq!(registry.get::<Handle>("prices").unwrap().totals().answered(), 2);
    assert!(registry.reset("prices").unwrap().reset.is_empty(), "nothing of it holds up calls");
    assert_eq!(handle.totals().answered(), 2, "counters only grow");
}
