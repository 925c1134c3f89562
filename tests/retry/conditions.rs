//! Which results are worth another attempt.

use crate::script::{Answer, Peer, REFUSED, attempts, secs};
use buttress::retry::{Condition, Decision, GiveUp, Handle, RetryLayer};
use buttress::{Classify, FailureKind, Outcome, clock};
use std::io::{self, ErrorKind};
use std::time::Duration;
use tower::{Layer, ServiceExt};

const RESET: Answer = Err(ErrorKind::ConnectionReset);
const DENIED: Answer = Err(ErrorKind::PermissionDenied);

type Kinds = Result<u32, ErrorKind>;

fn kind(result: Result<&u32, &io::Error>) -> Kinds {
    result.copied().map_err(io::Error::kind)
}

#[tokio::test(start_paused = true)]
async fn s1_26_s4_34_by_default_any_error_is_tried_again_and_no_response() {
    for answer in [REFUSED, RESET, DENIED, Err(ErrorKind::Other)] {
        let peer = Peer::answering([answer]);
        RetryLayer::new(attempts(2)).layer(peer.clone()).oneshot(7).await.unwrap();
        assert_eq!(peer.calls(), 2, "{answer:?}");
    }
    let peer = Peer::answering([Ok(500)]);
    assert_eq!(RetryLayer::new(attempts(2)).layer(peer.clone()).oneshot(7).await.unwrap(), 500);
    assert_eq!(peer.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn c16_w29_s2_39_s4_24_s4_63_a_list_is_exclusive() {
    let listed = [ErrorKind::ConnectionReset, ErrorKind::TimedOut];
    let layer = RetryLayer::new(attempts(3))
        .retry_if(move |result: Result<&u32, &io::Error>| {
            result.is_err_and(|error| listed.contains(&error.kind()))
        })
        .typed();
    for (answer, calls) in [(RESET, 3), (Err(ErrorKind::TimedOut), 3), (DENIED, 1), (REFUSED, 1)] {
        let peer = Peer::always(answer);
        let error = layer.layer(peer.clone()).oneshot(7).await.unwrap_err();
        assert_eq!((Err(error.kind()), peer.calls()), (answer, calls));
    }
}

#[tokio::test(start_paused = true)]
async fn c16_s2_40_the_check_that_was_set_last_is_the_one_that_counts() {
    let classified = RetryLayer::new(attempts(2)).classify(|_: Result<&u32, &io::Error>| Outcome::Success);
    let peer = Peer::always(RESET);
    classified.layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!(peer.calls(), 1, "a classifier that sees no failure");
    let own = classified.retry_if(|result: Result<&u32, &io::Error>| result.is_err());
    let peer = Peer::always(RESET);
    own.layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!(peer.calls(), 2, "the check wins");
}

#[tokio::test(start_paused = true)]
async fn s0_34_s1_27_what_is_not_to_be_tried_again_ends_the_call_at_once() {
    let handle = Handle::new("orders", attempts(5));
    let layer = RetryLayer::from_handle(handle.clone())
        .retry_if(|result: Result<&u32, &io::Error>| kind(result) == Err(ErrorKind::ConnectionReset))
        .typed();
    let peer = Peer::answering([RESET, DENIED]);
    let start = clock::now();
    let error = layer.layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!((error.kind(), peer.calls()), (ErrorKind::PermissionDenied, 2));
    assert_eq!(clock::now().since(start), secs(1), "and not a wait later");
    assert_eq!(handle.totals().gave_up(GiveUp::NotRetryable), 1);
}

#[tokio::test(start_paused = true)]
async fn responses_can_be_worth_another_attempt_and_the_last_one_is_the_answer() {
    let layer = RetryLayer::new(attempts(3))
        .retry_if(|result: Result<&u32, &io::Error>| kind(result).is_ok_and(|status| status >= 500));
    let peer = Peer::answering([Ok(500), Ok(502), Ok(503)]);
    assert_eq!(layer.layer(peer).oneshot(7).await.unwrap(), 503);
    let handle = layer.handle().totals();
    assert_eq!((handle.failures(), handle.successes()), (1, 0), "it failed, though it has a response");
}

/// Fails with what is no success, and asks for so many seconds.
#[derive(Clone, Copy)]
struct Busy(u64);

impl Classify<u32, io::Error> for Busy {
    fn classify(&self, result: Result<&u32, &io::Error>) -> Outcome {
        match result {
            Ok(429) => Outcome::Throttled,
            Ok(_) => Outcome::Success,
            Err(_) => Outcome::Failure(FailureKind::Error),
        }
    }

    fn retry_after(&self, _: Result<&u32, &io::Error>) -> Option<Duration> {
        Some(secs(self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_waited_for_where_it_is_longer_and_ends_the_call_where_it_is_too_long() {
    for (hint, waits) in [(0, vec![secs(1)]), (5, vec![secs(5)]), (10, vec![secs(10)]), (11, vec![])] {
        let peer = Peer::answering([Ok(429)]);
        let layer = RetryLayer::new(attempts(3)).classify(Busy(hint));
        let answer = layer.layer(peer.clone()).oneshot(7).await.unwrap();
        assert_eq!(peer.waits(), waits, "a hint of {hint} s");
        assert_eq!(answer, if hint > 10 { 429 } else { 7 });
        let too_long = layer.handle().totals().gave_up(GiveUp::Hint);
        assert_eq!(too_long, u64::from(hint > 10));
        let spent = layer.handle().snapshot().budget.unwrap().withdrawn;
        assert_eq!(spent, u64::from(hint <= 10), "what is not made is not paid for");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_forbids_another_attempt_gets_none() {
    struct Forbidden;
    impl Condition<u32, io::Error> for Forbidden {
        fn decide(&self, result: Result<&u32, &io::Error>) -> Decision {
            match result {
                Ok(_) => Decision::Keep,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => Decision::RETRY,
                Err(_) => Decision::Stop,
            }
        }
    }
    impl Clone for Forbidden {
        fn clone(&self) -> Self {
            Self
        }
    }
    let peer = Peer::answering([RESET, DENIED, RESET]);
    let layer = RetryLayer::new(attempts(9)).when(Forbidden);
    layer.layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!(peer.calls(), 2);
    assert_eq!(layer.handle().totals().gave_up(GiveUp::NotRetryable), 1);
}
