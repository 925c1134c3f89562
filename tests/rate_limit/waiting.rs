//! Waiting for a turn: when it comes, who comes first, and who does not come at all.

use crate::script::{Peer, limit, millis, refusal};
use buttress::rate_limit::{Handle, InTurn, Rate, RateLimitLayer};
use buttress::{Boxed, DeadlineLayer, Reason, clock};
use std::time::Duration;
use support::{Task, settle};
use tokio::time::{advance, sleep};
use tower::{Layer, ServiceExt};

type Waiting = RateLimitLayer<Handle, Boxed, buttress::rate_limit::One, buttress::rate_limit::Silent, InTurn>;

fn waiting(handle: &Handle, max_wait: Duration) -> Waiting {
    RateLimitLayer::from_handle(handle.clone()).wait(max_wait)
}

#[tokio::test(start_paused = true)]
async fn s2_67_c6_turns_come_in_the_order_of_calls_at_the_rate() {
    let (peer, handle, start) = (Peer::default(), limit(10, 2), clock::now());
    let layer = waiting(&handle, Duration::from_secs(10));
    let calls: Vec<_> = (0..12).map(|call| tokio::spawn(layer.layer(peer.clone()).oneshot(call))).collect();
    settle().await;
    assert_eq!(handle.snapshot().waiting, 10);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(peer.calls(), (0..12).collect::<Vec<_>>());
    let expected: Vec<_> = (0..12).map(|call: u128| call.saturating_sub(1) * 100).collect();
    assert_eq!(peer.millis_since(start), expected, "two at once, and then one each tenth of a second");
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.admitted, snapshot.waiting, snapshot.rejected()), (12, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn c3_who_would_wait_too_long_is_told_at_once_how_long() {
    let (peer, handle) = (Peer::default(), limit(10, 1));
    let service = waiting(&handle, millis(250)).layer(peer.clone());
    let calls: Vec<_> = (0..3).map(|call| tokio::spawn(service.clone().oneshot(call))).collect();
    settle().await;
    let before = clock::now();
    let error = service.clone().oneshot(3).await.unwrap_err();
    assert_eq!(refusal(&*error), (Reason::RateLimited, Some(millis(300))), "behind two who wait");
    assert_eq!(clock::now(), before, "it did not wait for that");
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(peer.calls(), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn c2_a_fast_rate_is_kept_although_the_timer_is_slower() {
    let (peer, handle, start) = (Peer::default(), limit(10_000, 1), clock::now());
    let layer = waiting(&handle, Duration::from_secs(60));
    let calls: Vec<_> =
        (0..5_000).map(|call| tokio::spawn(layer.layer(peer.clone()).oneshot(call))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let took = clock::now().since(start);
    assert!(took >= millis(499) && took <= millis(510), "5,000 calls at 10,000 a second took {took:?}");
}

#[tokio::test(start_paused = true)]
async fn b1_who_leaves_the_queue_is_not_charged_and_leaves_no_gap() {
    let (peer, handle, start) = (Peer::default(), limit(10, 1), clock::now());
    let service = waiting(&handle, Duration::from_secs(10)).layer(peer.clone());
    let mut calls: Vec<_> = (0..6).map(|call| Task::new(service.clone().oneshot(call))).collect();
    let first = calls.iter_mut().map(Task::poll).filter(|polled| polled.is_ready()).count();
    assert_eq!((first, handle.snapshot().waiting), (1, 5));
    // The first of the queue, and one from its middle.
    let kept: Vec<_> = calls.into_iter().enumerate().filter(|(at, _)| !matches!(at, 0 | 1 | 3)).collect();
    assert_eq!(handle.snapshot().waiting, 3);
    for (_, mut call) in kept {
        std::future::poll_fn(|cx| call.poll_with(cx.waker())).await.unwrap();
    }
    assert_eq!(peer.calls(), [0, 2, 4, 5]);
    assert_eq!(peer.millis_since(start), [0, 100, 200, 300]);
    assert_eq!(handle.snapshot().admitted, 4);
}

#[tokio::test(start_paused = true)]
async fn s2_67_callers_that_give_up_early_leave_the_rate_to_the_others() {
    // Twice as many calls as the limit lets through, each given up after half of what it may wait: with tokens taken by
    // those who wait, nobody would ever be admitted again.
    let (peer, handle) = (Peer::default(), limit(100, 1));
    let layer = waiting(&handle, Duration::from_secs(1));
    for call in 0..2_000 {
        let service = layer.layer(peer.clone());
        tokio::spawn(async move { tokio::time::timeout(millis(500), service.oneshot(call)).await });
        sleep(millis(5)).await;
    }
    let admitted = peer.calls().len();
    assert!((980..=1_001).contains(&admitted), "{admitted} in ten seconds at 100 a second");
}

#[tokio::test(start_paused = true)]
async fn c6_a_call_that_is_held_and_not_polled_keeps_nobody_back() {
    let (peer, handle, start) = (Peer::default(), limit(100, 1), clock::now());
    assert!(handle.allow());
    let layer = waiting(&handle, Duration::from_secs(10));
    let mut held = Task::new(layer.layer(peer.clone()).oneshot(0));
    assert!(held.poll().is_pending());
    let calls: Vec<_> = (1..20).map(|call| tokio::spawn(layer.layer(peer.clone()).oneshot(call))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(peer.calls(), (1..20).collect::<Vec<_>>());
    // The first of them in its own turn and the grace, the others at the rate.
    assert_eq!(peer.millis_since(start), (3..22).map(|call| call * 10).collect::<Vec<_>>());
    // Who comes now does not wait for the one that is held, and that one still has its place.
    sleep(millis(10)).await;
    let late = tokio::spawn(layer.layer(peer.clone()).oneshot(20));
    settle().await;
    assert!(late.is_finished());
    sleep(millis(10)).await;
    std::future::poll_fn(|cx| held.poll_with(cx.waker())).await.unwrap();
    assert_eq!((peer.calls().last(), handle.snapshot().waiting), (Some(&0), 0));
}

#[tokio::test(start_paused = true)]
async fn c6_ten_calls_that_are_held_keep_nobody_back() {
    // As `buffer_unordered(10)` does while what it feeds is slow.
    let (peer, handle, start) = (Peer::default(), limit(100, 1), clock::now());
    assert!(handle.allow());
    let layer = waiting(&handle, Duration::from_secs(10));
    let mut held: Vec<_> = (0..10).map(|call| Task::new(layer.layer(peer.clone()).oneshot(call))).collect();
    assert!(held.iter_mut().all(|call| call.poll().is_pending()));
    let calls: Vec<_> = (10..15).map(|call| tokio::spawn(layer.layer(peer.clone()).oneshot(call))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(peer.calls(), [10, 11, 12, 13, 14]);
    assert_eq!(peer.millis_since(start), [140, 150, 160, 170, 180], "their turns and three graces");
    drop(held);
    assert_eq!((handle.snapshot().waiting, handle.snapshot().admitted), (0, 6));
}

#[tokio::test(start_paused = true)]
async fn c8_a_turn_beyond_the_deadline_is_refused_at_once() {
    let (peer, handle) = (Peer::default(), limit(1, 1));
    assert!(handle.allow());
    let stack =
        DeadlineLayer::new(millis(900)).layer(waiting(&handle, Duration::from_secs(10)).layer(peer.clone()));
    let before = clock::now();
    let error = stack.oneshot(1).await.unwrap_err();
    assert_eq!(refusal(&*error), (Reason::RateLimited, Some(millis(1_000))));
    assert_eq!(clock::now(), before);
    assert!(peer.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn c8_whose_deadline_is_over_in_the_queue_never_reaches_the_service() {
    let (peer, handle) = (Peer::default(), limit(10, 1));
    assert!(handle.allow());
    let stack =
        DeadlineLayer::new(millis(500)).layer(waiting(&handle, Duration::from_secs(10)).layer(peer.clone()));
    let call = tokio::spawn(stack.oneshot(1));
    settle().await;
    // Its turn was in 100 ms; now it is in ten seconds.
    handle.set_rate(Rate::per_minute(6).unwrap()).unwrap();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(refusal(&*error), (Reason::Expired, None));
    advance(Duration::from_secs(60)).await;
    settle().await;
    assert!(peer.calls().is_empty());
    assert_eq!((handle.snapshot().expired, handle.snapshot().waiting), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_lowered_keeps_nobody_beyond_what_they_may_wait() {
    let (peer, handle) = (Peer::default(), limit(10, 1));
    assert!(handle.allow());
    let call = tokio::spawn(waiting(&handle, Duration::from_secs(1)).layer(peer.clone()).oneshot(1));
    settle().await;
    handle.set_rate(Rate::per_minute(6).unwrap()).unwrap();
    let before = clock::now();
    let error = call.await.unwrap().unwrap_err();
    let rejected = buttress::Rejected::find(&*error).unwrap();
    assert_eq!(
        (rejected.reason(), rejected.time_limit()),
        (Reason::QueueTimedOut, Some(Duration::from_secs(1)))
    );
    assert_eq!(clock::now().since(before), Duration::from_secs(1));
    assert!(peer.calls().is_empty());
    assert_eq!((handle.snapshot().timed_out, handle.snapshot().waiting), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_raised_lets_those_who_wait_through_at_once() {
    let (peer, handle, start) = (Peer::default(), limit(1, 1), clock::now());
    assert!(handle.allow());
    let layer = waiting(&handle, Duration::from_secs(60));
    let calls: Vec<_> = (0..4).map(|call| tokio::spawn(layer.layer(peer.clone()).oneshot(call))).collect();
    settle().await;
    handle.set_rate(Rate::per_second(100).unwrap()).unwrap();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(peer.millis_since(start), [10, 20, 30, 40]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_those_who_wait_and_a_reset_frees_them() {
    let (peer, handle, start) = (Peer::default(), limit(10, 1), clock::now());
    assert!(handle.allow());
    let layer = waiting(&handle, Duration::from_secs(60));
    let call = tokio::spawn(layer.layer(peer.clone()).oneshot(1));
    settle().await;
    handle.pause(Duration::from_secs(5));
    advance(Duration::from_secs(1)).await;
    settle().await;
    assert!(peer.calls().is_empty(), "its turn came, and the limit is paused");
    handle.reset();
    call.await.unwrap().unwrap();
    assert_eq!(peer.millis_since(start), [1_000]);
}

#[tokio::test(start_paused = true)]
async fn a10_a_waiting_call_pins_nothing_of_the_service_beneath() {
    use tower::limit::ConcurrencyLimitLayer;
    let (peer, handle) = (Peer::default(), limit(1, 1));
    assert!(handle.allow());
    let beneath = ConcurrencyLimitLayer::new(1).layer(peer.clone());
    let service = waiting(&handle, Duration::from_secs(60)).layer(beneath.clone());
    let calls: Vec<_> = (0..3).map(|call| tokio::spawn(service.clone().oneshot(call))).collect();
    settle().await;
    // The one place beneath is free for others, who do not go through the limit.
    tokio::time::timeout(millis(1), beneath.oneshot(7))
        .await
        .expect("three wait, and none is called")
        .unwrap();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(peer.calls(), [7, 0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_wait_can_be_switched_off() {
    let handle = limit(1, 1);
    let service = RateLimitLayer::from_handle(handle).wait(None).layer(Peer::default());
    service.clone().oneshot(1).await.unwrap();
    let error = service.oneshot(2).await.unwrap_err();
    assert_eq!(refusal(&*error).0, Reason::RateLimited);
}
