//! Whether a peer that was overloaded for ten seconds is well again soon after, or never: its queue is full of calls that
//! nobody waits for any more, and as each of them times out, its caller sends another.
//!
//! 400 calls a second arrive whatever became of the earlier ones; how much of its capacity that is, the peer decides.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod origin;

use buttress::bulkhead::{BulkheadLayer, adaptive_limit};
use buttress::retry::{self, RetryLayer};
use buttress::timeout::TimeoutLayer;
use buttress::{BoxError, Stack, Tick, clock, presets};
use origin::{NONE, Origin, Trouble};
use std::time::Duration;
use support::load::{RATE, offer};
use tower::{Layer, Service, ServiceBuilder};

const S: Duration = Duration::from_secs(1);

/// How long a caller waits for an answer.
const PATIENCE: Duration = S;

/// In seconds: all is well, the trouble lasts, all is well again.
const BEFORE: usize = 20;
const DURING: usize = 10;
const AFTER: usize = 60;

/// The load, as a share of the capacity in hundredths.
const LOADS: [u32; 3] = [70, 85, 95];

/// What was seen in one run.
#[derive(Debug)]
struct Seen {
    /// Calls that were answered well, by the second of their arrival.
    good: Vec<usize>,
    /// Calls that the peer got, for each that arrived.
    attempts: f64,
}

impl Seen {
    /// The share of the goodput from before the trouble, in so many seconds from so many seconds after its end on.
    fn regained(&self, from: usize, seconds: usize) -> f64 {
        let mean = |seconds: &[usize]| seconds.iter().sum::<usize>() as f64 / seconds.len() as f64;
        let (before, from) = (&self.good[BEFORE / 2..BEFORE], BEFORE + DURING + from);
        mean(&self.good[from..from + seconds]) / mean(before)
    }
}

async fn run<S>(load: u32, trouble: Trouble, protect: impl FnOnce(Origin) -> S) -> Seen
where
    S: Service<u64, Response = (), Error: Send, Future: Send> + Clone + Send + 'static,
{
    let origin = Origin::new(Duration::from_secs(1) / RATE as u32 * load / 100);
    let start = clock::now();
    origin.from(start + Duration::from_secs(BEFORE as u64), trouble);
    origin.from(start + Duration::from_secs((BEFORE + DURING) as u64), NONE);
    let seconds = BEFORE + DURING + AFTER;
    let ended = offer(&protect(origin.clone()), seconds as u64, |number| number).await;
    let good = ended.chunks(RATE as usize).map(|second| second.iter().filter(|end| end.is_ok()).count());
    Seen { good: good.collect(), attempts: origin.calls() as f64 / ended.len() as f64 }
}

/// Nobody protects the peer: callers try three times each.
fn off(origin: Origin) -> impl Service<u64, Response = (), Error = BoxError, Future: Send> + Clone {
    let retries = retry::Handle::without_budget("", retry::Config::default());
    let layers = ServiceBuilder::new().layer(RetryLayer::from_handle(retries));
    layers.layer(TimeoutLayer::new(PATIENCE)).service(origin)
}

/// The same within a budget.
fn budget_only(origin: Origin) -> impl Service<u64, Response = (), Error = BoxError, Future: Send> + Clone {
    let layers = ServiceBuilder::new().layer(RetryLayer::new(retry::Config::default()));
    layers.layer(TimeoutLayer::new(PATIENCE)).service(origin)
}

/// The default stack, with the patience of these callers.
fn protected(origin: Origin) -> impl Service<u64, Response = (), Error = BoxError, Future: Send> + Clone {
    Stack::new("peer").preset(&presets::default()).timeout(PATIENCE).layer(origin)
}

/// The default stack as it is, whose callers wait for five seconds.
fn patient(origin: Origin) -> impl Service<u64, Response = (), Error = BoxError, Future: Send> + Clone {
    Stack::new("peer").preset(&presets::default()).layer(origin)
}

