//! Breakers of many keys in a registry: their status, their health and their events.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{Config, Handle, Keyed, Permit, State};
use buttress::registry::{Registry, Verdict};
use buttress::{FailureKind, Outcome};
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread::spawn;
use std::time::Duration;
use support::breaker::{OPEN_FOR, config, fail};
use tokio::time::advance;

/// How long a test waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(20);

fn peers(registry: &Registry, capacity: usize) -> Keyed<str> {
    let peers = Keyed::with_capacity("peers", config(), NonZeroUsize::new(capacity).unwrap());
    registry.add(peers.clone()).unwrap();
    peers
}

/// The same for numbers, where the failure of a call that began before begins the open time anew.
fn extending(registry: &Registry, capacity: usize) -> Keyed<u64> {
    let builder = Config::builder().consecutive_failures(2).open_for(OPEN_FOR).jitter(0.0);
    let config = builder.late_failure_extends(true).build().unwrap();
    let peers = Keyed::with_capacity("peers", config, NonZeroUsize::new(capacity).unwrap());
    registry.add(peers.clone()).unwrap();
    peers
}

#[tokio::test(start_paused = true)]
async fn s3_15_a_summary_counts_the_keys_in_each_state() {
    let registry = Registry::new();
    let peers = peers(&registry, 100);
    for key in ["a", "b", "c", "d", "e"] {
        fail(&peers.of(key), 1);
    }
    fail(&peers.of("a"), 1);
    advance(OPEN_FOR).await;
    let probe = peers.of("a").acquire().unwrap();
    fail(&peers.of("b"), 1);
    peers.of("c").force_open();
    let status = &registry.status().keyed_circuit_breakers["peers"];
    let states = status.states;
    assert_eq!(
        (states.total(), states.closed, states.half_open, states.open, states.forced_open),
        (5, 2, 1, 1, 1)
    );
    assert_eq!((status.entries, status.capacity, status.evicted, status.overflowed), (5, 100, 0, 0));
    assert_eq!((status.opened, status.totals.failures, status.overflow.state), (2, 7, State::Closed));
    drop(probe);
}

#[test]
fn s3_16_c36_the_state_of_one_key_is_a_word_and_looking_makes_none() {
    let registry = Registry::new();
    let peers = peers(&registry, 100);
    fail(&peers.of("10.0.0.7"), 2);
    let found = registry.get::<Keyed<str>>("peers").unwrap();
    let state = |key: &str| found.get(key).map(|handle| handle.state().as_str());
    assert_eq!((state("10.0.0.7"), state("nobody"), found.len()), (Some("open"), None, 1));
    let json = serde_json::to_value(registry.status()).unwrap();
    assert_eq!(json["keyed_circuit_breakers"]["peers"]["keys"]["10.0.0.7"]["state"], "open");
    assert_eq!(json["keyed_circuit_breakers"]["peers"]["states"]["open"], json!(1));
    // Other keys are another type, and a name is one for each kind.
    let error = registry.get::<Keyed<u64>>("peers").unwrap_err();
    assert_eq!(error.to_string(), "there is no keyed_circuit_breaker \"peers\"; there is none at all");
    assert!(registry.add(Keyed::<u64>::new("peers", config())).is_err());
    assert!(registry.add(Handle::new("peers", config())).is_ok());
}

#[test]
fn c36_a_status_lists_no_more_keys_than_asked_for_and_those_that_failed_most() {
    let registry = Registry::new();
    let peers = peers(&registry, 1000);
    for number in 0..50 {
        let handle = peers.of(&format!("peer-{number:02}"));
        for _ in 0..number {
            handle.acquire().unwrap().record(Outcome::Failure(FailureKind::Error), None);
            handle.reset();
        }
    }
    let listed = |keys| -> Vec<_> {
        let status = registry.status_with_keys(keys).keyed_circuit_breakers["peers"].clone();
        status.keys.into_keys().collect()
    };
    assert_eq!(listed(2), ["peer-48", "peer-49"]);
    assert_eq!((listed(0).len(), listed(usize::MAX).len()), (0, 50));
    assert_eq!(registry.status().keyed_circuit_breakers["peers"].keys.len(), 20);
}

