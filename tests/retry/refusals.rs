//! What layers beneath refused, in whatever form it comes.

use crate::script::attempts;
use buttress::retry::{Condition, Decision, GiveUp, Handle, Replay, RetryLayer};
use buttress::{BoxError, Carry, CircuitBreakerLayer, Rejected, circuit_breaker, clock};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tower::{Layer, ServiceExt, service_fn};

fn open() -> circuit_breaker::Handle {
    let breaker = circuit_breaker::Handle::new("orders", circuit_breaker::Config::default());
    breaker.force_open();
    breaker
}

fn asked(breaker: &circuit_breaker::Handle) -> u64 {
    breaker.snapshot().totals.rejected
}

/// An error of the user's own, which only [`Carry`] can look into.
#[derive(Debug)]
struct Own(Rejected);

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("own")
    }
}

impl std::error::Error for Own {}

impl Carry for Own {
    fn carry(rejected: Rejected) -> Self {
        Self(rejected)
    }

    fn rejected(&self) -> Option<Rejected> {
        Some(self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn c14_a_typed_retry_sees_a_refusal_in_an_error_of_the_users_own() {
    let breaker = open();
    let peer = service_fn(|request: u32| async move { Ok::<_, Own>(request) });
    let beneath = CircuitBreakerLayer::from_handle(breaker.clone()).typed().layer(peer);
    let handle = Handle::new("orders", attempts(3));
    RetryLayer::from_handle(handle.clone()).typed().layer(beneath).oneshot(7).await.unwrap_err();
    assert_eq!((asked(&breaker), handle.totals().gave_up(GiveUp::NotRetryable)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn c14_so_do_functions_and_towers_retry() {
    let breaker = open();
    let typed = RetryLayer::new(attempts(3)).typed();
    let done = typed.run(async |_| breaker.acquire().map(drop).map_err(Own)).await;
    assert_eq!((asked(&breaker), done.gave_up), (1, Some(GiveUp::NotRetryable)));
    typed.run_blocking(|_| breaker.acquire().map(drop).map_err(Own));
    assert_eq!(asked(&breaker), 2);
    let peer = service_fn(|request: u32| async move { Ok::<_, Own>(request) });
    let beneath = CircuitBreakerLayer::from_handle(breaker.clone()).typed().layer(peer);
    tower::retry::RetryLayer::new(typed.policy()).layer(beneath).oneshot(7).await.unwrap_err();
    assert_eq!(asked(&breaker), 3);
    // A handle alone sees those that any error shows.
    Handle::new("orders", attempts(3)).run(async |_| breaker.acquire().map(drop)).await;
    let boxed = async |_| breaker.acquire().map(drop).map_err(BoxError::from);
    Handle::new("orders", attempts(3)).run(boxed).await;
    assert_eq!(asked(&breaker), 5);
}

/// As of a POST: only what nobody has processed is sent again.
#[derive(Clone)]
struct Post;

impl Replay<u32> for Post {
    type Attempt = u32;
    type Tape = u32;

    fn first(&self, request: u32) -> (u32, u32) {
        (request, request)
    }

    fn again(&self, tape: &u32, _: NonZeroU32) -> Option<u32> {
        Some(*tape)
    }

    fn permits(&self, _: &u32, unprocessed: bool) -> bool {
        unprocessed
    }
}

#[tokio::test(start_paused = true)]
async fn c14_e7_what_worked_before_a_call_of_its_own_was_refused_is_not_made_twice() {
    let (breaker, works) = (open(), Arc::new(AtomicUsize::new(0)));
    let handler = service_fn({
        let works = Arc::clone(&works);
        move |_: u32| {
            works.fetch_add(1, Relaxed);
            let refused = breaker.acquire().map(drop);
            async move { Ok::<_, BoxError>(refused?) }
        }
    });
    let handle = Handle::new("orders", attempts(3));
    let layer = RetryLayer::from_handle(handle.clone()).replay(Post).retry_elsewhere();
    layer.layer(handler).oneshot(7).await.unwrap_err();
    assert_eq!((works.load(Relaxed), handle.totals().gave_up(GiveUp::NotReplayable)), (1, 1));
}

/// What a service answers that has its refusals delivered as responses.
type Answer = Result<u32, Rejected>;

/// Fails with what is no number.
#[derive(Clone)]
struct Numbers;

impl Condition<Answer, BoxError> for Numbers {
    fn decide(&self, result: Result<&Answer, &BoxError>) -> Decision {
        if matches!(result, Ok(Ok(_))) { Decision::Keep } else { Decision::RETRY }
    }

    fn rejected(&self, response: &Answer) -> Option<Rejected> {
        response.as_ref().err().copied()
    }
}

#[tokio::test(start_paused = true)]
async fn c14_e8_a_refusal_that_came_as_a_response_is_one() {
    for elsewhere in [false, true] {
        let (breaker, handle) = (open(), Handle::new("orders", attempts(3)));
        let layer = RetryLayer::from_handle(handle.clone()).when(Numbers);
        let layer = if elsewhere { layer.retry_elsewhere() } else { layer };
        let peer = service_fn(|request: u32| async move { Ok::<_, BoxError>(Ok(request)) });
        let beneath = CircuitBreakerLayer::from_handle(breaker.clone()).respond_with(Err);
        let start = clock::now();
        let answer = layer.layer(beneath.layer(peer)).oneshot(7).await.unwrap();
        assert!(answer.is_err());
        let (attempts, why) = if elsewhere { (3, GiveUp::Attempts) } else { (1, GiveUp::NotRetryable) };
        assert_eq!((asked(&breaker), clock::now()), (attempts, start), "nobody is waited for");
        let totals = handle.totals();
        assert_eq!((totals.successes(), totals.failures(), totals.gave_up(why)), (0, 1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn c14_a_refusal_goes_elsewhere_whatever_the_condition_says_of_it() {
    let breaker = open();
    let never = RetryLayer::new(attempts(3)).retry_if(|_: Result<&u32, &BoxError>| false).retry_elsewhere();
    let peer = service_fn(|request: u32| async move { Ok::<_, BoxError>(request) });
    let beneath = CircuitBreakerLayer::from_handle(breaker.clone()).layer(peer);
    never.layer(beneath).oneshot(7).await.unwrap_err();
    assert_eq!(asked(&breaker), 3);
}
