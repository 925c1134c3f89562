//! Events on their way: to listeners, and in the one stream of a registry.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{CircuitBreakerLayer, Handle, State};
use buttress::registry::{Registry, Subscription};
use buttress::{Event, EventKind, Reason};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::breaker::{call, config, fail, open};
use support::{Plan, Probe};
use tower::Layer;

fn drain(events: &mut Subscription) -> Vec<String> {
    std::iter::from_fn(|| events.try_next()).map(|event| event.to_string()).collect()
}

fn is_refusal(event: &Event) -> bool {
    matches!(event.kind, EventKind::Rejected(_))
}

#[tokio::test(start_paused = true)]
async fn s0_18_a_listener_hears_changes_in_order_and_refusals_as_they_happen() {
    let handle = Handle::new("orders", config());
    let heard = Arc::new(Mutex::new(Vec::new()));
    handle.on_event({
        let heard = Arc::clone(&heard);
        move |event| heard.lock().unwrap().push(event.clone())
    });
    let mut changes = handle.subscribe();
    let mut service = CircuitBreakerLayer::from_handle(handle.clone()).layer(Probe::default());
    for _ in 0..4 {
        let _ = call(&mut service, Plan::FAIL).await;
    }
    handle.check().unwrap_err();
    let heard = heard.lock().unwrap();
    let kinds: Vec<_> = heard.iter().map(|event| event.kind).collect();
    let [EventKind::Transition(change), refusals @ ..] = &kinds[..] else { panic!("{kinds:?}") };
    assert_eq!((change.to, refusals.len()), (State::Open, 3));
    for refusal in refusals {
        let EventKind::Rejected(refusal) = refusal else { panic!("{refusal:?}") };
        assert_eq!(refusal.reason(), Reason::Open);
    }
    assert_eq!(heard[1].to_string(), "circuit_breaker orders: rejected: open for another 30.0s");
    assert_eq!(handle.snapshot().totals.rejected, 3);
    assert!(
        changes.try_next().is_some() && changes.try_next().is_none(),
        "a reader of changes has no refusals"
    );
}

#[test]
fn b3_a_listener_that_is_refused_itself_comes_to_an_end() {
    let handle = open();
    let heard = Arc::new(AtomicU64::new(0));
    handle.on_event({
        let (handle, heard) = (handle.clone(), Arc::clone(&heard));
        move |_| {
            heard.fetch_add(1, SeqCst);
            handle.acquire().unwrap_err();
        }
    });
    handle.on_event(|event| assert!(!is_refusal(event), "planned panic in a listener"));
    for _ in 0..3 {
        handle.acquire().unwrap_err();
    }
    assert_eq!((heard.load(SeqCst), handle.listener_panics()), (3, 3));
    assert_eq!(handle.snapshot().totals.rejected, 6);
}

#[tokio::test(start_paused = true)]
async fn one_stream_has_the_events_of_all_also_of_those_that_come_later() {
    let registry = Registry::new();
    let orders = registry.circuit_breaker("orders", config()).unwrap();
    orders.force_open();
    let (mut all, mut changes) = (registry.subscribe(), registry.subscribe_to_changes());
    let payments = Handle::new("payments", config());
    payments.force_open();
    registry.add(payments.clone()).unwrap();
    orders.acquire().unwrap_err();
    payments.reset();
    let expected = [
        "circuit_breaker orders: rejected: forced open",
        "circuit_breaker payments: forced_open -> closed (reset)",
    ];
    assert_eq!(drain(&mut all), expected);
    assert_eq!(drain(&mut changes), expected[1..]);

    registry.remove::<Handle>("payments");
    payments.force_open();
    assert!(drain(&mut all).is_empty(), "it has left");
    registry.add(payments.clone()).unwrap();
    payments.reset();
    assert_eq!(drain(&mut all), ["circuit_breaker payments: forced_open -> closed (reset)"]);

    let waiting = tokio::spawn(async move { (all.next().await, all.next().await) });
    tokio::task::yield_now().await;
    orders.reset();
    tokio::task::yield_now().await;
    drop(registry);
    let (event, end) = waiting.await.unwrap();
    assert!(event.is_some() && end.is_none(), "the stream ends with the registry");
}

