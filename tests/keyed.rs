//! A breaker per key: who shares one, who does not, and what many keys may cost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, Keyed, State};
use buttress::key::{by_head, by_header, by_host, by_path_prefix, by_str};
use buttress::registry::Registry;
use buttress::{Event, EventKind, Outcome, Rejected};
use http::{HeaderName, Request, Response};
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use support::breaker::{self, fail};
use support::{Plan, Probe, Task, ready};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

fn keyed(capacity: usize) -> Keyed<u64> {
    Keyed::with_capacity("peers", breaker::config(), NonZeroUsize::new(capacity).unwrap())
}

/// A client that answers 200, over a host's path.
async fn answer(_: Request<()>) -> Result<Response<&'static str>, Infallible> {
    Ok(Response::new("ok"))
}

fn to(host: &str) -> Request<()> {
    Request::get(format!("http://{host}/api/orders/17")).header("x-tenant", "blue").body(()).unwrap()
}

#[tokio::test]
async fn s3_01_each_key_has_a_breaker_of_its_own() {
    let layer = CircuitBreakerLayer::http(breaker::config()).keyed(by_host()).respond();
    let hosts = layer.handle().keyed().clone();
    let service = layer.layer(service_fn(answer));
    fail(&hosts.of("down"), 2);
    let status = async |host| service.clone().oneshot(to(host)).await.unwrap().status();
    assert_eq!(status("down").await, 503);
    assert_eq!(status("DOWN:80").await, 503);
    assert_eq!(status("up").await, 200);
    assert_eq!(
        (hosts.get("down").unwrap().state(), hosts.get("up").unwrap().state()),
        (State::Open, State::Closed)
    );
    assert_eq!(hosts.get("down").unwrap().snapshot().totals.rejected, 2);
    assert_eq!(hosts.get("up").unwrap().snapshot().totals.successes, 1);
}

#[tokio::test]
async fn c36_a_key_is_whatever_finds_it() {
    async fn keys<X, K>(find: X) -> Vec<String>
    where
        X: buttress::key::KeyOf<Request<()>, Key = K> + Clone,
        K: buttress::key::Key + ?Sized,
    {
        let layer = CircuitBreakerLayer::http(Config::default()).keyed(find);
        let keyed = layer.handle().keyed().clone();
        let mut service = layer.layer(service_fn(answer));
        service.ready().await.unwrap().call(to("Orders.example:80")).await.unwrap();
        let mut found = Vec::new();
        keyed.for_each(|key, handle| {
            assert_eq!((key.to_string().as_str(), handle.name()), (handle.key().unwrap(), ""));
            found.push(key.to_string());
        });
        found
    }
    assert_eq!(keys(by_host()).await, ["orders.example"]);
    assert_eq!(keys(by_header(HeaderName::from_static("x-tenant"))).await, ["blue"]);
    assert_eq!(keys(by_path_prefix(2)).await, ["/api/orders"]);
    assert_eq!(keys(by_str(|head| head.header("x-tenant"))).await, ["blue"]);
    assert_eq!(keys(by_head(|head| Some(head.path().len()))).await, ["14"]);
    assert_eq!(keys(|request: &Request<()>| Some(request.uri().path().len() as u64)).await, ["14"]);
    assert_eq!(keys(|_: &Request<()>| None::<u64>).await, [""; 0]);
}

#[tokio::test]
async fn one_service_serves_a_single_an_optional_and_a_keyed_handle() {
    async fn calls<S>(mut service: S) -> bool
    where
        S: Service<Plan, Response = &'static str, Error = buttress::BoxError>,
    {
        service.ready().await.unwrap().call(Plan::OK).await.is_ok()
    }
    let key = |plan: &Plan| Some(plan.pending);
    let keyed = Keyed::new("", breaker::config());
    let single = Handle::new("", breaker::config());
    assert!(calls(CircuitBreakerLayer::from_handle(single).layer(Probe::default())).await);
    assert!(calls(CircuitBreakerLayer::from_handle(keyed.clone().by(key)).layer(Probe::default())).await);
    assert!(
        calls(CircuitBreakerLayer::from_handle(Some(keyed.clone().by(key))).layer(Probe::default())).await
    );
    let off = Some(keyed.clone().by(key)).filter(|_| false);
    assert!(calls(CircuitBreakerLayer::from_handle(off).layer(Probe::default())).await);
    assert_eq!((keyed.len(), keyed.get(&0).unwrap().snapshot().totals.successes), (1, 2));
}

#[tokio::test]
async fn keyed_layers_nest_and_infer() {
    let service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::http(Config::default()).keyed(by_host()))
        .layer(
            CircuitBreakerLayer::http(Config::default())
                .keyed(|request: &Request<_>| Some(request.method().clone())),
        )
        .layer(CircuitBreakerLayer::http(Config::default()).keyed(by_str(|head| head.header("x-tenant"))))
        .service_fn(answer);
    assert_eq!(service.oneshot(to("up")).await.unwrap().status(), 200);
}

