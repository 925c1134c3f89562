//! tower's own retry, by the same decisions.

use crate::script::{Peer, REFUSED, attempts, secs};
use buttress::retry::{Budget, GiveUp, Handle, RetryLayer, Retrying, budget};
use buttress::{CircuitBreakerLayer, circuit_breaker, clock};
use std::io;
use std::sync::{Arc, Mutex};
use support::Task;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

#[tokio::test(start_paused = true)]
async fn towers_retry_waits_counts_and_pays_as_the_layer_does() {
    let handle = Handle::new("orders", attempts(3));
    let told = Arc::new(Mutex::new(Vec::new()));
    let (retries, successes) = (Arc::clone(&told), Arc::clone(&told));
    let policy = RetryLayer::from_handle(handle.clone())
        .on_retry(move |retry: &Retrying<'_, u32, io::Error>| {
            retries.lock().unwrap().push((retry.attempt, retry.delay));
        })
        .on_success(move |attempts, elapsed| successes.lock().unwrap().push((attempts, elapsed)))
        .policy();
    let peer = Peer::answering([REFUSED, REFUSED]);
    let mut service = tower::retry::RetryLayer::new(policy).layer(peer.clone());
    assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
    assert_eq!(peer.waits(), [secs(1), secs(1)]);
    assert_eq!(*told.lock().unwrap(), [(1, secs(1)), (2, secs(1)), (3, secs(2))]);
    let (totals, budget) = (handle.totals(), handle.snapshot().budget.unwrap());
    assert_eq!(totals.attempts()[..4], [1, 1, 1, 0]);
    assert_eq!((totals.succeeded()[2], totals.failures(), totals.cancelled), (1, 0, 0));
    assert_eq!((budget.deposits, budget.withdrawn, budget.refunded), (Some(1), 2, 0));
    assert_eq!(service.ready().await.unwrap().call(8).await.unwrap(), 8);
    assert_eq!(handle.snapshot().budget.unwrap().deposits, Some(2));
}

#[tokio::test(start_paused = true)]
async fn e2_towers_retry_and_the_layer_spend_from_one_budget() {
    let budget = Budget::new(budget::Config::new(0.0, 0.3, secs(10)).unwrap());
    let handle = Handle::with_budget("orders", attempts(3), budget);
    let peer = Peer::always(REFUSED);
    let layer = RetryLayer::from_handle(handle.clone());
    layer.layer(peer.clone()).oneshot(7).await.unwrap_err();
    let tower = tower::retry::RetryLayer::new(layer.policy());
    tower.layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!((handle.totals().retries(), peer.calls()), (3, 5));
    assert_eq!(handle.totals().gave_up(GiveUp::Budget), 1);
}

#[tokio::test(start_paused = true)]
async fn c14_e9_towers_retry_lets_refusals_be_and_gives_back_what_it_does_not_send() {
    let breaker = circuit_breaker::Handle::new("orders", circuit_breaker::Config::default());
    breaker.force_open();
    let handle = Handle::new("orders", attempts(3));
    let policy = RetryLayer::from_handle(handle.clone()).policy();
    let service = ServiceBuilder::new()
        .layer(tower::retry::RetryLayer::new(policy.clone()))
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .service(Peer::default());
    let start = clock::now();
    service.oneshot(7).await.unwrap_err();
    assert_eq!((breaker.snapshot().totals.rejected, clock::now()), (1, start));

    let mut service = tower::retry::RetryLayer::new(policy).layer(Peer::always(REFUSED));
    let mut task = Task::new(service.ready().await.unwrap().call(7));
    assert!(task.poll().is_pending());
    drop(task);
    let budget = handle.snapshot().budget.unwrap();
    assert_eq!((budget.withdrawn, budget.refunded), (1, 1));
    assert_eq!(handle.totals().cancelled, 1);
}

/// Whose `policy` is called where the layer has none of its own.
trait Without: Sized {
    fn policy(self) -> Absent {
        Absent
    }
}

struct Absent;

impl<T> Without for T {}

#[test]
fn e7_towers_retry_has_no_policy_for_requests_that_say_whether_they_may_be_sent_again() {
    let _: Absent = RetryLayer::http(attempts(3)).policy();
    let _: Absent = RetryLayer::grpc(attempts(3)).policy();
    let _: buttress::retry::Policy = RetryLayer::new(attempts(3)).policy();
}
