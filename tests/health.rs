//! The verdict on the health of it all, and who is told when it changes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{Handle, State};
use buttress::registry::{Registry, Verdict};
use buttress::{FailureKind, Outcome};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use support::breaker::{OPEN_FOR, config, fail};
use tokio::time::advance;

/// Whatever a watcher is told from now on.
fn told(registry: &Registry) -> impl Fn() -> Vec<String> + use<> {
    let texts = Arc::new(Mutex::new(Vec::new()));
    registry.on_health_change({
        let texts = Arc::clone(&texts);
        move |health| texts.lock().unwrap().push(health.to_string())
    });
    move || std::mem::take(&mut texts.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn s4_51_s2_16_every_change_of_the_health_is_told_once_with_the_reasons() {
    let registry = Registry::new();
    let orders = registry.circuit_breaker("orders", config()).unwrap();
    let told = told(&registry);
    let payments = registry.circuit_breaker("payments", config()).unwrap();
    fail(&orders, 2);
    assert_eq!(told(), ["unhealthy: circuit_breaker orders is open"]);
    for _ in 0..100 {
        orders.acquire().unwrap_err();
    }
    payments.force_open();
    let both = "unhealthy: circuit_breaker orders is open, circuit_breaker payments is forced_open";
    assert_eq!(told(), [both]);
    payments.reset();
    assert_eq!(told(), ["unhealthy: circuit_breaker orders is open"]);
    advance(OPEN_FOR).await;
    let probe = orders.acquire().unwrap();
    assert_eq!(told(), ["degraded: circuit_breaker orders is half_open"]);
    probe.record(Outcome::Success, None);
    assert_eq!(told(), ["healthy"]);
    orders.reset();
    orders.force_closed();
    assert!(told().is_empty(), "no change");
}

#[test]
fn s4_51_who_comes_or_goes_ill_changes_the_health_too() {
    let registry = Registry::new();
    let told = told(&registry);
    let ill = Handle::new("ill", config());
    ill.force_open();
    registry.add(ill.clone()).unwrap();
    assert_eq!(told(), ["unhealthy: circuit_breaker ill is forced_open"]);
    registry.replace(Handle::new("ill", config())).unwrap();
    assert_eq!(told(), ["healthy"]);
    // It has left, and is nobody's concern here any more.
    ill.reset();
    ill.force_open();
    assert!(told().is_empty());
    registry.get::<Handle>("ill").unwrap().force_open();
    assert_eq!(told(), ["unhealthy: circuit_breaker ill is forced_open"]);
    registry.remove::<Handle>("ill");
    assert_eq!(told(), ["healthy"]);
}

#[tokio::test(start_paused = true)]
async fn w62_after_a_hundred_openings_a_closed_breaker_is_healthy() {
    let registry = Registry::new();
    let handle = registry.circuit_breaker("orders", config()).unwrap();
    for _ in 0..101 {
        fail(&handle, 2);
        assert_eq!(registry.health().verdict, Verdict::Unhealthy);
        advance(Duration::from_secs(60)).await;
        handle.acquire().unwrap().record(Outcome::Success, None);
    }
    let status = registry.status();
    assert_eq!((status.circuit_breakers["orders"].opened, status.health.verdict), (101, Verdict::Healthy));
    assert!(status.health.reasons.is_empty());
}

#[test]
fn b3_a_panicking_watcher_is_contained_and_one_may_steer_what_it_watches() {
    let registry = Registry::new();
    let handle = registry.circuit_breaker("orders", config()).unwrap();
    registry.on_health_change(|_| panic!("planned panic in a watcher"));
    registry.on_health_change({
        let registry = registry.clone();
        move |health| {
            if health.verdict == Verdict::Unhealthy {
                registry.reset_all();
            }
        }
    });
    let told = told(&registry);
    handle.force_open();
    assert_eq!(told(), ["unhealthy: circuit_breaker orders is forced_open", "healthy"]);
    assert_eq!((handle.state(), registry.watcher_panics()), (State::Closed, 2));
}

#[test]
fn d3_what_a_watcher_changes_elsewhere_is_told_too() {
    let registry = Registry::new();
    let [orders, payments] =
        ["orders", "payments"].map(|name| registry.circuit_breaker(name, config()).unwrap());
    registry.on_health_change(move |_| payments.force_open());
    let told = told(&registry);
    orders.force_open();
    let one = "unhealthy: circuit_breaker orders is forced_open";
    assert_eq!(told(), [one.to_owned(), format!("{one}, circuit_breaker payments is forced_open")]);
}

#[test]
fn d3_the_last_that_is_told_is_how_it_is_also_with_many_threads() {
    const ROUNDS: u64 = 200;
    let registry = Registry::new();
    let handles: Vec<_> = ["a", "b", "c", "d"]
        .into_iter()
        .map(|name| registry.circuit_breaker(name, config()).unwrap())
        .collect();
    let (last, count) = (Arc::new(Mutex::new(registry.health())), Arc::new(AtomicU64::new(0)));
    registry.on_health_change({
        let (last, count) = (Arc::clone(&last), Arc::clone(&count));
        move |health| {
            let previous = std::mem::replace(&mut *last.lock().unwrap(), health.clone());
            assert_ne!(previous, *health, "told twice");
            count.fetch_add(1, SeqCst);
        }
    });
    thread::scope(|scope| {
        for handle in &handles {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    handle.acquire().unwrap().record(Outcome::Failure(FailureKind::Error), None);
                    handle.acquire().unwrap().record(Outcome::Failure(FailureKind::Error), None);
                    handle.reset();
                }
                handle.force_open();
            });
        }
    });
    assert_eq!(registry.watcher_panics(), 0);
    assert_eq!(*last.lock().unwrap(), registry.health());
    assert_eq!(registry.health().reasons.len(), handles.len());
    assert!(count.load(SeqCst) > 0);
}

#[test]
fn d3_who_changes_something_is_not_kept_by_those_who_go_on_changing() {
    const CHANGES: usize = 100;
    let registry = Registry::new();
    let [orders, payments] =
        ["orders", "payments"].map(|name| registry.circuit_breaker(name, config()).unwrap());
    let (sender, told) = channel();
    registry.on_health_change({
        let count = AtomicUsize::new(0);
        move |health| {
            match count.fetch_add(1, SeqCst) + 1 {
                CHANGES => {}
                odd if odd % 2 == 1 => payments.force_open(),
                _ => payments.reset(),
            }
            sender.send((thread::current().id(), health.reasons.len())).unwrap();
        }
    });
    orders.force_open();
    let told: Vec<_> = (0..CHANGES).map(|_| told.recv_timeout(Duration::from_secs(20)).unwrap()).collect();
    assert!(told.iter().map(|(_, ill)| *ill).eq([1, 2].into_iter().cycle().take(CHANGES)));
    let here = told.iter().filter(|(thread, _)| *thread == thread::current().id());
    assert_eq!(here.count(), 4);
}
