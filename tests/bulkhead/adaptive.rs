//! A limit that follows what the peer bears.

use buttress::bulkhead::{BulkheadLayer, Claim, Config, Handle, adaptive_limit};
use buttress::{Reason, Rejected, TimeoutLayer};
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::sleep;
use tower::{Layer, ServiceExt, service_fn};

/// Keeps `callers` busy for so long before a peer that takes `latency` milliseconds.
async fn load(handle: &Handle, latency: &Arc<AtomicU64>, callers: usize, time: Duration) {
    let latency = Arc::clone(latency);
    let peer = service_fn(move |()| {
        let latency = latency.load(Relaxed);
        async move {
            sleep(Duration::from_millis(latency)).await;
            Ok::<_, io::Error>(())
        }
    });
    let timeout = TimeoutLayer::new(Duration::from_millis(500));
    let service = BulkheadLayer::from_handle(handle.clone()).typed().layer(timeout.layer(peer));
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                loop {
                    if service.clone().oneshot(()).await.is_err() {
                        sleep(Duration::from_millis(1)).await;
                    }
                }
            })
        })
        .collect();
    sleep(time).await;
    callers.iter().for_each(tokio::task::JoinHandle::abort);
    support::settle().await;
}

#[tokio::test(start_paused = true)]
async fn c9_the_limit_grows_with_use_falls_with_timeouts_and_stands_still_at_rest() {
    let handle = Handle::adaptive("orders", adaptive_limit::Config::default());
    let latency = Arc::new(AtomicU64::new(20));
    assert_eq!(handle.limit(), 20);
    sleep(Duration::from_secs(600)).await;
    load(&handle, &latency, 3, Duration::from_secs(10)).await;
    assert_eq!(handle.limit(), 20, "nobody needed more");
    load(&handle, &latency, 60, Duration::from_secs(10)).await;
    let grown = handle.limit();
    assert!(grown >= 40, "{grown}");
    // Nobody is answered in time any more.
    latency.store(3_000, Relaxed);
    load(&handle, &latency, 60, Duration::from_secs(10)).await;
    assert_eq!(handle.limit(), 10, "down to the least");
    assert!(handle.limit_changes() > 1);
    assert_eq!(handle.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn c9_a_limit_that_was_set_is_where_it_goes_on_from() {
    let handle = Handle::adaptive("orders", adaptive_limit::Config::default());
    let latency = Arc::new(AtomicU64::new(20));
    handle.resize(4);
    assert_eq!(handle.limit(), 10, "its least");
    load(&handle, &latency, 60, Duration::from_secs(10)).await;
    assert!(handle.limit() >= 40, "{:?}", handle.learnt());
    assert_eq!(handle.limit(), handle.learnt().unwrap().limit);
    handle.resize(30);
    assert_eq!((handle.limit(), handle.learnt().unwrap().limit), (30, 30));
    load(&handle, &latency, 60, Duration::from_secs(10)).await;
    assert!(handle.limit() >= 40, "{:?}", handle.learnt());
}

#[tokio::test(start_paused = true)]
async fn c9_quick_answers_that_say_it_was_too_much_lower_the_limit() {
    let layer = BulkheadLayer::adaptive_http(adaptive_limit::Config::default());
    let handle = layer.handle().clone();
    let service = layer.respond().layer(service_fn(|_: http::Request<()>| async {
        sleep(Duration::from_millis(5)).await;
        let response = http::Response::builder().status(http::StatusCode::TOO_MANY_REQUESTS);
        Ok::<_, io::Error>(response.body(String::new()).unwrap())
    }));
    for _ in 0..40 {
        let calls: Vec<_> =
            (0..20).map(|_| tokio::spawn(service.clone().oneshot(http::Request::new(())))).collect();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap().status(), 429);
        }
    }
    assert_eq!(handle.limit(), 10, "{:?}", handle.learnt());
}

#[tokio::test(start_paused = true)]
async fn c9_refused_and_dropped_calls_teach_nothing() {
    let handle = Handle::adaptive("orders", adaptive_limit::Config::default());
    let latency = Arc::new(AtomicU64::new(20));
    load(&handle, &latency, 20, Duration::from_secs(5)).await;
    let (limit, learnt) = (handle.limit(), handle.learnt().unwrap());
    let permits: Vec<_> = std::iter::from_fn(|| handle.try_acquire().ok()).collect();
    for _ in 0..10_000 {
        assert!(handle.try_acquire().is_err());
    }
    sleep(Duration::from_secs(60)).await;
    drop(permits);
    assert_eq!((handle.limit(), handle.learnt().unwrap()), (limit, learnt));
}

/// A bulkhead with a limit of 20 that moves by itself.
fn moving(queue: u32) -> Handle {
    let config = Config::builder().queue(queue).build().unwrap();
    Handle::adaptive_with("orders", config, adaptive_limit::Config::default())
}

#[tokio::test(start_paused = true)]
async fn c9_what_is_heavier_than_a_limit_that_moves_goes_alone() {
    for handle in [moving(0), moving(1)] {
        let layer = BulkheadLayer::from_handle(handle.clone()).weigh(|weight: &u32| *weight).typed();
        let service = layer.layer(service_fn(|weight| async move {
            sleep(Duration::from_millis(1)).await;
            Ok::<_, Rejected>(weight)
        }));
        let mut heavy = support::Task::new(service.clone().oneshot(100));
        assert!(heavy.poll().is_pending());
        assert_eq!(handle.in_flight(), 20);
        sleep(Duration::from_millis(2)).await;
        assert_eq!(heavy.finish(), Ok(100));
        let light = handle.try_acquire().unwrap();
        let weight = NonZeroU32::new(100).unwrap();
        assert_eq!(handle.try_acquire_many(weight).unwrap_err().reason(), Reason::Full);
        drop(light);
        let _all = handle.try_acquire_many(weight).unwrap();
        assert_eq!((handle.in_flight(), handle.snapshot().too_large), (20, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn c9_a_limit_that_moves_below_a_weight_that_waits_is_full_for_it_and_not_for_ever() {
    let handle = moving(1);
    let under_way = handle.try_acquire().unwrap();
    let heavy = Claim { weight: NonZeroU32::new(20).unwrap(), ..Claim::ONE };
    let mut waits = support::Task::new(handle.acquire_as(heavy));
    assert!(waits.poll().is_pending());
    handle.resize(10);
    assert_eq!(waits.finish().unwrap_err().reason(), Reason::Full);
    drop(under_way);
}
