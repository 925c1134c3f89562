//! Over HTTP and gRPC.

use crate::{FAILED, HOUR, calls, config, record};
use buttress::bulkhead::Priority;
use buttress::error_budget::{ErrorBudgetLayer, Handle};
use buttress::{BoxError, Bypass, CircuitBreakerLayer, Rejected};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use std::convert::Infallible;
use support::breaker;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

type Body = Full<&'static [u8]>;

async fn answer(status: StatusCode) -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(Full::new(&b"hello"[..]));
    *response.status_mut() = status;
    Ok(response)
}

fn handle(rejections: bool) -> Handle {
    Handle::new("orders", config().to_builder().count_rejections(rejections).build().unwrap())
}

fn of_priority(priority: Priority) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(priority);
    request
}

#[tokio::test]
async fn c15_a_response_is_judged_by_its_status() {
    let handle = handle(false);
    let layer = ErrorBudgetLayer::from_handle(handle.clone()).classify(buttress::classify::Http);
    for (status, counted) in [(200, (1, 0)), (404, (2, 0)), (500, (3, 1)), (503, (4, 2)), (429, (4, 2))] {
        let status = StatusCode::from_u16(status).unwrap();
        let service = layer.layer(service_fn(move |_: Request<()>| answer(status)));
        service.oneshot(Request::new(())).await.unwrap();
        assert_eq!(calls(&handle), counted, "{status}");
    }
}

#[tokio::test]
async fn c20_a_refusal_beneath_that_came_as_a_response_is_one_too() {
    for (rejections, counted) in [(false, (0, 0)), (true, (1, 1))] {
        let budget = handle(rejections);
        let layer = ErrorBudgetLayer::from_handle(budget.clone()).classify(buttress::classify::Http);
        let open = || CircuitBreakerLayer::from_handle(breaker::open()).classify(buttress::classify::Http);
        let peer = service_fn(|_: Request<()>| answer(StatusCode::OK));
        let at_head = ServiceBuilder::new().layer(layer.respond()).layer(open().respond()).service(peer);
        let response = at_head.oneshot(Request::new(())).await.unwrap();
        assert_eq!((response.status(), calls(&budget)), (StatusCode::SERVICE_UNAVAILABLE, counted));

        let budget = handle(rejections);
        let layer = ErrorBudgetLayer::from_handle(budget.clone()).classify(buttress::classify::Http);
        let open = open().at_body_end().respond();
        let at_end = ServiceBuilder::new().layer(layer.at_body_end().respond()).layer(open).service(peer);
        let response = at_end.oneshot(Request::new(())).await.unwrap();
        assert_eq!((response.status(), calls(&budget)), (StatusCode::SERVICE_UNAVAILABLE, counted));
        drop(response);
        assert_eq!(calls(&budget), counted);
        assert_eq!(budget.snapshot().totals.refused_beneath, 1);
    }
}

#[tokio::test]
async fn h9_a_body_that_breaks_off_is_one_bad_call() {
    let handle = handle(false);
    let layer =
        ErrorBudgetLayer::from_handle(handle.clone()).classify(buttress::classify::Http).at_body_end();
    let peer = |_: Request<()>| async {
        let whole: BoxError = "the line is dead".into();
        let frames = [Ok(http_body::Frame::data(&b"hel"[..])), Err(whole)];
        Ok::<_, Infallible>(Response::new(http_body_util::StreamBody::new(Frames(frames.into_iter()))))
    };
    let response = layer.layer(service_fn(peer)).oneshot(Request::new(())).await.unwrap();
    assert_eq!(calls(&handle), (0, 0), "not yet");
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(calls(&handle), (1, 1));
}

/// Frames that are there at once.
struct Frames<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Frames<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<I::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

#[tokio::test(start_paused = true)]
async fn d10_what_is_shed_is_a_503_with_a_time_to_come_again_and_unavailable_over_grpc() {
    let budget = handle(false);
    record(&budget, FAILED, 10);
    let layer = || ErrorBudgetLayer::from_handle(budget.clone()).shed_low_priority();
    let peer = service_fn(|_: Request<()>| answer(StatusCode::OK));
    let http = layer().classify(buttress::classify::Http).respond().layer(peer);
    let response = http.clone().oneshot(of_priority(Priority::Low)).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "4", "a thousandth of the hour, rounded up");
    assert_eq!(response.extensions().get::<Rejected>().unwrap().layer(), "error_budget");
    for request in [of_priority(Priority::Normal), Request::new(())] {
        assert_eq!(http.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    }
    let grpc = layer().classify(buttress::classify::Grpc).at_body_end().respond_grpc().layer(peer);
    let response = grpc.oneshot(of_priority(Priority::Low)).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "14");
    assert_eq!(response.headers()["grpc-retry-pushback-ms"], "3600");
}

#[tokio::test]
async fn requests_that_stand_aside_do_not_count() {
    let handle = handle(false);
    let layer = ErrorBudgetLayer::from_handle(handle.clone()).classify(buttress::classify::Http).bypass();
    let service = layer.layer(service_fn(|_: Request<()>| answer(StatusCode::INTERNAL_SERVER_ERROR)));
    let mut aside = Request::new(());
    aside.extensions_mut().insert(Bypass);
    service.clone().oneshot(aside).await.unwrap();
    assert_eq!(calls(&handle), (0, 0));
    service.oneshot(Request::new(())).await.unwrap();
    assert_eq!((calls(&handle), handle.burn_rate(HOUR).is_some()), ((1, 1), true));
}
