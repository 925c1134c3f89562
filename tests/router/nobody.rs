//! Nobody to ask.

use crate::{Id, account, accounts, peers, peers_by};
use buttress::{BoxError, Reason, Rejected};
use buttress_reputation::router::PeerRouter;
use buttress_reputation::selection::Selection;
use buttress_reputation::{BanRules, Config, FailureKind, breaker, presets};
use http::{Request, Response};
use std::convert::Infallible;
use std::io;
use std::time::Duration;
use support::paused;
use tower::{Service, ServiceExt, service_fn};

/// Whoever is asked answers with its own name.
fn echo(id: Id) -> impl Service<(), Response = Id, Error = io::Error, Future: Send> + Clone + Send + Sync {
    service_fn(move |()| async move { Ok(id) })
}

async fn refused<S>(router: &mut S) -> Rejected
where
    S: Service<(), Response = Id, Error = BoxError>,
{
    let error =
        router.ready().await.expect("to be refused is no error of readiness").call(()).await.unwrap_err();
    Rejected::find(&*error).expect("it is a rejection")
}

#[test]
fn g4_an_empty_set_refuses_and_the_first_peer_is_asked() {
    paused(async {
        let selection = peers([]);
        let mut router = PeerRouter::new(selection.clone());
        let rejected = refused(&mut router).await;
        assert_eq!(
            (rejected.reason(), rejected.was_sent(), rejected.retry_after()),
            (Reason::NoPeer, false, None)
        );
        assert_eq!(rejected.to_string(), "router \"orders\": no peer to ask");
        selection.insert("a", echo("a"));
        assert_eq!(router.ready().await.unwrap().call(()).await.unwrap(), "a");
        selection.remove(&"a");
        assert_eq!(refused(&mut router).await.reason(), Reason::NoPeer);
    });
}

fn quick_breaker(open_for: Duration) -> Config {
    let breaker = breaker::Config::builder().failure_threshold(2).open_for(open_for).jitter(0.0);
    presets::router().to_builder().breaker(breaker.build().unwrap()).outlier(None).build().unwrap()
}

#[test]
fn g4_d10_where_all_breakers_are_open_it_says_when_the_first_is_not() {
    paused(async {
        let open_for = Duration::from_secs(30);
        let selection = peers_by(quick_breaker(open_for), ["a", "b"].map(|id| (id, echo(id))));
        let mut router = PeerRouter::new(selection.clone());
        for _ in 0..2 {
            selection.ledger().record_failure(&"a");
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        for _ in 0..10 {
            assert_eq!(router.ready().await.unwrap().call(()).await.unwrap(), "b", "the one that is left");
        }
        // More than the successes.
        for _ in 0..20 {
            selection.ledger().record_failure(&"b");
        }
        let rejected = refused(&mut router).await;
        assert_eq!(rejected.reason(), Reason::NoPeer);
        let wait = rejected.retry_after().expect("it is known");
        assert!(wait <= Duration::from_secs(20) && wait > Duration::from_secs(19), "{wait:?}");
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(router.ready().await.unwrap().call(()).await.unwrap(), "a", "a probe");
    });
}

#[test]
fn g4_who_was_refused_ahead_is_asked_for_again_in_the_call() {
    paused(async {
        let selection = peers([]);
        let mut router = PeerRouter::new(selection.clone());
        support::ready(&mut router);
        selection.insert("a", echo("a"));
        assert_eq!(router.call(()).await.unwrap(), "a", "what has come since is not overlooked");
    });
}

#[test]
fn g4_where_most_are_banned_all_are_asked_as_before() {
    paused(async {
        let ids = ["a", "b", "c", "d"];
        let config = presets::router()
            .to_builder()
            .ban(BanRules::builder().score(5.0).build().unwrap())
            .build()
            .unwrap();
        let selection = peers_by(config, ids.map(|id| (id, echo(id))));
        let mut router = PeerRouter::new(selection.clone());
        for id in ids {
            assert!(selection.ledger().ban(&id, "to see what happens", None));
        }
        for _ in 0..40 {
            router.ready().await.unwrap().call(()).await.unwrap();
        }
        assert_eq!(accounts(&selection, &ids).0, 40, "a panic is better than nobody");
    });
}

#[test]
fn g4_a_refusal_is_an_answer_where_it_is_to_be_one() {
    paused(async {
        let origin = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
        let selection = peers_by(quick_breaker(Duration::from_secs(5)), [("a", origin)]);
        for _ in 0..2 {
            selection.ledger().record_failure(&"a");
        }
        let mut router = PeerRouter::http(selection).respond();
        let response = router.ready().await.unwrap().call(Request::new(())).await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "5");
        assert!(response.extensions().get::<Rejected>().is_some());
    });
}

#[test]
fn w46_b7_the_router_records_what_comes_of_its_calls_itself() {
    paused(async {
        let ids = ["a", "b", "c"];
        let fails = |id: Id| {
            (
                id,
                service_fn(move |fails: bool| async move {
                    if fails { Err(io::Error::other("down")) } else { Ok(id) }
                }),
            )
        };
        let selection: Selection<Id, _> = peers_by(quick_breaker(Duration::from_secs(30)), ids.map(fails));
        let mut router = PeerRouter::new(selection.clone());
        for call in 0..300_u64 {
            let _ = router.ready().await.unwrap().call(call % 3 == 0).await;
            let (successes, failures, in_flight) = accounts(&selection, &ids);
            assert_eq!((successes + failures, failures, in_flight), (call + 1, call / 3 + 1, 0));
        }
        // Nobody else tells the ledger anything, and its breakers open all the same.
        for _ in 0..1_000 {
            let _ = router.ready().await.unwrap().call(true).await;
        }
        assert_eq!(refused_with(&mut router).await, Reason::NoPeer);
        for id in ids {
            let state = selection.ledger().peer(&id).unwrap().breaker;
            assert_eq!(
                state,
                breaker::State::Open,
                "{id}: {:?} {:?}",
                account(&selection, id),
                FailureKind::Error
            );
        }
    });
}

async fn refused_with<S: Service<bool, Error = BoxError, Response = Id>>(router: &mut S) -> Reason {
    let error = router.ready().await.unwrap().call(false).await.unwrap_err();
    Rejected::find(&*error).expect("it is a rejection").reason()
}
