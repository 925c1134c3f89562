//! More than an origin bears: what still comes through, and how soon all is well again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use support::{Mode, Origin, Running, open_loop};
use tokio::sync::Semaphore;

/// An origin that does so many requests at a time, each in so long, one after the other and whoever still waits for it.
fn busy(workers: usize, work: Duration) -> Mode {
    Mode::Busy(Arc::new(Semaphore::new(workers)), work)
}

/// Runs what depends on how busy this machine is up to three times, until it succeeds.
async fn once_of_three(mut run: impl AsyncFnMut() -> Result<(), String>) {
    let mut misses = Vec::new();
    while misses.len() < 3 {
        match run().await {
            Ok(()) => return,
            Err(miss) => misses.push(miss),
        }
    }
    panic!("{misses:#?}");
}

/// Three times what the origin bears, for as long as it takes a queue without bound to outlast every client's patience. The
/// share of its capacity that comes through is gated beside other proxies; here it is enough that no collapse would pass.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h18_an_origin_that_is_asked_for_three_times_what_it_bears_still_answers_what_it_bears() {
    for work in [40, 200] {
        let workers = 8;
        let capacity = workers * 1_000 / work;
        once_of_three(async || {
            let origin = Origin::start(busy(workers as usize, Duration::from_millis(work.into()))).await;
            let proxy = Running::before(&[origin.address]).await;
            let overload = open_loop(proxy.address, 3 * capacity, 4, b"ok").await;
            let after = open_loop(proxy.address, capacity * 7 / 10, 1, b"ok").await;
            let totals = proxy.breakers[0].snapshot().totals;
            assert_eq!((totals.failures, totals.throttled), (0, 0), "the origin did nothing wrong");
            assert_eq!(proxy.budget().withdrawn, 0, "and nothing was asked twice");
            // At once after it all is well again.
            let holds = overload.good >= capacity * 4 * 4 / 5 && after.ratio() >= 0.95;
            holds.then_some(()).ok_or(format!("{overload:?} of {capacity} a second, {after:?} afterwards"))
        })
        .await;
    }
}

/// Without a limit the same origin answers nobody in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h18_without_a_limit_it_collapses() {
    once_of_three(async || {
        let origin = Origin::start(busy(8, Duration::from_millis(40))).await;
        let proxy = Running::with(&[origin.address], |config| {
            config.limits.max_concurrent = NonZeroU32::new(1_000_000);
        })
        .await;
        let overload = open_loop(proxy.address, 600, 4, b"ok").await;
        let after = open_loop(proxy.address, 140, 1, b"ok").await;
        let holds = overload.good < 200 * 4 * 3 / 5 && after.ratio() < 0.5;
        holds.then_some(()).ok_or(format!("{overload:?}, {after:?} afterwards"))
    })
    .await;
}
