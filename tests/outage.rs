//! An outage: a service that fails every call, under 400 calls a second, and what it has to bear of the retries.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{self, CircuitBreakerLayer};
use buttress::retry::{Budget, Config, GiveUp, Handle, RetryLayer, budget};
use buttress::{EventKind, Tick, clock};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::load::{RATE, offer};
use support::{Plan, Probe, ProbeError};
use tower::{Layer, ServiceBuilder, service_fn};

/// What a budget allows unless it is told otherwise: a share of the requests, and so many a second, over this time.
const RATIO: f64 = 0.2;
const FLOOR: f64 = 1.0;
const WINDOW: Duration = Duration::from_secs(10);

/// How long the longest retry may come after it was granted: two waits.
const LATE: Duration = Duration::from_millis(150);

type Ticks = Arc<Mutex<Vec<Tick>>>;

/// When retries were granted.
fn granted(handle: &Handle) -> Ticks {
    let ticks = Ticks::default();
    let heard = ticks.clone();
    handle.on_event(move |event| {
        if matches!(event.kind, EventKind::Retried { .. }) {
            heard.lock().unwrap().push(event.at);
        }
    });
    ticks
}

/// How many of the ticks, which ascend, lie in the time of that length that ends at `end`.
fn within(ticks: &[Tick], length: Duration, end: Tick) -> usize {
    let from = ticks.partition_point(|tick| end.since(*tick) >= length);
    ticks.partition_point(|tick| *tick <= end) - from
}

/// What any window of that length may bear.
fn bound(requests: usize, length: Duration) -> f64 {
    RATIO * requests as f64 + FLOOR * length.as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn e2_in_every_window_of_an_outage_retries_are_within_the_budget() {
    let handle = Handle::new("orders", Config::default());
    let granted = granted(&handle);
    let attempts = Ticks::default();
    let service = RetryLayer::from_handle(handle.clone()).layer(service_fn({
        let attempts = attempts.clone();
        move |_: u64| {
            attempts.lock().unwrap().push(clock::now());
            async { Err::<(), _>(ProbeError("call")) }
        }
    }));
    let requests = Ticks::default();
    let seconds = 60;
    let ended = offer(&service, seconds, |number| {
        requests.lock().unwrap().push(clock::now());
        number
    })
    .await;
    assert!(ended.iter().all(Result::is_err));

    let (requests, granted, attempts) =
        (requests.lock().unwrap(), granted.lock().unwrap(), attempts.lock().unwrap());
    assert_eq!(attempts.len(), requests.len() + granted.len(), "every retry that was granted was made");
    for end in granted.iter().copied() {
        let (retries, requests) = (within(&granted, WINDOW, end), within(&requests, WINDOW, end));
        let bound = bound(requests, WINDOW);
        assert!(retries as f64 <= bound, "{retries} retries for {requests} requests until {end}");
    }
    // As attempts: those in a window were granted in it, or a wait before it.
    for end in attempts.iter().copied() {
        let retries = within(&attempts, WINDOW, end) as f64 - within(&requests, WINDOW, end) as f64;
        let borne = bound(within(&requests, WINDOW + LATE, end), WINDOW + LATE);
        assert!(retries <= borne, "{retries} more attempts than requests until {end}, {borne} at most");
    }
    // And it is the budget that held them: all but what a slot's end takes from it was asked for and used.
    let budget = handle.budget().unwrap().snapshot();
    let all = bound(requests.len(), Duration::from_secs(seconds));
    assert_eq!((budget.deposits, budget.withdrawn), (Some(RATE * seconds), granted.len() as u64));
    assert!((0.85 * all..=all).contains(&(granted.len() as f64)), "{} of {all}", granted.len());
    assert!(budget.refused > 0 && handle.totals().gave_up(GiveUp::Budget) == budget.refused);
}

#[tokio::test(start_paused = true)]
async fn w13_a_breaker_beneath_leaves_next_to_nothing_of_an_outage() {
    let (retry, probe) = (Handle::new("orders", Config::default()), Probe::default());
    let breaker = circuit_breaker::Handle::new("orders", circuit_breaker::Config::default());
    let service = ServiceBuilder::new()
        .layer(RetryLayer::from_handle(retry.clone()))
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .service(probe.clone());
    let requests = 60 * RATE;
    offer(&service, 60, |_| Plan::FAIL).await;

    // What opens it, the probes of each opening, and a retry or two of those that were sent; not one of the refusals.
    let opened = breaker.snapshot().opened;
    let attempts = probe.calls() as u64;
    assert!(attempts <= 5 + 3 * opened + RATE / 100, "{attempts} attempts, opened {opened} times");
    assert!((attempts as f64) < 0.01 * requests as f64, "{attempts} attempts for {requests} requests");
    let spent = retry.budget().unwrap().snapshot();
    assert!(spent.withdrawn - spent.refunded <= attempts, "{spent:?}");
}

#[tokio::test(start_paused = true)]
async fn w13_layers_that_share_a_budget_share_its_bound_and_nested_ones_do_not_multiply() {
    let shared = Budget::new(budget::Config::default());
    let probe = Probe::default();
    let layer = |name| RetryLayer::from_handle(Handle::with_budget(name, Config::default(), shared.clone()));
    let (mine, nested) =
        (layer("mine").layer(probe.clone()), layer("outer").layer(layer("inner").layer(probe.clone())));
    let fail = |_| Plan::FAIL;
    let seconds = 20;
    tokio::join!(offer(&mine, seconds, fail), offer(&nested, seconds, fail));
    let requests = 2 * RATE * seconds;
    let snapshot = shared.snapshot();
    assert_eq!(snapshot.deposits, Some(requests), "one deposit a request, whatever the layers");
    let retries = probe.calls() as u64 - requests;
    assert_eq!(retries, snapshot.withdrawn);
    assert!(retries as f64 <= bound(requests as usize, Duration::from_secs(seconds)), "{retries} retries");
}
