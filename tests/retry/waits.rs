//! How long it waits.

use crate::script::{Peer, REFUSED, secs};
use buttress::retry::{Config, Handle, Jitter, RetryLayer, is_transient, presets};
use std::io;
use std::time::Duration;
use tower::{Layer, ServiceExt};

/// The waits of a call that is tried as often as it may be.
async fn waits(config: Config) -> Vec<Duration> {
    let peer = Peer::always(REFUSED);
    let handle = Handle::without_budget("orders", config);
    RetryLayer::from_handle(handle).layer(peer.clone()).oneshot(7).await.unwrap_err();
    peer.waits()
}

#[tokio::test(start_paused = true)]
async fn s1_24_s4_27_waits_are_those_of_the_settings_and_capped() {
    let config = Config::builder().attempts(6).exponential(secs(1), 2.0).jitter(Jitter::None);
    let expected = [1, 2, 4, 5, 5].map(secs);
    assert_eq!(waits(config.cap(secs(5)).build().unwrap()).await, expected);
}

#[tokio::test(start_paused = true)]
async fn s2_02_waits_double_and_each_is_spread_over_all_of_its_length() {
    let config = Config::builder().attempts(4).exponential(secs(1), 2.0).cap(secs(60)).build().unwrap();
    let mut calls = Vec::new();
    for _ in 0..200 {
        calls.push(waits(config).await);
    }
    for (retry, longest) in [1, 2, 4].map(secs).into_iter().enumerate() {
        let spread = calls.iter().map(|waits| waits[retry]);
        // A timer of tokio's ends up to a millisecond late.
        assert!(spread.clone().all(|wait| wait <= longest + Duration::from_millis(1)));
        let above = spread.filter(|wait| *wait > longest / 2).count();
        assert!((1..200).contains(&above), "{above} of 200 waits are in the upper half of {longest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn s1_48_what_may_pass_is_tried_again_ever_later_and_what_stays_is_not() {
    let config = presets::network_recovery().to_builder().jitter(Jitter::None).build().unwrap();
    let layer = RetryLayer::new(config)
        .retry_if(|result: Result<&u32, &io::Error>| result.is_err_and(|error| is_transient(error)));
    let peer = Peer::answering([Err(io::ErrorKind::ConnectionReset), Err(io::ErrorKind::TimedOut)]);
    assert_eq!(layer.layer(peer.clone()).oneshot(7).await.unwrap(), 7);
    assert_eq!(peer.waits(), [secs(1), secs(2)]);
    let peer = Peer::answering([Err(io::ErrorKind::PermissionDenied)]);
    layer.layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!(peer.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn s0_30_s1_20_s2_37_presets_have_their_sources_numbers() {
    for (config, calls, base) in [
        (presets::walgit_impl(), 6, 2_000),
        (presets::network_recovery(), 3, 1_000),
        (presets::dwcp_custom(), 6, 500),
    ] {
        let waits = waits(config).await;
        assert_eq!(waits.len() + 1, calls, "{config:?}");
        let within = waits[0].as_millis().abs_diff(base);
        assert!(within * 2 <= base, "{config:?}: {waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn s4_83_calls_that_fail_together_do_not_come_back_together() {
    let config = Config::builder().attempts(2).fixed(secs(1)).build().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..50 {
        seen.extend(waits(config).await);
    }
    assert!(seen.len() > 40, "{} of 50 waits differ", seen.len());
}
