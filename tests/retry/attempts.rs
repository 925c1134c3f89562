//! How often, with what, and what the caller gets.

use crate::script::{Answer, Peer, REFUSED, attempts, secs};
use buttress::retry::{ByClone, Config, Exhausted, GiveUp, Handle, Replay, RetryLayer};
use buttress::{BoxError, check};
use std::error::Error as _;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use support::{Task, ready};
use tower::{Layer, Service, ServiceExt, service_fn};

async fn call(layer: &RetryLayer, peer: &Peer) -> Result<u32, BoxError> {
    layer.layer(peer.clone()).oneshot(7).await
}

#[tokio::test(start_paused = true)]
async fn s0_28_s1_27_a_failed_call_is_made_again_until_it_succeeds() {
    let peer = Peer::answering([REFUSED, REFUSED]);
    let layer = RetryLayer::new(attempts(3));
    assert_eq!(call(&layer, &peer).await.unwrap(), 7);
    assert_eq!(peer.requests(), [7, 7, 7], "the same request each time");
    assert_eq!(peer.waits(), [secs(1), secs(1)]);
}

#[tokio::test(start_paused = true)]
async fn s1_19_c10_attempts_count_the_first_and_s0_29_s2_38_retries_do_not() {
    for (config, calls) in [
        (Config::builder().attempts(3), 3),
        (Config::builder().retries(3), 4),
        (Config::builder().attempts(1), 1),
        (Config::default().to_builder(), 3),
    ] {
        let peer = Peer::always(REFUSED);
        let layer = RetryLayer::new(config.build().unwrap());
        call(&layer, &peer).await.unwrap_err();
        assert_eq!(peer.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn s0_37_s1_27_w24_the_last_error_comes_as_it_is() {
    let last: Answer = Err(io::ErrorKind::TimedOut);
    let peer = Peer::answering([REFUSED, REFUSED, last]);
    let error = call(&RetryLayer::new(attempts(3)), &peer).await.unwrap_err();
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::TimedOut);
    // And in its own type, where the layer leaves that alone.
    let peer = Peer::always(last);
    let mut service = RetryLayer::new(attempts(3)).typed().layer(peer.clone());
    let error: io::Error = service.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!((error.kind(), peer.calls()), (io::ErrorKind::TimedOut, 3));
}

#[tokio::test(start_paused = true)]
async fn s2_41_an_explained_error_says_how_many_attempts_there_were_and_wraps_the_last() {
    let peer = Peer::always(REFUSED);
    let layer = RetryLayer::new(attempts(3)).explained();
    let error = layer.layer(peer).oneshot(7).await.unwrap_err();
    assert_eq!(error.to_string(), "3 attempts failed, the last with: the peer is down");
    let exhausted = error.downcast::<Exhausted>().unwrap();
    assert_eq!(exhausted.attempts(), 3);
    let source = exhausted.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::ConnectionRefused);
    assert!(exhausted.into_last().is::<io::Error>());
    // What is not to be tried again is explained by itself.
    let never = RetryLayer::new(attempts(3)).retry_if(|_: Result<&u32, &io::Error>| false).explained();
    let error = never.layer(Peer::always(REFUSED)).oneshot(7).await.unwrap_err();
    assert!(error.is::<io::Error>(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn w24_no_way_of_delivery_and_no_nesting_loses_the_last_error() {
    let config = attempts(2);
    let fails = || Peer::always(REFUSED);
    assert!(RetryLayer::new(config).layer(fails()).oneshot(7).await.is_err());
    assert!(RetryLayer::new(config).typed().layer(fails()).oneshot(7).await.is_err());
    assert!(RetryLayer::new(config).explained().layer(fails()).oneshot(7).await.is_err());
    assert!(RetryLayer::from_handle(None::<Handle>).layer(fails()).oneshot(7).await.is_err());
    let nested = RetryLayer::new(config).layer(RetryLayer::new(config).layer(fails()));
    assert!(nested.oneshot(7).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn e1_a_readied_service_that_fails_is_an_attempt_too() {
    // Ready once, and never again: each clone fails in its readiness.
    #[derive(Clone)]
    struct Reconnecting(std::sync::Arc<std::sync::atomic::AtomicU32>);
    impl Service<u32> for Reconnecting {
        type Response = u32;
        type Error = io::Error;
        type Future = std::future::Ready<io::Result<u32>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
            let polls = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let up = polls == 0 || polls == 3;
            std::task::Poll::Ready(if up { Ok(()) } else { Err(io::ErrorKind::ConnectionRefused.into()) })
        }

        fn call(&mut self, request: u32) -> Self::Future {
            let polls = self.0.load(std::sync::atomic::Ordering::Relaxed);
            std::future::ready(if polls > 3 { Ok(request) } else { Err(io::ErrorKind::BrokenPipe.into()) })
        }
    }
    let handle = Handle::new("orders", attempts(3));
    let mut service = RetryLayer::from_handle(handle.clone()).layer(Reconnecting(Default::default()));
    let error = service.ready().await.unwrap().call(7).await.unwrap_err();
    let error = error.downcast_ref::<io::Error>().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused, "that of the last clone");
    assert_eq!(handle.totals().gave_up(GiveUp::Attempts), 1);
    let budget = handle.snapshot().budget.unwrap();
    assert_eq!((budget.withdrawn, budget.refunded), (2, 2), "neither retry was sent");
    // With one more it is there again.
    let handle = Handle::new("orders", attempts(4));
    let mut service = RetryLayer::from_handle(handle.clone()).layer(Reconnecting(Default::default()));
    assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 7);
    let budget = handle.snapshot().budget.unwrap();
    assert_eq!((budget.withdrawn, budget.refunded), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_again_ends_with_the_result_there_is() {
    /// Has no more than two attempts of a request.
    #[derive(Clone)]
    struct Twice;
    impl Replay<u32> for Twice {
        type Attempt = u32;
        type Tape = u32;

        fn first(&self, request: u32) -> (u32, u32) {
            (request, request)
        }

        fn again(&self, tape: &u32, attempt: NonZeroU32) -> Option<u32> {
            (attempt.get() <= 2).then_some(tape * 10)
        }

        fn permits(&self, tape: &u32, _: bool) -> bool {
            *tape != 9
        }
    }
    let handle = Handle::new("orders", attempts(5));
    let peer = Peer::always(REFUSED);
    let mut service = RetryLayer::from_handle(handle.clone()).replay(Twice).layer(peer.clone());
    service.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(peer.requests(), [7, 70]);
    service.ready().await.unwrap().call(9).await.unwrap_err();
    assert_eq!(peer.requests(), [7, 70, 9]);
    assert_eq!(handle.totals().gave_up(GiveUp::NotReplayable), 2);
    assert_eq!(handle.snapshot().budget.unwrap().withdrawn, 1, "nothing was taken for nothing");
}

#[tokio::test(start_paused = true)]
async fn e7_what_is_kept_of_a_request_goes_with_its_answer() {
    // Not with the future, which may be held for as long as its owner likes.
    for fails in [false, true] {
        let request = Arc::new(());
        let peer = service_fn(move |_: Arc<()>| async move {
            if fails { Err(io::Error::other("down")) } else { Ok(()) }
        });
        let mut service = RetryLayer::new(attempts(1)).layer(peer);
        ready(&mut service);
        let mut held = Task::new(service.call(Arc::clone(&request)));
        assert_eq!(held.finish().is_err(), fails);
        assert_eq!(Arc::strong_count(&request), 1);
        drop(held);
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_off_makes_every_call_once_and_clones_no_request() {
    struct Unclonable;
    #[derive(Clone)]
    struct Once;
    impl Replay<Unclonable> for Once {
        type Attempt = Unclonable;
        type Tape = ();

        fn first(&self, _: Unclonable) -> (Unclonable, ()) {
            panic!("a layer that is off keeps nothing")
        }

        fn once(&self, request: Unclonable) -> Unclonable {
            request
        }

        fn again(&self, (): &(), _: NonZeroU32) -> Option<Unclonable> {
            None
        }
    }
    let inner = service_fn(|_: Unclonable| async { Err::<(), _>(io::Error::other("down")) });
    let off = RetryLayer::from_handle(None::<Handle>).replay(Once);
    assert!(off.layer(inner).oneshot(Unclonable).await.is_err());
    let on = RetryLayer::from_handle(Some(Handle::new("orders", attempts(2)))).replay(ByClone);
    let _ = check::<u32, _>(on.layer(Peer::default()));
    static STATIC: std::sync::LazyLock<Handle> =
        std::sync::LazyLock::new(|| Handle::new("static", attempts(2)));
    let peer = Peer::answering([REFUSED]);
    let service = RetryLayer::from_handle(&*STATIC).layer(peer);
    assert_eq!(service.oneshot(7).await.unwrap(), 7);
    assert_eq!(STATIC.totals().retries(), 1);
}
