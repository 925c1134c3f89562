//! Attempts and waits end with the call.

use crate::script::{Peer, REFUSED, attempts, secs};
use buttress::retry::{ByClone, Config, GiveUp, Handle, Jitter, Replay, RetryLayer};
use buttress::{Deadline, DeadlineLayer, Reason, Rejected, TimeoutLayer, clock};
use proptest::prelude::*;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use support::{Plan, Probe, Readiness, Task, paused, ready};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn e1_a_wait_that_cannot_end_in_time_is_not_begun() {
    let handle = Handle::new("orders", attempts(9));
    let peer = Peer::always(REFUSED);
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_millis(2_500)))
        .layer(RetryLayer::from_handle(handle.clone()))
        .service(peer.clone());
    let start = clock::now();
    let error = service.oneshot(7).await.unwrap_err();
    assert_eq!(error.to_string(), "the peer is down", "the last result, and no rejection");
    // Attempts at 0, 1 and 2 s; the next would be at 3 s. Known at 2 s, and said at once.
    assert_eq!((peer.calls(), clock::now().since(start)), (3, secs(2)));
    assert_eq!(handle.totals().gave_up(GiveUp::Deadline), 1);
    assert_eq!(handle.snapshot().budget.unwrap().withdrawn, 2, "what is not begun is not paid for");
}

#[tokio::test(start_paused = true)]
async fn e1_a_wait_that_ends_with_the_deadline_is_too_long() {
    let peer = Peer::always(REFUSED);
    let layer = |limit| {
        ServiceBuilder::new()
            .layer(DeadlineLayer::new(limit))
            .layer(RetryLayer::new(attempts(9)))
            .service(peer.clone())
    };
    layer(secs(2)).oneshot(7).await.unwrap_err();
    assert_eq!(peer.calls(), 2, "at 0 and 1 s, and not at 2 s");
}

/// A request is its own deadline, in seconds from now.
#[derive(Clone)]
struct Telling;

impl Replay<u32> for Telling {
    type Attempt = u32;
    type Tape = (u32, Deadline);

    fn first(&self, request: u32) -> (u32, (u32, Deadline)) {
        (request, (request, Deadline::within(secs(request.into()))))
    }

    fn again(&self, tape: &(u32, Deadline), attempt: NonZeroU32) -> Option<u32> {
        ByClone.again(&tape.0, attempt)
    }

    fn deadline(&self, tape: &(u32, Deadline)) -> Option<Deadline> {
        Some(tape.1)
    }
}

#[tokio::test(start_paused = true)]
async fn e1_the_request_itself_can_say_when_its_call_is_over() {
    for (deadline, calls) in [(0, 1), (1, 1), (2, 2), (5, 5)] {
        let peer = Peer::always(REFUSED);
        RetryLayer::new(attempts(9)).replay(Telling).layer(peer.clone()).oneshot(deadline).await.unwrap_err();
        assert_eq!(peer.calls(), calls, "{deadline} s");
        // Of two deadlines the earlier holds.
        let peer = Peer::always(REFUSED);
        let layered = RetryLayer::new(attempts(9)).replay(Telling).layer(peer.clone());
        DeadlineLayer::new(Duration::from_millis(1_500)).layer(layered).oneshot(deadline).await.unwrap_err();
        assert_eq!(peer.calls(), calls.min(2), "{deadline} s within 1.5 s");
    }
}

