//! What the owner is asked and told.

use crate::script::{Peer, REFUSED, attempts, secs};
use buttress::clock;
use buttress::retry::{Config, Handle, Jitter, RetryLayer, Retrying};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::{Layer, Service, ServiceExt};

/// What hooks said, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn s0_35_s1_28_s4_39_each_retry_is_told_of_before_its_wait() {
    let log = Log::default();
    let peer = Peer::always(REFUSED);
    let (hook, told_by) = (log.clone(), peer.clone());
    let start = clock::now();
    let layer = RetryLayer::new(attempts(3)).on_retry(move |retry: &Retrying<'_, u32, io::Error>| {
        let (calls, after) = (told_by.calls(), clock::now().since(start));
        let error = retry.result.unwrap_err();
        hook.add(format!("{} after {calls} calls at {after:?}: {error}, {:?}", retry.attempt, retry.delay));
    });
    layer.layer(peer).oneshot(7).await.unwrap_err();
    assert_eq!(
        log.take(),
        ["1 after 1 calls at 0ns: the peer is down, 1s", "2 after 2 calls at 1s: the peer is down, 1s",]
    );
}

#[tokio::test(start_paused = true)]
async fn s4_40_s4_41_the_end_is_told_of_once_with_attempts_and_time_or_error() {
    let log = Log::default();
    let (success, failure) = (log.clone(), log.clone());
    let layer = RetryLayer::new(attempts(3))
        .on_success(move |attempts, elapsed| success.add(format!("success {attempts} {elapsed:?}")))
        .on_failure(move |attempts: u32, result: Result<&u32, &io::Error>| {
            failure.add(format!("failure {attempts} {}", result.unwrap_err()));
        });
    let mut service = layer.layer(Peer::answering([REFUSED, REFUSED]));
    service.ready().await.unwrap().call(7).await.unwrap();
    assert_eq!(log.take(), ["success 3 2s"]);
    service.ready().await.unwrap().call(7).await.unwrap();
    assert_eq!(log.take(), ["success 1 0ns"]);
    layer.layer(Peer::always(REFUSED)).oneshot(7).await.unwrap_err();
    assert_eq!(log.take(), ["failure 3 the peer is down"]);
}

#[tokio::test(start_paused = true)]
async fn s4_84_waits_can_be_a_function_of_the_attempt_and_its_result() {
    let config = Config::builder().attempts(4).fixed(secs(9)).cap(secs(9)).jitter(Jitter::None);
    let layer = RetryLayer::new(config.build().unwrap()).backoff_with(
        |attempt: u32, result: Result<&u32, &io::Error>| match result.unwrap_err().kind() {
            io::ErrorKind::WouldBlock => Duration::from_millis(10),
            _ => secs(5) * attempt,
        },
    );
    let peer = Peer::answering([REFUSED, Err(io::ErrorKind::WouldBlock), REFUSED]);
    layer.layer(peer.clone()).oneshot(7).await.unwrap();
    assert_eq!(peer.waits(), [secs(5), Duration::from_millis(10), secs(9)], "the third is capped");
}

#[tokio::test(start_paused = true)]
async fn s4_84_the_jitter_of_the_settings_spreads_them_too() {
    let config = Config::builder().attempts(9).fixed(secs(1)).cap(secs(4)).build().unwrap();
    let handle = Handle::without_budget("orders", config);
    let layer = RetryLayer::from_handle(handle).backoff_with(|_: u32, _: Result<&u32, &io::Error>| secs(4));
    let peer = Peer::always(REFUSED);
    layer.layer(peer.clone()).oneshot(7).await.unwrap_err();
    let waits = peer.waits();
    assert!(waits.iter().all(|wait| *wait <= secs(4) + Duration::from_millis(1)), "{waits:?}");
    assert!(waits.windows(2).any(|pair| pair[0] != pair[1]), "full jitter by default: {waits:?}");
}
