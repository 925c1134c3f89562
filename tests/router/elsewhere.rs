//! Beneath a retry: where the next attempt goes.

use crate::{Id, account, accounts, patient, peers, peers_by};
use buttress::circuit_breaker::{self, CircuitBreakerLayer};
use buttress::retry::{
    Backoff, Budget, ByBody, ByClone, Config, GiveUp, Handle, HttpCondition, Jitter, Outlook, ReplayBody,
    RetryLayer, budget,
};
use buttress::{BoxError, Reason, Rejected, clock};
use buttress_reputation::router::{Elsewhere, PeerRouter, Trail, Trailed};
use buttress_reputation::selection::Selection;
use buttress_reputation::{breaker, presets};
use http::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use support::paused;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt, service_fn};

type Origin = BoxCloneSyncService<Request<ReplayBody<String>>, Response<String>, BoxError>;

const WAIT: Duration = Duration::from_millis(100);

/// Answers with this status, and asks to be left alone for so many seconds; counts how often it is asked.
fn origin(status: StatusCode, retry_after: Option<u32>) -> (Origin, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let origin = service_fn(move |_: Request<ReplayBody<String>>| {
        counted.fetch_add(1, SeqCst);
        let mut response = Response::builder().status(status);
        if let Some(seconds) = retry_after {
            response = response.header("retry-after", seconds);
        }
        let response = response.body(String::new()).expect("it is a response");
        async move { Ok::<_, Infallible>(response) }
    });
    (BoxCloneSyncService::new(origin.map_err(BoxError::from)), asked)
}

/// One whose own breaker refuses, and which is never asked.
fn shut() -> (Origin, circuit_breaker::Handle) {
    let breaker = circuit_breaker::Handle::new("own", circuit_breaker::Config::default());
    breaker.force_open();
    let (origin, _) = origin(StatusCode::OK, None);
    (BoxCloneSyncService::new(CircuitBreakerLayer::from_handle(breaker.clone()).layer(origin)), breaker)
}

fn get() -> Request<String> {
    Request::new(String::new())
}

/// Three attempts, of which one that is waited for is waited for exactly so long.
fn three() -> Config {
    let config = Config::builder().attempts(3).backoff(Backoff::Fixed(WAIT)).jitter(Jitter::None);
    config.build().expect("these settings work")
}

fn tireless() -> Handle {
    Handle::without_budget("orders", three())
}

async fn send(handle: &Handle, selection: &Selection<Id, Origin>) -> Result<Response<String>, BoxError> {
    let retry = RetryLayer::from_handle(handle.clone()).replay(ByBody::new()).when(HttpCondition::default());
    let router = PeerRouter::http(selection.clone());
    retry.map_replay(Elsewhere::new).layer(router).oneshot(get()).await
}

#[test]
fn e10_the_next_attempt_goes_elsewhere_at_once_and_each_failure_is_its_peers() {
    paused(async {
        let ((bad, asked), (worse, asked_too), (good, _)) = (
            origin(StatusCode::BAD_GATEWAY, None),
            origin(StatusCode::BAD_GATEWAY, None),
            origin(StatusCode::OK, None),
        );
        let selection = peers([("bad", bad), ("worse", worse), ("good", good)]);
        let (handle, start) = (tireless(), clock::now());
        for calls in 1..=100 {
            assert_eq!(send(&handle, &selection).await.unwrap().status(), StatusCode::OK);
            assert_eq!(account(&selection, "good"), (calls, 0, 0));
        }
        assert_eq!(clock::now(), start, "nobody is waited for who is not asked again");
        let (asked, asked_too) = (asked.load(SeqCst) as u64, asked_too.load(SeqCst) as u64);
        assert_eq!(
            (account(&selection, "bad"), account(&selection, "worse")),
            ((0, asked, 0), (0, asked_too, 0))
        );
        assert!(asked > 0 && asked_too > 0 && asked <= 100 && asked_too <= 100, "{asked} {asked_too}");
        assert_eq!(handle.totals().retries(), asked + asked_too);
    });
}