#[test]
fn d3_w35_a_stream_has_every_change_once_and_in_order_with_many_threads() {
    // Few enough for a breaker to remember, should a thread be held up while it tells them.
    const CHANGES: usize = 28;
    const THREADS: usize = 2;
    for _ in 0..100 {
        let registry = Registry::new();
        let handles = ["a", "b"].map(|name| registry.circuit_breaker(name, config()).unwrap());
        let mut events = registry.subscribe_to_changes();
        std::thread::scope(|scope| {
            for handle in handles.iter().cycle().take(handles.len() * THREADS) {
                scope.spawn(|| {
                    for _ in 0..CHANGES / THREADS / 2 {
                        handle.force_open();
                        handle.reset();
                    }
                });
            }
        });
        let mut last = std::collections::HashMap::new();
        while let Some(event) = events.try_next() {
            let EventKind::Transition(change) = event.kind else { panic!("{event}") };
            let previous = last.insert(event.name, change);
            assert_eq!(change.number, previous.map_or(0, |previous| previous.number) + 1);
            assert!(previous.is_none_or(|previous| previous.to == change.from));
        }
        assert_eq!(events.missed(), 0);
        for handle in &handles {
            let (last, snapshot) = (last[handle.name()], handle.snapshot());
            assert_eq!((last.number, last.to), (snapshot.transitions, snapshot.state));
        }
    }
}

#[test]
fn f5_ten_million_refusals_before_a_reader_that_never_reads() {
    const REFUSALS: u64 = 10_000_000;
    const KEPT: u64 = 1024;
    let registry = Registry::new();
    let handle = registry.circuit_breaker("flooded", config()).unwrap();
    let (mut stuck, mut changes) = (registry.subscribe(), registry.subscribe_to_changes());
    handle.force_open();
    for _ in 0..REFUSALS {
        assert!(handle.check().is_err());
    }
    handle.reset();
    let kept = std::iter::from_fn(|| stuck.try_next()).count() as u64;
    assert_eq!((kept, stuck.missed()), (KEPT, REFUSALS + 2 - KEPT));
    // Who asked for changes alone has lost none in the flood.
    assert_eq!((drain(&mut changes).len(), changes.missed()), (2, 0));
}

#[test]
fn f5_a_listener_that_hangs_holds_up_only_the_call_it_hangs_in() {
    let registry = Registry::new();
    let handle = registry.circuit_breaker("hung", config()).unwrap();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let (entered, inside) = std::sync::mpsc::channel();
    let wait = Mutex::new(Some(wait));
    handle.on_event(move |event| {
        let first = if is_refusal(event) { None } else { wait.lock().unwrap().take() };
        if let Some(wait) = first {
            entered.send(()).unwrap();
            // Until it is told to go on, or nobody is left who could.
            let _ = wait.recv();
        }
    });
    let mut events = registry.subscribe();
    std::thread::scope(|scope| {
        scope.spawn(|| handle.force_open());
        // No more than a guard against waiting for ever.
        inside.recv_timeout(Duration::from_secs(20)).unwrap();
        // The change is told right now, for ever; calls, further changes, status and readers go on.
        for _ in 0..1000 {
            handle.acquire().unwrap_err();
        }
        handle.force_closed();
        assert_eq!(registry.status().circuit_breakers["hung"].state, State::ForcedClosed);
        assert_eq!(drain(&mut events).len(), 1000);
        // Taken in here, it goes with a panic as well: the scope waits for the one that hangs.
        drop(release);
    });
    assert_eq!(drain(&mut events).len(), 2);
}

#[test]
fn f7_who_reads_again_after_a_pause_hears_everything_once() {
    let registry = Registry::new();
    let handle = registry.circuit_breaker("orders", config()).unwrap();
    for _ in 0..100 {
        let (mut one, mut two) = (registry.subscribe(), registry.subscribe());
        handle.force_open();
        handle.reset();
        assert_eq!((drain(&mut one).len(), drain(&mut two).len()), (2, 2));
    }
    let mut events = registry.subscribe();
    fail(&handle, 2);
    assert_eq!(drain(&mut events).len(), 1);
}