#[tokio::test(start_paused = true)]
async fn e1_c8_an_attempt_that_no_service_is_ready_for_in_time_is_not_sent() {
    let (handle, probe) = (Handle::new("orders", attempts(3)), Probe::default());
    let beneath = probe.clone().map_request(|_: u32| Plan::FAIL);
    let mut service = RetryLayer::from_handle(handle.clone()).replay(Telling).layer(beneath);
    ready(&mut service);
    let mut task = Task::new(service.call(3));
    probe.set_readiness(Readiness::Pending);
    assert!(task.poll().is_pending());
    tokio::time::advance(secs(4)).await;
    probe.set_readiness(Readiness::Ready);
    let error = task.finish().unwrap_err();
    let rejected = Rejected::find(&*error).unwrap();
    assert_eq!((rejected.layer(), rejected.reason()), ("retry", Reason::TimedOut));
    assert!(rejected.was_sent(), "the first attempt was");
    assert_eq!((probe.calls(), probe.live()), (1, 0));
    let (totals, budget) = (handle.totals(), handle.snapshot().budget.unwrap());
    assert_eq!((totals.gave_up(GiveUp::Deadline), totals.failures(), totals.cancelled), (1, 1, 0));
    assert_eq!((totals.retries(), budget.withdrawn, budget.refunded), (0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn c19_one_limit_is_for_each_attempt_and_one_for_all_of_them() {
    let hangs = service_fn(|_: u32| std::future::pending::<io::Result<u32>>());
    let handle = Handle::new("orders", attempts(5));
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(secs(10)))
        .layer(RetryLayer::from_handle(handle.clone()))
        .layer(TimeoutLayer::new(secs(4)))
        .service(hangs);
    let start = clock::now();
    let error = service.oneshot(7).await.unwrap_err();
    // 4 s, a wait, 4 s; the wait before a third attempt would end at 10 s.
    let took = clock::now().since(start);
    assert!(took < Duration::from_millis(9_010) && took >= secs(9), "{took:?}");
    assert_eq!(Rejected::find(&*error).unwrap().reason(), Reason::TimedOut);
    assert_eq!((handle.totals().retries(), handle.totals().gave_up(GiveUp::Deadline)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn e1_s2_36_a_function_knows_the_deadline_around_it_too() {
    let peer = Peer::always(REFUSED);
    let handle = Handle::new("import", attempts(9));
    let (imports, calls) = (handle.clone(), peer.clone());
    let import = service_fn(move |request: u32| {
        let (imports, calls) = (imports.clone(), calls.clone());
        async move { imports.run(async |_| calls.answer(request)).await.result }
    });
    let mut service = DeadlineLayer::new(Duration::from_millis(1_500)).layer(import);
    service.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!((peer.calls(), handle.totals().gave_up(GiveUp::Deadline)), (2, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn e1_no_call_has_more_attempts_or_time_than_it_may(
        max in 1_u32..12,
        base in 0_u64..3_000,
        hint in proptest::option::of(0_u64..20),
        limit in 0_u64..20_000,
        took in 0_u64..2_000,
    ) {
        paused(async {
            let config = Config::builder().attempts(max).exponential(Duration::from_millis(base), 2.0);
            let handle = Handle::without_budget("orders", config.jitter(Jitter::Full).build().unwrap());
            let calls = Peer::always(REFUSED);
            let (peer, begun) = (calls.clone(), Arc::new(AtomicUsize::new(0)));
            let begins = Arc::clone(&begun);
            let slow = service_fn(move |request: u32| {
                begins.fetch_add(1, Relaxed);
                let peer = peer.clone();
                async move {
                    tokio::time::sleep(Duration::from_millis(took)).await;
                    peer.answer(request)
                }
            });
            let layer = RetryLayer::from_handle(handle.clone()).when(Hinted(hint.map(secs)));
            let limit = Duration::from_millis(limit);
            let start = clock::now();
            let service = DeadlineLayer::new(limit).layer(layer.layer(slow));
            let error = service.oneshot(7).await.unwrap_err();
            let (took, begun) = (clock::now().since(start), begun.load(Relaxed));
            prop_assert!(begun <= max as usize);
            // The layer above cuts attempts alone: no wait is begun that does not end before.
            let cut = handle.totals().cancelled as usize;
            prop_assert_eq!(begun, calls.calls() + cut);
            if handle.totals().gave_up(GiveUp::Deadline) == 1 {
                // A timer of tokio's ends up to a millisecond late, which can be too late for the next attempt.
                match Rejected::find(&*error) {
                    None => prop_assert!(took < limit, "{took:?} of {limit:?}"),
                    Some(rejected) => prop_assert_eq!(rejected.layer(), "retry"),
                }
            }
            prop_assert!(took <= limit + Duration::from_millis(1));
            let early = hint.is_some_and(|hint| calls.waits().iter().any(|wait| *wait < secs(hint)));
            prop_assert!(!early, "sooner than the peer asked for: {:?}", calls.waits());
            Ok(())
        })?;
    }
}

/// Tries everything again, after so long.
#[derive(Clone)]
struct Hinted(Option<Duration>);

impl buttress::retry::Condition<u32, io::Error> for Hinted {
    fn decide(&self, _: Result<&u32, &io::Error>) -> buttress::retry::Decision {
        buttress::retry::Decision::Retry { hint: self.0, unprocessed: false }
    }
}