#[tokio::test(start_paused = true)]
async fn w33_some_keys_refused_are_degraded_and_all_are_unhealthy() {
    let registry = Registry::new();
    let peers = peers(&registry, 4);
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    registry.on_health_change({
        let told = std::sync::Arc::clone(&told);
        // Comes back to what it is told of.
        let registry = registry.clone();
        move |health| {
            assert_eq!(registry.status().health.verdict, health.verdict);
            told.lock().unwrap().push(health.to_string());
        }
    });
    let check = |verdict| {
        let status = registry.status();
        assert_eq!((status.health.verdict, registry.health().verdict), (verdict, verdict));
        assert_eq!(status.health, registry.health());
        assert_eq!(registry.watcher_panics(), 0);
    };
    check(Verdict::Healthy);
    let _ = (peers.of("a"), peers.of("b"));
    peers.of("a").force_open();
    check(Verdict::Degraded);
    assert_eq!(registry.health().reasons[0].state, "refusing 1 and probing 0 of 2 keys");
    peers.of("b").force_open();
    check(Verdict::Unhealthy);
    registry.reset_all();
    check(Verdict::Healthy);
    let of_all = "keyed_circuit_breaker peers is refusing";
    assert_eq!(
        *told.lock().unwrap(),
        [
            format!("degraded: {of_all} 1 and probing 0 of 2 keys"),
            format!("unhealthy: {of_all} 2 and probing 0 of 2 keys"),
            format!("degraded: {of_all} 1 and probing 0 of 2 keys"),
            "healthy".to_owned(),
        ]
    );
}

#[test]
fn w33_the_health_of_all_keys_takes_no_look_at_any() {
    let registry = Registry::new();
    let peers = peers(&registry, 100);
    (0..50).for_each(|key| drop(peers.of(&key.to_string())));
    peers.of("7").force_open();
    let mut health = None;
    peers.for_each(|_, _| {
        // While this thread looks, no other one can.
        health.get_or_insert_with(|| {
            let (sender, receiver) = channel();
            let registry = registry.clone();
            spawn(move || sender.send(registry.health()));
            receiver.recv_timeout(PATIENCE)
        });
    });
    assert_eq!(health.unwrap().unwrap(), registry.status().health);
}

#[tokio::test(start_paused = true)]
async fn w33_an_open_time_that_begins_anew_is_the_one_that_counts() {
    let registry = Registry::new();
    let peers = extending(&registry, 100);
    let late = peers.of(&1).acquire().unwrap();
    fail(&peers.of(&1), 2);
    advance(OPEN_FOR / 2).await;
    late.record(Outcome::Failure(FailureKind::Error), None);
    let verdicts = || (registry.health().verdict, registry.status().health.verdict);
    advance(OPEN_FOR / 2).await;
    assert_eq!(verdicts(), (Verdict::Unhealthy, Verdict::Unhealthy));
    advance(OPEN_FOR / 2).await;
    assert_eq!(verdicts(), (Verdict::Degraded, Verdict::Degraded));
}

/// Everything that can happen to a key, one after the other.
#[tokio::test(start_paused = true)]
async fn w33_the_health_says_what_the_status_says_whatever_happens() {
    const STEPS: u64 = 20_000;
    let registry = Registry::new();
    let peers = extending(&registry, 3);
    let (mut random, mut kept, mut permits) = (0x9e37_79b9_7f4a_7c15_u64, Vec::new(), Vec::new());
    let mut seen = BTreeMap::new();
    let failed = |permit: Permit<_>| permit.record(Outcome::Failure(FailureKind::Error), None);
    for step in 0..STEPS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let (action, key) = ((random >> 20) % 24, (random >> 40) % 12);
        match action {
            0..8 => peers.of(&key).acquire().into_iter().for_each(failed),
            8..11 => permits.extend(peers.of(&key).acquire()),
            11 | 12 => permits.drain(..).for_each(|permit| permit.record(Outcome::Success, None)),
            13 => permits.drain(..).for_each(failed),
            14 => permits.clear(),
            15 => peers.of(&key).force_open(),
            16 => peers.of(&key).force_closed(),
            17 if step % 15 == 0 => peers.reset(),
            17 => peers.of(&key).reset(),
            18 => peers.of(&key).set_shadow(step % 2 == 0),
            19 => _ = peers.remove(&key),
            20 => advance(OPEN_FOR / 2).await,
            21 if step % 10 == 0 => advance(Duration::from_secs(100_000)).await,
            21 => kept.push(peers.of(&key)),
            // Also those that have lost their place.
            22 => kept.iter().for_each(Handle::force_open),
            _ => kept.clear(),
        }
        let (health, status) = (registry.health(), registry.status());
        assert_eq!(health, status.health, "after step {step}, {action} of key {key}");
        *seen.entry(health.verdict).or_insert(0) += 1;
    }
    assert!(peers.evicted() > 100 && peers.overflowed() > 100, "{peers:?}");
    assert!(seen.len() == 3 && seen.values().all(|times| *times > 20), "{seen:?}");
}

