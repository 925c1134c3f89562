//! What stands beneath: other layers, and the services that attempts are made with.

use crate::script::{Peer, REFUSED, attempts, secs};
use buttress::circuit_breaker::{self, CircuitBreakerLayer};
use buttress::retry::{GiveUp, Handle, RetryLayer};
use buttress::{BoxError, Reason, Rejected, TimeoutLayer, clock};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use support::{Plan, Probe, Readiness, Task, ready};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

fn opens_at(failures: u16) -> circuit_breaker::Handle {
    let config = circuit_breaker::Config::builder().consecutive_failures(failures).jitter(0.0);
    circuit_breaker::Handle::new("orders", config.open_for(secs(60)).build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn c14_e8_what_a_breaker_refuses_is_not_tried_again() {
    let breaker = opens_at(2);
    let retry = Handle::new("orders", attempts(5));
    let peer = Peer::always(REFUSED);
    let mut service = ServiceBuilder::new()
        .layer(RetryLayer::from_handle(retry.clone()))
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .service(peer.clone());
    let start = clock::now();
    let error = service.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(Rejected::find(&*error).unwrap().reason(), Reason::Open);
    // Two attempts opened it; the third was refused, and that was the end.
    assert_eq!((peer.calls(), clock::now().since(start)), (2, secs(2)));
    assert_eq!(retry.totals().gave_up(GiveUp::NotRetryable), 1);
    // Open from the start: refused at once, and no token was taken.
    let withdrawn = retry.snapshot().budget.unwrap().withdrawn;
    service.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!((peer.calls(), clock::now().since(start)), (2, secs(2)));
    assert_eq!(retry.snapshot().budget.unwrap().withdrawn, withdrawn);
    assert_eq!(breaker.snapshot().totals.rejected, 2);
}

#[tokio::test(start_paused = true)]
async fn c14_no_condition_gets_what_a_breaker_refuses_sent_again() {
    let breaker = opens_at(1);
    breaker.force_open();
    let peer = Peer::default();
    let always = RetryLayer::new(attempts(5)).retry_if(|_: Result<&u32, &BoxError>| true);
    let service = always.layer(CircuitBreakerLayer::from_handle(breaker.clone()).layer(peer.clone()));
    service.oneshot(7).await.unwrap_err();
    assert_eq!((breaker.snapshot().totals.rejected, peer.calls()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn c14_a_retry_above_a_router_goes_elsewhere_at_once_and_pays_for_it() {
    // Two peers in turn; the breaker of the first is open.
    let [first, second] = [opens_at(1), opens_at(1)];
    first.force_open();
    let (breakers, turn) = (Arc::new([first, second]), Arc::new(AtomicUsize::new(0)));
    let router = service_fn(move |request: u32| {
        let breaker = breakers[turn.fetch_add(1, Relaxed) % 2].clone();
        async move {
            let permit = breaker.acquire()?;
            permit.record(buttress::Outcome::Success, None);
            Ok::<_, BoxError>(request)
        }
    });
    let retry = Handle::new("orders", attempts(3));
    let start = clock::now();
    let layer = RetryLayer::from_handle(retry.clone()).retry_elsewhere();
    assert_eq!(layer.layer(router).oneshot(7).await.unwrap(), 7);
    assert_eq!(clock::now(), start, "nobody was waited for");
    assert_eq!(retry.snapshot().budget.unwrap().withdrawn, 1);
}

#[tokio::test(start_paused = true)]
async fn e8_an_attempt_that_timed_out_was_sent_and_is_tried_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let peer = service_fn({
        let calls = Arc::clone(&calls);
        move |request: u32| {
            let slow = calls.fetch_add(1, Relaxed) < 2;
            async move {
                tokio::time::sleep(if slow { secs(60) } else { secs(1) }).await;
                Ok::<_, io::Error>(request)
            }
        }
    });
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(attempts(3)))
        .layer(TimeoutLayer::new(secs(5)))
        .service(peer);
    let start = clock::now();
    assert_eq!(service.oneshot(7).await.unwrap(), 7);
    // Each attempt has the limit of its own, and the waits are not in it.
    let late = clock::now().since(start).saturating_sub(secs(5 + 1 + 5 + 1 + 1));
    assert!(late <= Duration::from_millis(3), "{late:?}");
    assert_eq!(calls.load(Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a1_e8_each_attempt_has_a_service_that_was_made_ready_for_it() {
    let probe = Probe::default();
    let mut service = RetryLayer::new(attempts(3)).layer(probe.clone());
    ready(&mut service);
    assert_eq!((probe.ready_polls(), probe.reserved()), (1, 1));
    let mut task = Task::new(service.call(Plan::FAIL));
    assert_eq!((probe.calls(), probe.reserved()), (1, 0), "the readied one was called");
    assert!(task.poll().is_pending());
    assert_eq!(probe.ready_polls(), 1, "nothing is reserved while it waits");
    tokio::time::advance(secs(1)).await;
    // It is not ready now, and the call waits for that.
    probe.set_readiness(Readiness::Pending);
    assert!(task.poll().is_pending());
    assert_eq!((probe.calls(), probe.ready_polls()), (1, 2));
    probe.set_readiness(Readiness::Ready);
    assert!(task.poll().is_pending());
    assert_eq!((probe.calls(), probe.ready_polls(), probe.reserved()), (2, 3, 0));
    tokio::time::advance(secs(1)).await;
    assert!(task.poll().is_ready());
    assert_eq!((probe.calls(), probe.breaches(), probe.live()), (3, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a6_a_retry_that_waits_to_be_ready_is_woken() {
    let probe = Probe::default();
    let mut service = RetryLayer::new(attempts(2)).layer(probe.clone());
    ready(&mut service);
    probe.set_readiness(Readiness::Pending);
    let call = tokio::spawn(service.call(Plan::FAIL));
    tokio::time::sleep(secs(60)).await;
    assert_eq!((probe.calls(), probe.ready_polls()), (1, 2), "A8: asked once, and no more until it is woken");
    probe.set_readiness(Readiness::Ready);
    call.await.unwrap().unwrap_err();
    assert_eq!((probe.calls(), probe.breaches()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_attempt_answered_is_let_go_before_the_wait() {
    let held = Arc::new(());
    let peer = service_fn({
        let held = Arc::clone(&held);
        move |()| {
            let answer = Arc::clone(&held);
            async move { Ok::<_, io::Error>(answer) }
        }
    });
    let layer = RetryLayer::new(attempts(2)).retry_if(|result: Result<&Arc<()>, &io::Error>| result.is_ok());
    let mut service = layer.layer(peer);
    let mut task = Task::new(service.ready().await.unwrap().call(()));
    let idle = Arc::strong_count(&held);
    assert!(task.poll().is_pending());
    assert_eq!(Arc::strong_count(&held), idle - 1, "neither the attempt nor its answer is held");
    drop(task);
}