#[test]
fn w01_a_breaker_that_somebody_knows_by_name_is_not_replaced_in_silence() {
    let orders = CircuitBreakerLayer::from_handle(Handle::new("orders", breaker::config()));
    let panic =
        catch_unwind(AssertUnwindSafe(|| drop(orders.keyed::<_, usize>(|plan: &Plan| Some(plan.pending)))))
            .unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert_eq!(text, "\"orders\" is one breaker: for one per key, make a `Keyed` of that name");
}

#[tokio::test]
async fn a9_a_refused_key_does_not_touch_the_service_beneath() {
    let probe = Probe::default();
    let keyed = Keyed::<u64>::new("", breaker::config());
    fail(&keyed.of(&7), 2);
    let layer = CircuitBreakerLayer::from_handle(keyed.by(|plan: &Plan| Some(plan.pending as u64)));
    let mut service = layer.layer(probe.clone());
    ready(&mut service);
    let error = Task::new(service.call(Plan::after(7))).finish().unwrap_err();
    assert!(!Rejected::find(&*error).unwrap().was_sent());
    assert_eq!(probe.calls(), 0);
    // What was reserved for the call that did not happen serves the next one.
    ready(&mut service);
    assert!(Task::new(service.call(Plan::after(8))).finish().is_ok());
    assert_eq!((probe.calls(), probe.breaches(), probe.reserved()), (1, 0, 0));
}

#[tokio::test]
async fn b3_a_panic_in_a_key_harms_nobody() {
    let probe = Probe::default();
    let layer = CircuitBreakerLayer::new(breaker::config()).keyed(|plan: &Plan| {
        assert!(plan.pending != 13, "planned panic in a key");
        Some(plan.pending)
    });
    let keyed = layer.handle().keyed().clone();
    let mut service = layer.layer(probe.clone());
    ready(&mut service);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(Plan::after(13))))).is_err());
    ready(&mut service);
    assert!(Task::new(service.call(Plan::OK)).finish().is_ok());
    assert_eq!((keyed.len(), keyed.get(&0).unwrap().snapshot().totals.cancelled), (1, 0));
}

#[tokio::test]
async fn s3_14_looking_makes_no_breaker() {
    let keyed = keyed(10);
    for key in 0..1_000 {
        assert!(keyed.get(&key).is_none());
    }
    assert!(keyed.is_empty());
    keyed.for_each(|_, _| panic!("there is none"));
}

#[tokio::test]
async fn w50_f4_a_flood_of_keys_stays_within_the_capacity_and_frees_nobody() {
    let keyed = keyed(1_000);
    let banned: Vec<_> = (0..100).map(|key| u64::MAX - key).collect();
    for key in &banned {
        fail(&keyed.of(key), 2);
    }
    for key in 0..100_000_u64 {
        drop(keyed.of(&key).acquire().unwrap());
        assert!(keyed.len() <= 1_000);
    }
    for key in &banned {
        assert_eq!(keyed.get(key).unwrap().state(), State::Open, "{key}");
    }
    assert!(keyed.evicted() >= 99_000);
    assert_eq!(keyed.overflowed(), 0);
}

#[tokio::test]
async fn f4_where_every_key_is_penalised_new_ones_share_one_breaker() {
    let keyed = keyed(8);
    for key in 0..100 {
        keyed.of(&key).force_open();
    }
    assert!(keyed.len() <= 8);
    assert!(keyed.overflowed() >= 92);
    assert_eq!(keyed.overflow().state(), State::ForcedOpen);
    assert!(keyed.of(&1_000).acquire().is_err());
    keyed.reset();
    assert_eq!(keyed.overflow().state(), State::Closed);
    assert!(keyed.of(&1_000).acquire().is_ok());
}

#[tokio::test]
async fn f7_the_totals_of_a_key_that_goes_are_kept_once() {
    let keyed = keyed(4);
    let call = |key: u64| keyed.of(&key).acquire().unwrap();
    let late = call(0);
    for key in 0..1_000 {
        call(key).record(Outcome::Success, None);
    }
    // Its breaker has lost its place, and still counts.
    assert!(keyed.get(&0).is_none());
    late.record(Outcome::Success, None);
    let registry = Registry::new();
    registry.add(keyed).unwrap();
    let totals = registry.status().keyed_circuit_breakers["peers"].totals;
    assert_eq!((totals.successes, totals.cancelled), (1_001, 0));
}

#[tokio::test]
async fn s3_50_events_name_the_key_in_order() {
    let keyed = keyed(100);
    let seen = Arc::new(Mutex::new(Vec::new()));
    keyed.of(&1).force_open();
    keyed.on_event(|_| panic!("planned panic in a listener"));
    keyed.on_event({
        let seen = Arc::clone(&seen);
        move |event: &Event| {
            let EventKind::Transition(change) = event.kind else { return };
            seen.lock().unwrap().push((event.key.as_deref().unwrap().to_owned(), change.to));
        }
    });
    keyed.of(&1).reset();
    keyed.of(&2).force_open();
    let expected = [("1".to_owned(), State::Closed), ("2".to_owned(), State::ForcedOpen)];
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(keyed.listener_panics(), 2);
}
