//! The limit: how it changes, what weighs how much, and who goes first.

use crate::{begin, bulkhead, config, reason};
use buttress::bulkhead::{BulkheadLayer, Claim, Handle, Priority, Weight};
use buttress::{BoxError, Reason};
use std::sync::{Arc, Mutex};
use support::{Plan, Probe, Task, settle};
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn c1_a_limit_that_shrinks_while_it_is_full_admits_nobody_until_there_is_room() {
    let (handle, probe, service) = bulkhead(8, 100);
    let mut under_way: Vec<_> = (0..8).map(|_| begin(&service, Plan::HANG)).collect();
    let mut waiting: Vec<_> = (0..20).map(|_| begin(&service, Plan::HANG)).collect();
    handle.resize(3);
    for left in (0..8_u32).rev() {
        drop(under_way.pop());
        waiting.iter_mut().for_each(|task| assert!(task.poll().is_pending()));
        let expected = left.max(3);
        assert_eq!((handle.in_flight(), probe.live()), (expected, expected as usize), "{left} are left");
    }
    // It grows, and who waits is the first to know.
    handle.resize(6);
    waiting.iter_mut().for_each(|task| assert!(task.poll().is_pending()));
    assert_eq!((handle.in_flight(), handle.queued()), (6, 14));
    drop(waiting);
    assert_eq!((handle.in_flight(), handle.queued(), probe.live()), (0, 0, 0));
    assert_eq!(handle.limit_changes(), 2);
}

#[tokio::test(start_paused = true)]
async fn s2_05_one_peer_that_hangs_takes_its_own_places_and_no_others() {
    let (_, slow, to_slow) = bulkhead(4, 0);
    let (_, fast, to_fast) = bulkhead(4, 0);
    let _hang: Vec<_> = (0..4).map(|_| begin(&to_slow, Plan::HANG)).collect();
    for _ in 0..100 {
        assert_eq!(reason(&to_slow.clone().oneshot(Plan::OK).await), Reason::Full);
        assert_eq!(to_fast.clone().oneshot(Plan::OK).await.unwrap(), "ok");
    }
    assert_eq!((slow.calls(), fast.calls()), (4, 100));
}

#[tokio::test(start_paused = true)]
async fn c5_a_request_takes_as_many_places_as_it_weighs_and_never_more_than_there_are() {
    let (handle, probe) = (Handle::new("orders", config(10, 4)), Probe::default());
    let weigh = |plan: &Plan| if plan.result.is_err() { 11 } else { 4 };
    let service = BulkheadLayer::from_handle(handle.clone()).weigh(weigh).layer(probe.clone());
    let mut under_way: Vec<_> = (0..2).map(|_| begin(&service, Plan::HANG)).collect();
    assert_eq!(handle.in_flight(), 8);
    let mut third = begin(&service, Plan::HANG);
    assert_eq!((probe.calls(), handle.queued()), (2, 1), "two places are free, and it needs four");
    // Whoever would find room does not slip past it.
    assert!(handle.try_acquire().is_err());
    assert_eq!(reason(&service.clone().oneshot(Plan::FAIL).await), Reason::TooLarge);
    under_way.pop();
    assert!(third.poll().is_pending());
    assert_eq!((probe.calls(), handle.in_flight()), (3, 8));
    // Who waits for more than there will ever be is told.
    let mut fourth = begin(&service, Plan::HANG);
    handle.resize(3);
    assert_eq!(reason(&fourth.finish()), Reason::TooLarge);
    assert_eq!(handle.snapshot().too_large, 2);
}

#[tokio::test(start_paused = true)]
async fn who_is_urgent_goes_first_and_takes_the_place_of_who_is_not() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let (handle, seen) = (Handle::new("orders", config(1, 4)), Arc::clone(&order));
    let service = BulkheadLayer::from_handle(handle.clone())
        .priority(|(rank, _): &(Priority, u32)| *rank)
        .layer(service_fn(move |(_, number): (Priority, u32)| {
            seen.lock().unwrap().push(number);
            async { Ok::<_, BoxError>("ok") }
        }));
    let under_way = handle.try_acquire().unwrap();
    let asked = [
        (Priority::Low, 1),
        (Priority::Normal, 2),
        (Priority::Low, 3),
        (Priority::High, 4),
        (Priority::High, 5),
    ];
    let mut calls: Vec<_> = asked.map(|request| tokio::spawn(service.clone().oneshot(request))).into();
    settle().await;
    // The queue of four was full when the fifth came: the last of the lowest gave way.
    let third = calls.remove(2).await.unwrap();
    assert_eq!(reason(&third), Reason::Full);
    drop(under_way);
    settle().await;
    assert_eq!(*order.lock().unwrap(), [4, 5, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_what_code_without_a_service_asks_for() {
    let handle = Handle::new("orders", config(4, 4));
    let heavy = Claim { weight: Weight::new(3).unwrap(), priority: Priority::High };
    let one = handle.acquire_as(heavy).await.unwrap();
    let mut two = Task::new(handle.acquire_as(heavy));
    assert!(two.poll().is_pending());
    assert_eq!((handle.in_flight(), handle.queued()), (3, 1));
    drop(one);
    let _two = two.finish().unwrap();
    assert_eq!((handle.in_flight(), handle.queued()), (3, 0));
}
