//! Fallbacks of HTTP services: what is a failure, and how an answer says that it is not the peer's.

use crate::answers::breaker;
use buttress::circuit_breaker::CircuitBreakerLayer;
use buttress::fallback::{AnyError, Degraded, FallbackLayer, OpenOrOpening};
use buttress::{BoxError, Rejected};
use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::Full;
use std::convert::Infallible;
use support::serve;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

type Answer = Response<Full<Bytes>>;

const SOURCE: HeaderName = HeaderName::from_static("x-source");

fn of_status(status: u16, body: &'static str) -> Answer {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// Answers with the status that the path names.
async fn named(request: Request<()>) -> Result<Answer, Infallible> {
    Ok(of_status(request.uri().path()[1..].parse().unwrap(), "primary"))
}

fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

#[tokio::test]
async fn c17_statuses_are_failures_and_the_answer_is_marked_with_its_source() {
    let layer = FallbackLayer::value(of_status(200, "spare")).source("local-copy");
    let layer = layer.http().when(AnyError).mark_header(SOURCE);
    let handle = layer.handle().unwrap().clone();
    let mut service = ServiceBuilder::new().layer(layer.respond()).service_fn(named);
    for status in [200, 404, 429, 500, 503] {
        let response = service.ready().await.unwrap().call(get(&format!("/{status}"))).await.unwrap();
        let degraded = response.extensions().get::<Degraded>().map(|degraded| degraded.source);
        let header = response.headers().get(SOURCE).map(|value| value.to_str().unwrap());
        let expected = (status >= 500).then_some("local-copy");
        assert_eq!((degraded, header), (expected, expected), "{status}");
        assert_eq!(response.status().as_u16(), if status < 500 { status } else { 200 });
    }
    assert_eq!(handle.totals().response.answered, 2);
}

#[tokio::test]
async fn statuses_of_ones_own_are_failures_and_no_others() {
    let layer = FallbackLayer::value(of_status(200, "spare")).http().when(AnyError);
    let mut service =
        ServiceBuilder::new().layer(layer.failures([StatusCode::NOT_FOUND]).respond()).service_fn(named);
    for (asked, answered) in [(404, 200), (503, 503)] {
        let response = service.ready().await.unwrap().call(get(&format!("/{asked}"))).await.unwrap();
        assert_eq!(response.status().as_u16(), answered);
    }
}

#[tokio::test]
async fn s0_94_a_rejection_that_came_as_a_response_is_one() {
    let breaker = breaker();
    let layer = FallbackLayer::value(of_status(200, "spare")).http();
    let handle = layer.handle().unwrap().clone();
    let breaking =
        CircuitBreakerLayer::from_handle(breaker.clone()).classify(buttress::classify::Http).respond();
    let mut service = ServiceBuilder::new().layer(layer.respond()).layer(breaking).service_fn(named);
    let mut ask = async || service.ready().await.unwrap().call(get("/503")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            ask().await.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "below the threshold it comes through"
        );
    }
    let response = ask().await;
    assert_eq!((response.status().as_u16(), response.extensions().get::<Rejected>()), (200, None));
    assert_eq!((handle.totals().rejected.answered, handle.totals().answered()), (1, 1));
}

#[tokio::test]
async fn s1_12_the_response_at_which_the_breaker_opens_has_the_fallback() {
    let breaker = breaker();
    let layer = FallbackLayer::value(of_status(200, "spare")).http().when(OpenOrOpening(breaker.clone()));
    let breaking = CircuitBreakerLayer::from_handle(breaker).classify(buttress::classify::Http);
    let mut service = ServiceBuilder::new().layer(layer).layer(breaking).service_fn(named);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(service.ready().await.unwrap().call(get("/503")).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [503, 200, 200]);
}

#[tokio::test]
async fn s1_59_on_axum_and_in_reqwest_over_real_sockets() {
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;

    let spare =
        FallbackLayer::function(|_| async { Ok::<_, Infallible>(Response::new(Body::from("spare"))) });
    let spare = spare.http().when(AnyError).mark_header(SOURCE).respond();
    let down = service_fn(async |_: Request| Ok::<_, Infallible>(StatusCode::BAD_GATEWAY));
    let down = ServiceBuilder::new()
        .layer(spare)
        .map_response(axum::response::IntoResponse::into_response)
        .service(down);
    let router = axum::Router::new()
        .route("/well", get(async || "well"))
        .route("/bad", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route_service("/down", down);
    let address = serve::http(router).await;

    let local = |_: buttress::fallback::Cause<'_, reqwest::Response, reqwest::Error>| async {
        Ok::<_, BoxError>(reqwest::Response::from(Response::new("local")))
    };
    let mut client = ServiceBuilder::new()
        .layer(FallbackLayer::function(local).http().when(AnyError))
        .service(serve::client().build().unwrap());
    let nobody = format!("http://{}/", serve::nobody());
    let ours = ["well", "down", "bad"].map(|path| format!("http://{address}/{path}"));
    let mut seen = Vec::new();
    for url in ours.into_iter().chain([nobody]) {
        let request = reqwest::Request::new(reqwest::Method::GET, url.parse().unwrap());
        let response = client.ready().await.unwrap().call(request).await.unwrap();
        let marked = response.headers().contains_key(SOURCE);
        let degraded = response.extensions().get::<Degraded>().is_some();
        seen.push((response.text().await.unwrap(), marked, degraded));
    }
    let seen: Vec<_> =
        seen.iter().map(|(text, marked, degraded)| (text.as_str(), *marked, *degraded)).collect();
    assert_eq!(
        seen,
        [("well", false, false), ("spare", true, false), ("local", false, true), ("local", false, true)]
    );
}
