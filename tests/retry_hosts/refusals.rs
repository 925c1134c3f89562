//! What a layer beneath refused and answered itself, and what counts as a success.

use crate::settings::handle;
use buttress::circuit_breaker::{CircuitBreakerLayer, Config};
use buttress::retry::{ByBody, GiveUp, GrpcCondition, HttpCondition, RetryLayer};
use buttress::{BoxError, TimeoutLayer};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tower::util::BoxCloneService;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

type Answer = Response<Full<Bytes>>;

fn request(method: Method) -> Request<Full<Bytes>> {
    Request::builder().method(method).body(Full::default()).unwrap()
}

/// Answers with the statuses in turn, the last for ever.
fn answering<Req: Send + 'static>(
    statuses: &'static [u16],
    calls: &Arc<AtomicUsize>,
) -> BoxCloneService<Req, Answer, Infallible> {
    let calls = calls.clone();
    BoxCloneService::new(service_fn(move |_: Req| {
        let status = statuses[calls.fetch_add(1, SeqCst).min(statuses.len() - 1)];
        async move { Ok(Response::builder().status(status).body(Full::default()).unwrap()) }
    }))
}

#[tokio::test]
async fn e8_c14_a_refusal_that_comes_as_a_response_is_a_failure_and_asked_of_others_alone() {
    for elsewhere in [false, true] {
        for grpc in [false, true] {
            let (retry, calls) = (handle(3), Arc::default());
            let breaker = CircuitBreakerLayer::new(Config::default());
            breaker.handle().force_open();
            let beneath = ServiceBuilder::new().layer(breaker.respond()).service(answering(&[200], &calls));
            let layer = RetryLayer::from_handle(retry.clone()).replay(ByBody::new());
            let layer = if elsewhere { layer.retry_elsewhere() } else { layer };
            let status = if grpc {
                let service = layer.when(GrpcCondition::default()).layer(beneath);
                service.oneshot(request(Method::GET)).await.unwrap().status()
            } else {
                // Whatever statuses are listed: it is no answer of the peer.
                let listed = HttpCondition::default().on_statuses([StatusCode::SERVICE_UNAVAILABLE]);
                layer.when(listed).layer(beneath).oneshot(request(Method::GET)).await.unwrap().status()
            };
            assert_eq!((status, calls.load(SeqCst)), (StatusCode::SERVICE_UNAVAILABLE, 0));
            let totals = retry.totals();
            assert_eq!(totals.successes(), 0);
            assert_eq!(totals.retries(), if elsewhere { 2 } else { 0 });
            let why = if elsewhere { GiveUp::Attempts } else { GiveUp::NotRetryable };
            assert_eq!(totals.gave_up(why), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn e8_a_call_without_an_answer_in_time_is_tried_again_also_when_it_comes_as_a_response() {
    let retry = handle(3);
    let silent = service_fn(|_| std::future::pending::<Result<Answer, BoxError>>());
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::from_handle(retry.clone()).replay(ByBody::new()).when(HttpCondition::default()))
        .layer(TimeoutLayer::new(Duration::from_secs(1)).respond())
        .service(silent);
    let response = stack.oneshot(request(Method::GET)).await.unwrap();
    assert_eq!((response.status(), retry.totals().retries()), (StatusCode::GATEWAY_TIMEOUT, 2));
}

#[tokio::test]
async fn s1_60_a_failure_that_is_not_tried_again_is_no_success() {
    for (status, succeeded) in [(501, 0), (505, 0), (404, 1), (200, 1)] {
        let (retry, calls) = (handle(3), Arc::default());
        let layer =
            RetryLayer::from_handle(retry.clone()).replay(ByBody::new()).when(HttpCondition::default());
        let statuses: &'static [u16] = match status {
            501 => &[501],
            505 => &[505],
            404 => &[404],
            _ => &[200],
        };
        layer.layer(answering(statuses, &calls)).oneshot(request(Method::GET)).await.unwrap();
        let totals = retry.totals();
        assert_eq!((totals.successes(), totals.gave_up(GiveUp::NotRetryable)), (succeeded, 1 - succeeded));
        assert_eq!(calls.load(SeqCst), 1, "{status}");
    }
}
