//! Several limits of which all must admit a call.

use crate::script::{millis, per_second};
use buttress::Reason;
use buttress::rate_limit::{Config, Handle, Rate, Rule, WindowConfig};
use std::time::Duration;
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn w56_a_refusal_by_one_costs_the_others_nothing() {
    let each = Config::new(Rate::per_minute(1).unwrap(), 1).unwrap();
    let all = Handle::of("all", [per_second(1, 500), each]);
    assert!(all.allow());
    for _ in 0..100 {
        let refused = all.try_acquire(1).unwrap_err();
        assert_eq!(refused.reason(), Reason::RateLimited);
        assert_eq!(
            refused.retry_after(),
            Some(Duration::from_secs(60)),
            "the one that lasts longest says when"
        );
    }
    let remaining: Vec<_> = all.snapshot().limits.iter().map(|limit| limit.remaining).collect();
    assert_eq!(remaining, [499, 0], "a hundred refusals took nothing of the first");
    let names: Vec<_> = all.snapshot().limits.iter().map(|limit| limit.name.to_string()).collect();
    assert_eq!(names, ["all#1", "all#2"]);
}

#[tokio::test(start_paused = true)]
async fn five_a_minute_are_five_in_any_minute() {
    let five = WindowConfig::log(Rate::per_minute(5).unwrap()).unwrap();
    let handle = Handle::new("contract", five);
    assert_eq!((0..9).filter(|_| handle.allow()).count(), 5);
    advance(Duration::from_secs(59)).await;
    assert!(!handle.allow(), "a bucket would have four again");
    advance(Duration::from_secs(1)).await;
    assert_eq!((0..9).filter(|_| handle.allow()).count(), 5);
}

#[tokio::test(start_paused = true)]
async fn s2_67_waiting_is_for_all_of_them() {
    let five = WindowConfig::log(Rate::per_minute(2).unwrap()).unwrap();
    let handle = Handle::of("both", [Rule::from(per_second(10, 1)), five.into()]);
    let start = buttress::clock::now();
    for expected in [0, 100, 60_000, 60_100] {
        handle.acquire(1).await.unwrap();
        let at = buttress::clock::now().since(start);
        assert_eq!(at, millis(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn c3_the_wait_for_a_window_is_exact_for_who_is_first() {
    let five = WindowConfig::log(Rate::per_minute(5).unwrap()).unwrap();
    let (full, half) = (Handle::new("full", five), Handle::new("half", five));
    assert!(full.try_acquire(5).is_ok() && half.try_acquire(1).is_ok());
    advance(Duration::from_secs(1)).await;
    let before = buttress::clock::now();
    let refused = full.acquire_within(1, Duration::from_secs(20)).await.unwrap_err();
    assert_eq!(
        (refused.reason(), refused.retry_after()),
        (Reason::RateLimited, Some(Duration::from_secs(59)))
    );
    assert_eq!(buttress::clock::now(), before, "it is known that it would be in vain");
    advance(Duration::from_secs(49)).await;
    assert!(half.try_acquire(4).is_ok());
    advance(Duration::from_secs(5)).await;
    half.acquire_within(1, Duration::from_secs(6)).await.unwrap();
    assert_eq!(buttress::clock::now().since(before), Duration::from_secs(59));
}

#[tokio::test(start_paused = true)]
async fn c3_behind_others_each_window_is_waited_for() {
    let two = WindowConfig::log(Rate::per_minute(2).unwrap()).unwrap();
    let handle = Handle::new("two", two);
    assert!(handle.try_acquire(2).is_ok());
    let start = buttress::clock::now();
    let wait = |secs| {
        let handle = handle.clone();
        tokio::spawn(async move { handle.acquire_within(1, Duration::from_secs(secs)).await })
    };
    let first = [wait(60), wait(60)];
    support::settle().await;
    let refused = handle.acquire_within(1, Duration::from_secs(119)).await.unwrap_err();
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(120)));
    let third = wait(120);
    for call in first {
        call.await.unwrap().unwrap();
    }
    assert_eq!(buttress::clock::now().since(start), Duration::from_secs(60));
    third.await.unwrap().unwrap();
    assert_eq!(buttress::clock::now().since(start), Duration::from_secs(120));
}

#[tokio::test(start_paused = true)]
async fn c27_several_limits_of_none_are_one_by_default() {
    let none = Handle::of("none", std::iter::empty::<Rule>());
    assert_eq!(none.config(), Some(Config::default()));
    assert_eq!((0..1_000).filter(|_| none.allow()).count(), 100);
    assert!((none.snapshot().rate - 1_000.0).abs() < f64::EPSILON);
}
