//! The limit without a layer, as code that has no stack asks it.

use crate::script::{limit, millis};
use buttress::rate_limit::{Handle, Keyed, Rate, adaptive, presets};
use buttress::registry::{Registry, Verdict};
use buttress::{Reason, clock};
use std::time::Duration;
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn s2_65_s2_66_allow_says_yes_as_often_as_there_are_tokens() {
    let handle = limit(10, 3);
    assert_eq!([(); 5].map(|()| handle.allow()), [true, true, true, false, false]);
    assert_eq!(handle.try_acquire(1).unwrap_err().reason(), Reason::RateLimited);
    advance(millis(100)).await;
    assert_eq!([(); 2].map(|()| handle.allow()), [true, false]);
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.admitted, snapshot.limited), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn s2_67_acquire_waits_and_reserve_tells_how_long_to() {
    let handle = limit(10, 1);
    let start = clock::now();
    handle.acquire(1).await.unwrap();
    handle.acquire(1).await.unwrap();
    assert_eq!(clock::now().since(start), millis(100));
    assert_eq!(handle.reserve(1, Duration::MAX).unwrap(), millis(100));
    assert_eq!(handle.reserve(1, Duration::MAX).unwrap(), millis(200), "the one before is taken already");
    let refused = handle.reserve(1, millis(299)).unwrap_err();
    assert_eq!((refused.reason(), refused.retry_after()), (Reason::RateLimited, Some(millis(300))));
    assert_eq!(handle.acquire_within(1, millis(299)).await.unwrap_err().retry_after(), Some(millis(300)));
    handle.acquire_within(1, millis(300)).await.unwrap();
    assert_eq!(clock::now().since(start), millis(400));
    assert_eq!(handle.snapshot().admitted, 5);
}

#[tokio::test(start_paused = true)]
async fn s2_70_a_bucket_of_so_many_is_refilled_by_so_many_a_period() {
    let rate = Rate::new(5, millis(250)).unwrap();
    let handle = Handle::new("bucket", buttress::rate_limit::Config::new(rate, 8).unwrap());
    assert!(handle.try_acquire(8).is_ok());
    assert!(handle.try_acquire(1).is_err());
    advance(millis(250)).await;
    assert!(handle.try_acquire(5).is_ok() && handle.try_acquire(1).is_err());
}

#[tokio::test(start_paused = true)]
async fn s2_64_s2_108_the_presets_are_what_they_are_called() {
    for config in [presets::dwcp(), presets::outbound_messages()] {
        assert_eq!((config.rate().per_second_f64(), config.burst()), (1_000.0, 100));
    }
    let handle = Handle::new("outbound-messages", presets::outbound_messages());
    assert_eq!((0..1_000).filter(|_| handle.allow()).count(), 100);
}

#[tokio::test(start_paused = true)]
async fn s2_68_s2_69_the_rate_follows_how_long_calls_take() {
    let handle = Handle::adaptive("adaptive", presets::dwcp_adaptive());
    assert!((handle.snapshot().rate - 1_000.0).abs() < 1e-9);
    let take = |time: Duration| (0..6_000).for_each(|_| handle.record_latency(time));
    take(millis(500));
    assert!((handle.snapshot().rate - 100.0).abs() < 1e-9, "slow calls lower it, and not below its floor");
    take(millis(10));
    assert!((handle.snapshot().rate - 5_000.0).abs() < 1e-9, "fast ones raise it, and not above its ceiling");
    assert!(handle.set_rate(Rate::per_second(7).unwrap()).is_err(), "two cannot set one rate");
    let fixed = limit(10, 1);
    fixed.record_latency(Duration::from_secs(9));
    assert!((fixed.snapshot().rate - 10.0).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn live_changes_hold_from_the_next_call_on() {
    let handle = limit(10, 4);
    assert!(handle.try_acquire(3).is_ok());
    handle.set_burst(2).unwrap();
    assert_eq!(handle.snapshot().limits[0].remaining, 1, "what is left stays left");
    assert_eq!(handle.try_acquire(3).unwrap_err().reason(), Reason::TooLarge);
    handle.set_rate(Rate::per_second(1).unwrap()).unwrap();
    assert!(handle.allow() && !handle.allow());
    advance(Duration::from_secs(1)).await;
    assert!(handle.allow() && !handle.allow());
    let config = handle.config().unwrap();
    assert_eq!((config.rate().to_string().as_str(), config.burst()), ("1/s", 2));
}

#[tokio::test(start_paused = true)]
async fn a_registry_shows_limits_and_worries_about_a_pause_alone() {
    let (registry, handle) = (Registry::new(), limit(10, 3));
    let clients = Keyed::<u32>::new("clients", handle.config().unwrap());
    registry.add(handle.clone()).unwrap();
    registry.add(clients.clone()).unwrap();
    assert!(handle.try_acquire(3).is_ok() && !handle.allow() && handle.try_acquire(4).is_err());
    assert!(clients.try_acquire(&1, 3).is_ok() && clients.try_acquire(&1, 1).is_err());
    let status = registry.status();
    let shown = &status.rate_limits["api"];
    assert_eq!((shown.admitted, shown.rejected, shown.limited, shown.too_large), (1, 2, 1, 1));
    assert_eq!((shown.limits[0].rate.to_string(), shown.limits[0].remaining), ("10/s".to_owned(), 0));
    let keyed = &status.keyed_rate_limits["clients"];
    assert_eq!((keyed.admitted, keyed.rejected, keyed.entries), (1, 1, 1));
    assert_eq!(status.health.verdict, Verdict::Healthy, "to refuse what comes above the rate is its task");
    handle.pause(Duration::from_secs(5));
    assert_eq!(registry.status().rate_limits["api"].paused_for, Duration::from_secs(5));
    assert_eq!(registry.health().to_string(), "degraded: rate_limit api is paused");
    registry.reset_all();
    assert_eq!(registry.health().verdict, Verdict::Healthy);
    assert!(handle.try_acquire(3).is_ok(), "as full as when it was made");
}

#[test]
fn an_adaptive_limit_has_no_settings_to_compare() {
    let rate = |count| Rate::per_second(count).unwrap();
    let config = adaptive::Config::between(rate(1), rate(2), rate(3)).unwrap();
    assert!(Handle::adaptive("adaptive", config).config().is_none());
}

#[tokio::test(start_paused = true)]
async fn c2_what_costs_nothing_is_admitted_by_a_limit_that_is_paused_and_before_those_who_wait() {
    let handle = limit(1, 1);
    assert!(handle.allow());
    let waits = tokio::spawn({
        let handle = handle.clone();
        async move { handle.acquire(1).await }
    });
    support::settle().await;
    handle.pause(Duration::from_secs(60));
    assert!(handle.try_acquire(0).is_ok());
    let before = clock::now();
    handle.acquire(0).await.unwrap();
    assert_eq!((clock::now(), handle.snapshot().waiting), (before, 1));
    waits.abort();
}

#[tokio::test(start_paused = true)]
async fn w34_an_adaptive_limit_can_be_made_of_every_rate_that_its_settings_take() {
    for rate in [
        Rate::per_second(999_999_970).unwrap(),
        Rate::per_second(1_000_000_000).unwrap(),
        Rate::new(1, Duration::from_secs(1_000)).unwrap(),
    ] {
        let handle = Handle::adaptive("odd", adaptive::Config::between(rate, rate, rate).unwrap());
        assert!(handle.allow());
    }
}