/// A key that looks at the calls of all keys as it goes.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Witness(&'static str);

thread_local! {
    static TESTIFY: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

impl Drop for Witness {
    fn drop(&mut self) {
        TESTIFY.with_borrow(|testify| testify.iter().for_each(|testify| testify()));
    }
}

impl Display for Witness {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[test]
fn f7_the_calls_of_a_key_are_in_the_status_when_it_has_just_been_removed_or_evicted() {
    let registry = Registry::new();
    let peers = Keyed::<Witness>::with_capacity("peers", config(), NonZeroUsize::MIN);
    registry.add(peers.clone()).unwrap();
    let (first, second) = (Witness("first"), Witness("second"));
    peers.of(&first).acquire().unwrap().record(Outcome::Success, None);
    let seen = Rc::new(RefCell::new(Vec::new()));
    TESTIFY.set(Some(Box::new({
        let seen = Rc::clone(&seen);
        move || {
            let status = registry.status_with_keys(0).keyed_circuit_breakers["peers"].clone();
            seen.borrow_mut().push((status.entries, status.totals.successes));
        }
    })));
    peers.of(&second).acquire().unwrap().record(Outcome::Success, None);
    peers.remove(&second);
    TESTIFY.take();
    assert_eq!(*seen.borrow(), [(1, 1), (0, 2)]);
}

#[test]
fn w01_the_breaker_that_keys_share_for_want_of_room_is_in_the_status_and_is_reset() {
    let registry = Registry::new();
    let peers = peers(&registry, 1);
    peers.of("a").force_open();
    fail(&peers.of("b"), 2);
    let status = &registry.status().keyed_circuit_breakers["peers"];
    assert_eq!(
        (status.overflowed > 0, status.overflow.state, status.totals.failures),
        (true, State::Open, 2)
    );
    assert_eq!(registry.health().verdict, Verdict::Unhealthy);
    registry.reset("peers").unwrap();
    assert!(peers.of("a").acquire().is_ok() && peers.of("b").acquire().is_ok());
    assert_eq!(registry.health().verdict, Verdict::Healthy);
}

#[test]
fn f7_the_totals_of_all_keys_never_become_fewer_while_keys_come_and_go() {
    const CALLS: u64 = 20_000;
    const THREADS: u64 = 2;
    let registry = Registry::new();
    let (peers, done) = (peers(&registry, 16), AtomicBool::new(false));
    let successes = || registry.status_with_keys(3).keyed_circuit_breakers["peers"].totals.successes;
    std::thread::scope(|scope| {
        let callers = [0, 1].map(|thread| {
            let peers = &peers;
            scope.spawn(move || {
                for call in 0..CALLS {
                    let key = (call * 7 + thread) % 200;
                    peers.of(&key.to_string()).acquire().unwrap().record(Outcome::Success, None);
                    if call % 100 == 0 {
                        peers.remove(&key.to_string());
                    }
                }
            })
        });
        scope.spawn(|| {
            let mut last = 0;
            while !done.load(SeqCst) {
                let now = successes();
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
        });
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        done.store(true, SeqCst);
    });
    assert_eq!(successes(), CALLS * THREADS);
    assert!(peers.evicted() > 0);
}

#[test]
fn c36_events_of_a_key_name_it_in_the_stream_of_all() {
    let registry = Registry::new();
    let peers = peers(&registry, 10);
    let mut events = registry.subscribe();
    fail(&peers.of("10.0.0.7"), 2);
    peers.of("10.0.0.7").acquire().unwrap_err();
    let texts: Vec<_> = std::iter::from_fn(|| events.try_next()).map(|event| event.to_string()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with("circuit_breaker peers[10.0.0.7]: closed -> open"), "{texts:?}");
    assert!(texts[1].starts_with("circuit_breaker peers[10.0.0.7]: rejected: open for another"), "{texts:?}");
}
