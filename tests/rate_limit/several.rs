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