/// The limit and nothing else.
fn limit_only(origin: Origin) -> impl Service<u64, Response = (), Error = BoxError, Future: Send> + Clone {
    let layers = ServiceBuilder::new().layer(BulkheadLayer::adaptive(adaptive_limit::Config::default()));
    layers.layer(TimeoutLayer::new(PATIENCE)).service(origin)
}

const TENTH: Trouble = Trouble { slower: 10, ..NONE };

/// Attempts for each call, beside one in ten that a budget may allow: what a budget has in reserve is nothing to so many calls.
const ATTEMPTS: f64 = 1.1;

fn assert_recovered(case: &str, load: u32, seen: &Seen) {
    let regained = seen.regained(15, 45);
    assert!(regained >= 0.95, "{case} at {load} %: {regained:.3} of before, {seen:?}");
    assert!(seen.attempts <= ATTEMPTS, "{case} at {load} %: {} attempts for each call", seen.attempts);
}

#[tokio::test(start_paused = true)]
async fn h18_a_protected_peer_is_well_again_soon_after_ten_seconds_at_a_tenth_of_its_capacity() {
    for load in LOADS {
        let seen = run(load, TENTH, protected).await;
        assert_recovered("all", load, &seen);
        // What it still can, it does.
        let meanwhile = seen.good[BEFORE..BEFORE + DURING].iter().sum::<usize>() as f64 / DURING as f64;
        let tenth = RATE as f64 * 100.0 / f64::from(load) / 10.0;
        assert!(meanwhile >= 0.9 * tenth, "{meanwhile:.1} of {tenth:.1} a second at {load} %");
    }
}

#[tokio::test(start_paused = true)]
async fn h18_a_stack_with_nothing_set_brings_a_peer_back() {
    for load in LOADS {
        let seen = run(load, TENTH, patient).await;
        assert_recovered("default", load, &seen);
    }
}

#[tokio::test(start_paused = true)]
async fn h18_the_limit_alone_brings_it_back() {
    for load in LOADS {
        assert_recovered("limit", load, &run(load, TENTH, limit_only).await);
    }
}

#[tokio::test(start_paused = true)]
async fn h18_without_a_limit_the_peer_stays_down_long_after_its_trouble_is_over() {
    for (case, seen) in [("off", run(85, TENTH, off).await), ("budget", run(85, TENTH, budget_only).await)] {
        let regained = seen.regained(0, AFTER);
        assert!(regained < 0.1, "{case}: {regained:.3} of before, so this proves nothing: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn h18_a_peer_whose_answers_take_twenty_times_as_long_for_a_while_is_well_again() {
    let usually = Trouble { later: Duration::from_millis(30), ..NONE };
    for load in LOADS {
        let far = |origin: Origin| {
            origin.from(Tick::ZERO, usually);
            origin.from(clock::now() + Duration::from_secs((BEFORE + DURING) as u64), usually);
            protected(origin)
        };
        let seen = run(load, Trouble { later: usually.later * 20, ..NONE }, far).await;
        assert_recovered("latency", load, &seen);
    }
}

#[tokio::test(start_paused = true)]
async fn h18_a_peer_that_fails_every_other_call_for_a_while_is_well_again() {
    for load in LOADS {
        assert_recovered("errors", load, &run(load, Trouble { fails: 2, ..NONE }, protected).await);
    }
}

#[tokio::test(start_paused = true)]
async fn h18_three_times_the_calls_for_a_while_leave_nothing_behind() {
    for load in LOADS {
        let spiked = |origin: Origin| {
            let service = protected(origin);
            for _ in 0..2 {
                let service = service.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(BEFORE as u64)).await;
                    drop(offer(&service, DURING as u64, |number| number).await);
                });
            }
            service
        };
        let seen = run(load, NONE, spiked).await;
        // From the second on in which what came too much has drained.
        let regained = seen.regained(1, AFTER - 1);
        assert!(regained >= 0.95, "{load} %: {regained:.3} of before, {seen:?}");
    }
}
