//! Calls that are dropped, and panics.

use crate::script::{Peer, REFUSED, attempts, secs};
use buttress::BoxError;
use buttress::retry::{Handle, RetryLayer, Retrying, budget};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use support::{Plan, Probe, Readiness, Task, WakeCount, ready};
use tokio::time::advance;
use tower::{Layer, Service};

fn budget(handle: &Handle) -> budget::Snapshot {
    handle.snapshot().budget.unwrap()
}

#[tokio::test(start_paused = true)]
async fn e9_a_call_dropped_while_it_waits_gives_its_retry_back() {
    let handle = Handle::new("orders", attempts(3));
    let probe = Probe::default();
    let mut service = RetryLayer::from_handle(handle.clone()).layer(probe.clone());
    ready(&mut service);
    let balance = budget(&handle).balance;
    let mut task = Task::new(service.call(Plan::FAIL));
    let (wakes, waker) = WakeCount::new();
    assert!(task.poll_with(&waker).is_pending());
    assert_eq!((budget(&handle).withdrawn, budget(&handle).balance), (1, balance - 1));
    drop(task);
    assert_eq!((budget(&handle).refunded, budget(&handle).balance), (1, balance));
    assert_eq!(handle.totals().cancelled, 1);
    // There is no timer left that would wake anybody, as that of a call which is kept does.
    advance(secs(1)).await;
    assert_eq!((wakes.get(), probe.calls(), probe.live()), (0, 1, 0));
    let mut kept = Task::new(service.call(Plan::FAIL));
    assert!(kept.poll_with(&waker).is_pending());
    advance(secs(1)).await;
    assert_eq!(wakes.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn e9_a_retry_that_was_sent_is_paid_for_though_its_call_is_dropped() {
    let handle = Handle::new("orders", attempts(3));
    let probe = Probe::default();
    let mut service = RetryLayer::from_handle(handle.clone()).layer(probe.clone());
    ready(&mut service);
    // Fails at its second poll, so the retry is under way after the wait.
    let mut task = Task::new(service.call(Plan { pending: 1, ..Plan::FAIL }));
    assert!(task.poll().is_pending() && task.poll().is_pending());
    advance(secs(1)).await;
    assert!(task.poll().is_pending());
    assert_eq!((probe.calls(), probe.live()), (2, 1));
    drop(task);
    assert_eq!((budget(&handle).withdrawn, budget(&handle).refunded), (1, 0));
    assert_eq!((handle.totals().cancelled, handle.totals().attempts()[..3].to_vec()), (1, vec![1, 1, 0]));
}

#[tokio::test(start_paused = true)]
async fn b1_a_call_dropped_at_any_point_leaves_nothing() {
    for polls in 0..12 {
        let handle = Handle::new("orders", attempts(4));
        let probe = Probe::default();
        let mut service = RetryLayer::from_handle(handle.clone()).layer(probe.clone());
        ready(&mut service);
        let mut task = Task::new(service.call(Plan { pending: 1, ..Plan::FAIL }));
        let mut over = false;
        for poll in 0..polls {
            // Every other time the next attempt is not ready at once.
            probe.set_readiness(if poll % 2 == 0 { Readiness::Pending } else { Readiness::Ready });
            over |= task.poll().is_ready();
            advance(Duration::from_millis(500)).await;
            if over {
                break;
            }
        }
        drop(task);
        assert_eq!((probe.live(), probe.reserved(), probe.breaches()), (0, 0, 0), "after {polls} polls");
        let totals = handle.totals();
        assert_eq!(totals.failures() + totals.cancelled, 1, "after {polls} polls");
        let attempts: u64 = totals.attempts().iter().sum();
        assert_eq!(attempts, probe.calls() as u64, "after {polls} polls");
        let Some(spent) = budget(&handle).withdrawn.checked_sub(budget(&handle).refunded) else { panic!() };
        assert_eq!(spent, totals.retries(), "after {polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn b3_a_panic_in_a_hook_costs_nothing() {
    let handle = Handle::new("orders", attempts(3));
    let peer = Peer::answering([REFUSED]);
    let layer = RetryLayer::from_handle(handle.clone())
        .on_retry(|_: &Retrying<'_, u32, io::Error>| panic!("in on_retry"))
        .on_failure(|_: u32, _: Result<&u32, &io::Error>| panic!("in on_failure"))
        .on_success(|_, _| panic!("in on_success"));
    let mut service = layer.layer(peer.clone());
    ready(&mut service);
    assert_eq!(service.call(7).await.unwrap(), 7, "told of a retry and of success");
    assert_eq!(handle.totals().hook_panics, 2);
    let mut service = layer.layer(Peer::always(REFUSED));
    ready(&mut service);
    service.call(7).await.unwrap_err();
    let totals = handle.totals();
    assert_eq!((totals.hook_panics, totals.panicked, totals.cancelled), (5, 0, 0));
    assert_eq!((totals.successes(), totals.failures(), totals.retries()), (1, 1, 3));
    assert_eq!((budget(&handle).withdrawn, budget(&handle).refunded), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn b3_a_panicking_listener_costs_nothing() {
    let handle = Handle::new("orders", attempts(2));
    handle.on_event(|_| panic!("in a listener"));
    let mut service = RetryLayer::from_handle(handle.clone()).layer(Peer::answering([REFUSED]));
    ready(&mut service);
    assert_eq!(service.call(7).await.unwrap(), 7);
    assert_eq!(handle.listener_panics(), 1);
}

#[tokio::test(start_paused = true)]
async fn b3_a_panic_in_a_condition_or_a_backoff_ends_its_call_and_leaves_nothing() {
    let handle = Handle::new("orders", attempts(3));
    let probe = Probe::default();
    let judging = RetryLayer::from_handle(handle.clone())
        .retry_if(|_: Result<&&'static str, &support::ProbeError>| panic!("in the condition"));
    let waiting = RetryLayer::from_handle(handle.clone())
        .backoff_with(|_: u32, _: Result<&&'static str, &support::ProbeError>| panic!("in the backoff"));
    let dropped = |task: &mut dyn FnMut()| catch_unwind(AssertUnwindSafe(task)).expect_err("it panicked");
    dropped(&mut || {
        let mut service = judging.layer(probe.clone());
        ready(&mut service);
        let _ = Task::new(service.call(Plan::FAIL)).poll();
    });
    dropped(&mut || {
        let mut service = waiting.layer(probe.clone());
        ready(&mut service);
        let _ = Task::new(service.call(Plan::FAIL)).poll();
    });
    let totals = handle.totals();
    assert_eq!((totals.panicked, totals.cancelled, totals.failures()), (2, 2, 0));
    assert_eq!((probe.live(), probe.reserved(), budget(&handle).withdrawn), (0, 0, 0));
    // The next call is as any other.
    let mut service = RetryLayer::from_handle(handle).layer(probe);
    ready(&mut service);
    let answer: Result<_, BoxError> = service.call(Plan::OK).await;
    assert_eq!(answer.unwrap(), "ok");
}

#[tokio::test(start_paused = true)]
async fn b3_a_panic_while_a_spare_service_is_cloned_poisons_nothing() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    struct Fragile(Peer, Arc<AtomicBool>);
    impl Clone for Fragile {
        fn clone(&self) -> Self {
            assert!(!self.1.load(Relaxed), "in clone");
            Self(self.0.clone(), Arc::clone(&self.1))
        }
    }
    impl Service<u32> for Fragile {
        type Response = u32;
        type Error = io::Error;
        type Future = std::future::Ready<io::Result<u32>>;

        fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
            self.0.poll_ready(cx)
        }

        fn call(&mut self, request: u32) -> Self::Future {
            self.0.call(request)
        }
    }
    let breaks = Arc::new(AtomicBool::new(false));
    let handle = Handle::new("orders", attempts(2));
    let peer = Fragile(Peer::answering([REFUSED, REFUSED]), Arc::clone(&breaks));
    let mut service = RetryLayer::from_handle(handle.clone()).layer(peer);
    ready(&mut service);
    let mut task = Task::new(service.call(7));
    assert!(task.poll().is_pending());
    advance(secs(1)).await;
    breaks.store(true, Relaxed);
    catch_unwind(AssertUnwindSafe(move || {
        let _ = task.poll();
    }))
    .expect_err("it panicked");
    breaks.store(false, Relaxed);
    assert_eq!(budget(&handle).refunded, 1, "it was not sent");
    ready(&mut service);
    assert_eq!(service.call(7).await.unwrap(), 7);
}