#[test]
fn e10_a_call_that_fails_for_good_is_charged_to_each_peer_once() {
    paused(async {
        let ids = ["a", "b", "c"];
        let selection = peers(ids.map(|id| (id, origin(StatusCode::SERVICE_UNAVAILABLE, None).0)));
        let handle = tireless();
        assert_eq!(send(&handle, &selection).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ids.map(|id| account(&selection, id)), [(0, 1, 0); 3]);
        assert_eq!((handle.totals().failures(), handle.totals().gave_up(GiveUp::Attempts)), (1, 1));
    });
}

#[test]
fn c14_a_refusal_by_one_peer_goes_to_another_at_once_and_costs_budget() {
    paused(async {
        let ((shut, breaker), (good, _)) = (shut(), origin(StatusCode::OK, None));
        let selection = peers([("shut", shut), ("good", good)]);
        let frugal = Budget::new(budget::Config::new(0.0, 0.2, Duration::from_secs(10)).unwrap());
        let handle = Handle::with_budget("orders", three(), frugal);
        let (start, mut failed) = (clock::now(), 0);
        for _ in 0..200 {
            match send(&handle, &selection).await {
                Ok(response) => assert_eq!(response.status(), StatusCode::OK),
                Err(error) => {
                    assert_eq!(Rejected::find(&*error).unwrap().reason(), Reason::ForcedOpen);
                    failed += 1;
                }
            }
        }
        let (totals, refused) = (handle.totals(), breaker.snapshot().totals.rejected);
        assert_eq!(clock::now(), start, "who refused is not asked again, so nobody waits");
        assert_eq!((totals.retries(), totals.gave_up(GiveUp::Budget)), (2, failed), "two in ten seconds");
        assert_eq!(refused, 2 + failed, "no call comes to it twice");
        assert_eq!(account(&selection, "shut"), (0, 0, 0), "what was not sent says nothing about a peer");
    });
}

#[test]
fn c14_where_only_the_one_that_refused_is_left_the_refusal_is_final() {
    paused(async {
        let (origin, breaker) = shut();
        let selection = peers([("shut", origin)]);
        let handle = tireless();
        send(&handle, &selection).await.unwrap_err();
        assert_eq!(
            (breaker.snapshot().totals.rejected, handle.totals().gave_up(GiveUp::NotRetryable)),
            (1, 1)
        );
    });
}

#[test]
fn c14_nothing_is_tried_again_where_nobody_may_be_asked() {
    paused(async {
        let breaker = breaker::Config::builder().failure_threshold(1).failure_rate(0.0);
        let config = presets::router().to_builder().breaker(breaker.build().unwrap()).build().unwrap();
        let (bad, asked) = origin(StatusCode::BAD_GATEWAY, None);
        let selection = peers_by(config, [("bad", bad)]);
        let handle = tireless();
        assert_eq!(send(&handle, &selection).await.unwrap().status(), StatusCode::BAD_GATEWAY);
        assert_eq!(asked.load(SeqCst), 1, "its breaker has opened");
        let error = send(&handle, &selection).await.unwrap_err();
        assert_eq!(Rejected::find(&*error).unwrap().reason(), Reason::NoPeer);
        assert_eq!((handle.totals().retries(), handle.totals().gave_up(GiveUp::NotRetryable)), (0, 2));
        // Nor by a retry that knows nothing of trails and goes elsewhere after refusals.
        let blind = RetryLayer::from_handle(handle.clone()).retry_elsewhere();
        blind
            .replay(ByBody::new())
            .layer(PeerRouter::http(selection.clone()))
            .oneshot(get())
            .await
            .unwrap_err();
        assert_eq!(handle.totals().retries(), 0);
    });
}

#[test]
fn e10_the_only_peer_is_asked_again_after_the_wait() {
    paused(async {
        let (bad, asked) = origin(StatusCode::BAD_GATEWAY, None);
        let selection = peers([("bad", bad)]);
        let (handle, start) = (tireless(), clock::now());
        send(&handle, &selection).await.unwrap();
        assert_eq!((asked.load(SeqCst), clock::now().since(start)), (3, 2 * WAIT));
    });
}

