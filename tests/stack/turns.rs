//! The parts that admit attempts, at their places in the order.

use crate::peer::{Act, Peer};
use buttress::bulkhead::{self, Config};
use buttress::rate_limit::{self, Rate};
use buttress::registry::Registry;
use buttress::{Reason, Rejected, Stack, circuit_breaker, presets, retry};
use bytes::Bytes;
use http_body_util::Empty;
use std::time::Duration;
use tower::{Layer, Service, ServiceExt};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Hardly ever another token.
fn tokens(burst: u32) -> rate_limit::Config {
    rate_limit::Config::new(Rate::per_day(1).unwrap(), burst).unwrap()
}

fn one_place() -> Config {
    Config::builder().max_concurrent(1).max_wait(None).build().unwrap()
}

/// So many attempts, a second apart.
fn attempts(attempts: u32) -> retry::Handle {
    let config = retry::Config::builder().attempts(attempts).fixed(secs(1)).jitter(retry::Jitter::None);
    retry::Handle::without_budget("turns", config.build().unwrap())
}

fn reason<T>(result: Result<T, buttress::BoxError>) -> Reason {
    Rejected::find(&*result.err().unwrap()).unwrap().reason()
}

#[tokio::test(start_paused = true)]
async fn s2_04_each_attempt_takes_a_token_and_what_has_none_is_not_tried_again() {
    let (limit, each) = (
        rate_limit::Handle::new("turns", tokens(2)),
        circuit_breaker::Handle::new("turns", circuit_breaker::Config::default()),
    );
    let stack =
        Stack::new("turns").rate_limit(limit.clone()).retry(attempts(5)).circuit_breaker(each.clone());
    let peer = Peer::new(&[Act::Fail]);
    assert_eq!(reason(stack.layer(peer.service()).oneshot(1).await), Reason::RateLimited);
    assert_eq!(peer.calls(), [secs(0), secs(1)]);
    assert_eq!((limit.snapshot().admitted, limit.snapshot().limited), (2, 1));
    // What it refuses says nothing about the peer.
    let totals = each.snapshot().totals;
    assert_eq!((totals.failures, totals.ignored, totals.rejected), (2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn s2_04_a_stack_may_let_attempts_wait_for_the_rate() {
    let limit = rate_limit::Config::new(Rate::per_second(1).unwrap(), 1).unwrap();
    let stack = Stack::new("turns").rate_limit(limit).rate_wait(secs(1));
    let peer = Peer::new(&[Act::Answer]);
    let service = stack.layer(peer.service());
    let answers = tokio::join!(service.clone().oneshot(1), service.clone().oneshot(2), service.oneshot(3));
    assert_eq!((answers.0.unwrap(), answers.1.unwrap()), (2, 3));
    // Its turn would come in 2 s.
    assert_eq!(reason(answers.2), Reason::RateLimited);
    assert_eq!(peer.calls(), [secs(0), secs(1)]);
}

#[tokio::test(start_paused = true)]
async fn s2_05_who_waits_to_try_again_keeps_no_place_from_others() {
    let places = bulkhead::Handle::new("turns", one_place());
    let stack = Stack::new("turns").bulkhead(places.clone()).retry(attempts(2));
    let peer = Peer::new(&[Act::Fail, Act::Answer]);
    let mut service = stack.layer(peer.service());
    let tried_again = tokio::spawn(service.ready().await.unwrap().call(1));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((places.in_flight(), peer.calls().len()), (0, 1));
    assert_eq!(service.ready().await.unwrap().call(2).await.unwrap(), 3);
    assert_eq!(tried_again.await.unwrap().unwrap(), 2);
    assert_eq!(peer.calls(), [secs(0), Duration::from_millis(500), secs(1)]);
}

#[tokio::test(start_paused = true)]
async fn s2_05_the_limit_of_an_attempt_begins_with_its_place() {
    let stack = Stack::new("turns").bulkhead(one_place()).timeout(secs(1));
    let peer = Peer::new(&[Act::Hang]);
    let service = stack.layer(peer.service());
    let both = tokio::join!(service.clone().oneshot(1), service.oneshot(2));
    assert_eq!((reason(both.0), reason(both.1)), (Reason::TimedOut, Reason::TimedOut));
    assert_eq!((peer.calls(), peer.now()), (vec![secs(0), secs(1)], secs(2)));
}

#[tokio::test(start_paused = true)]
async fn s2_05_a_deadline_that_is_over_in_the_queue_is_over_before_the_call() {
    let places = bulkhead::Handle::new("turns", one_place());
    let stack = Stack::new("turns").bulkhead(places.clone()).deadline(secs(1));
    let held = places.try_acquire().unwrap();
    let peer = Peer::new(&[Act::Answer]);
    let error = stack.layer(peer.service()).oneshot(1).await;
    assert_eq!((reason(error), peer.now(), peer.calls().len()), (Reason::Expired, secs(1), 0));
    assert_eq!((places.queued(), places.snapshot().expired), (0, 1));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_takes_no_place() {
    let places = bulkhead::Handle::new("turns", one_place());
    let each = circuit_breaker::Handle::new("turns", circuit_breaker::Config::default());
    let stack = Stack::new("turns").circuit_breaker(each.clone()).bulkhead(places.clone());
    each.force_open();
    let _held = places.try_acquire().unwrap();
    let peer = Peer::new(&[Act::Answer]);
    assert_eq!(reason(stack.layer(peer.service()).oneshot(1).await), Reason::ForcedOpen);
    assert_eq!(places.snapshot().waited, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_full_says_nothing_about_the_peer_to_the_breaker_above() {
    let config = Config::builder().max_concurrent(1).queue(0).build().unwrap();
    let places = bulkhead::Handle::new("turns", config);
    let each = circuit_breaker::Handle::new("turns", circuit_breaker::Config::default());
    let stack = Stack::new("turns").retry(attempts(3)).circuit_breaker(each.clone()).bulkhead(places.clone());
    let _held = places.try_acquire().unwrap();
    let peer = Peer::new(&[Act::Answer]);
    assert_eq!(reason(stack.layer(peer.service()).oneshot(1).await), Reason::Full);
    let totals = each.snapshot().totals;
    assert_eq!((totals.ignored, totals.failures, places.snapshot().rejected), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_default_stack_has_a_limit_that_moves() {
    let registry = Registry::new();
    let stack = Stack::new("orders").preset(&presets::default()).register(&registry).unwrap();
    let places = registry.get::<bulkhead::Handle>("orders").unwrap();
    let config = places.adaptive_config().unwrap();
    assert_eq!([config.min(), config.start(), config.max()].map(|limit| limit.get()), [10, 20, 1_000]);
    assert_eq!(places.limit(), 20);
    assert_eq!(stack.layer(Peer::new(&[Act::Answer]).service()).oneshot(1).await.unwrap(), 2);
    assert_eq!(places.snapshot().completed, 1);
}

#[tokio::test(start_paused = true)]
async fn s2_04_in_the_default_stack_what_is_dear_is_not_heavy_and_what_is_heavy_has_its_turn() {
    let stack = Stack::http("orders").preset(&presets::default()).respond();
    let service = stack.layer(tower::service_fn(|_: http::Request<retry::ReplayBody<Empty<Bytes>>>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(()))
    }));
    for request in [
        http::Request::builder().extension(buttress::Cost(100)),
        http::Request::builder().extension(bulkhead::Places(100)),
    ] {
        let response = service.clone().oneshot(request.body(Empty::new()).unwrap()).await.unwrap();
        assert_eq!(response.status(), http::StatusCode::OK);
    }
}
