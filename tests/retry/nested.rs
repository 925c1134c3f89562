//! A retry above a retry.

use crate::script::{Peer, REFUSED, attempts};
use buttress::retry::{Handle, RetryLayer};
use buttress::{CircuitBreakerLayer, OperationLayer, TimeoutLayer, circuit_breaker};
use std::io;
use std::time::Duration;
use support::ready;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn e8_w13_attempts_of_retries_above_one_another_do_not_multiply() {
    let peer = Peer::always(REFUSED);
    let [outer, inner] = ["outer", "inner"].map(|name| Handle::new(name, attempts(3)));
    // Also with other layers between them.
    let service = ServiceBuilder::new()
        .layer(RetryLayer::from_handle(outer.clone()))
        .layer(OperationLayer::new("charge", "payments"))
        .layer(CircuitBreakerLayer::new(circuit_breaker::Config::default()))
        .layer(TimeoutLayer::new(Duration::from_secs(60)))
        .layer(RetryLayer::from_handle(inner.clone()))
        .service(peer.clone());
    service.oneshot(7).await.unwrap_err();
    assert_eq!(peer.calls(), 3, "not nine");
    let [outer, inner] = [outer, inner].map(|handle| handle.snapshot());
    assert_eq!((outer.totals.failures(), inner.totals.failures()), (1, 0));
    assert_eq!(inner.budget.unwrap().deposits, Some(0), "to it there was no call of its own");
}

#[tokio::test(start_paused = true)]
async fn e8_a_retry_beneath_one_that_is_off_is_not_nested() {
    let peer = Peer::always(REFUSED);
    let service =
        RetryLayer::from_handle(None::<Handle>).layer(RetryLayer::new(attempts(3)).layer(peer.clone()));
    service.oneshot(7).await.unwrap_err();
    assert_eq!(peer.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn e8_what_a_service_calls_for_itself_has_retries_of_its_own() {
    // A handler that asks a database: these are not the attempts of who asked the handler.
    let database = Peer::answering([REFUSED, REFUSED]);
    let beneath = RetryLayer::new(attempts(3)).layer(database.clone());
    let handler = service_fn(move |request: u32| {
        let mut beneath = beneath.clone();
        async move { beneath.ready().await?.call(request).await }
    });
    let outer = Handle::new("outer", attempts(3));
    assert_eq!(RetryLayer::from_handle(outer.clone()).layer(handler).oneshot(7).await.unwrap(), 7);
    assert_eq!((database.calls(), outer.totals().retries()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn e8_so_has_what_it_calls_before_it_has_a_future() {
    // One that fetches a token in its `call`.
    let issuer = Peer::answering([REFUSED, REFUSED]);
    let (calls, own) = (issuer.clone(), Handle::new("tokens", attempts(3)));
    let issue = service_fn(move |user: &'static str| {
        let issued = calls.answer(user.len() as u32);
        async move { issued }
    });
    let tokens = RetryLayer::from_handle(own.clone()).layer(issue);
    let peer = Peer::answering([REFUSED]);
    let beneath = RetryLayer::new(attempts(3)).layer(peer.clone());
    let handler = service_fn(move |request: u32| {
        let token = tokens.clone().call("me");
        // What is passed on is an attempt all the same.
        let answer = beneath.clone().call(request);
        async move {
            token.await?;
            answer.await
        }
    });
    let outer = Handle::new("outer", attempts(3));
    assert_eq!(RetryLayer::from_handle(outer.clone()).layer(handler).oneshot(7).await.unwrap(), 7);
    // The first attempt of the outer one has three of the issuer, the second one.
    assert_eq!((own.totals().retries(), issuer.calls()), (2, 4));
    assert_eq!((outer.totals().retries(), peer.calls()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn b3_a_panic_beneath_does_not_make_the_next_call_a_nested_one() {
    let panics = service_fn(|()| -> std::future::Ready<io::Result<()>> { panic!("in call") });
    let mut service = RetryLayer::new(attempts(3)).layer(panics);
    ready(&mut service);
    let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(service.call(()))));
    called.expect_err("it panicked");
    let peer = Peer::always(REFUSED);
    RetryLayer::new(attempts(3)).layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!(peer.calls(), 3);
}