#[test]
fn e10_who_throttles_a_request_is_not_asked_by_it_again() {
    paused(async {
        let ((busy, asked), (bad, asked_too)) =
            (origin(StatusCode::TOO_MANY_REQUESTS, None), origin(StatusCode::BAD_GATEWAY, None));
        let alone = peers([("busy", busy.clone())]);
        assert_eq!(send(&tireless(), &alone).await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(asked.swap(0, SeqCst), 1, "there is no other");
        let selection = peers_by(patient(), [("busy", busy), ("bad", bad)]);
        for calls in 1..=20 {
            send(&tireless(), &selection).await.unwrap();
            assert_eq!((asked.load(SeqCst), asked_too.load(SeqCst)), (calls, 2 * calls));
        }
    });
}

#[test]
fn e10_who_says_when_to_come_again_is_waited_for_only_where_there_is_no_other() {
    paused(async {
        let ((later, asked), (good, _)) =
            (origin(StatusCode::SERVICE_UNAVAILABLE, Some(1)), origin(StatusCode::OK, None));
        let alone = peers([("later", later.clone())]);
        let start = clock::now();
        send(&tireless(), &alone).await.unwrap();
        assert_eq!((asked.load(SeqCst), clock::now().since(start)), (3, Duration::from_secs(2)));
        let selection = peers([("later", later), ("good", good)]);
        let start = clock::now();
        for _ in 0..20 {
            assert_eq!(send(&tireless(), &selection).await.unwrap().status(), StatusCode::OK);
        }
        assert_eq!(clock::now(), start);
    });
}

/// A request of somebody's own.
#[derive(Clone)]
struct GetBlock {
    height: u64,
    trail: Option<Trail>,
}

impl Trailed for GetBlock {
    fn set_trail(&mut self, trail: Trail) {
        self.trail = Some(trail);
    }

    fn take_trail(&mut self) -> Option<Trail> {
        self.trail.take()
    }
}

#[test]
fn e10_requests_of_any_type_go_elsewhere() {
    paused(async {
        let block = |has: u64| {
            service_fn(move |get: GetBlock| {
                assert!(get.trail.is_none(), "it is nothing for who is beneath");
                async move {
                    if get.height == has { Ok(has) } else { Err(io::Error::other("it has no such block")) }
                }
            })
        };
        let ids = ["a", "b", "c"];
        let selection = peers_by(patient(), ids.into_iter().zip([7, 8, 9].map(block)));
        let retry = RetryLayer::from_handle(tireless()).map_replay(Elsewhere::<ByClone>::new);
        let mut blocks = retry.layer(PeerRouter::new(selection.clone()).by_trail());
        for _ in 0..10 {
            for height in [7, 8, 9] {
                let block = blocks.ready().await.unwrap().call(GetBlock { height, trail: None }).await;
                assert_eq!(block.unwrap(), height, "one of three has it, and three are asked at most");
            }
        }
        assert_eq!(accounts(&selection, &ids).0, 30);
    });
}

#[test]
fn a1_the_call_lets_go_of_a_peer_that_has_had_the_request() {
    paused(async {
        let ids = ["a", "b"];
        let name = |id: Id| service_fn(move |_: GetBlock| async move { Ok::<_, io::Error>(id) });
        let selection = peers(ids.map(|id| (id, name(id))));
        let router = PeerRouter::new(selection.clone()).by_trail();
        for _ in 0..50 {
            let trail = Trail::new();
            assert_eq!(trail.outlook(), None, "nobody has been asked");
            let get = || GetBlock { height: 1, trail: Some(trail.clone()) };
            // Ready before anybody knows which request it is for, perhaps with the same peer.
            let (mut one, mut other) = (router.clone(), router.clone());
            support::ready(&mut one);
            support::ready(&mut other);
            let first = one.call(get()).await.unwrap();
            assert_eq!(trail.outlook(), Some(Outlook::Elsewhere));
            let second = other.call(get()).await.unwrap();
            assert_ne!(first, second);
            assert_eq!(trail.outlook(), Some(Outlook::Again));
            assert_eq!(accounts(&selection, &ids).2, 0, "what was let go is free");
        }
        selection.remove(&"a");
        selection.remove(&"b");
    });
}
