//! The same where the type of the response stays.

use crate::script::{Script, Step, chunk};
use crate::{FAILURE, IGNORED, NOTHING_YET, SUCCESS, answered, handle, outcomes};
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle};
use buttress::{FailureKind, Outcome, classify};
use http::Response;
use http_body_util::BodyExt;
use reqwest::ResponseBuilderExt;
use std::convert::Infallible;
use std::io;
use std::time::Duration;
use support::breaker;
use tokio::time::advance;

/// A good body and one that is cut.
fn bodies() -> [(Script, [u64; 4]); 2] {
    let cut = Step::Broken(io::ErrorKind::ConnectionReset.into());
    [(Script::new([chunk("body")]), SUCCESS), (Script::new([chunk("body"), cut]), FAILURE)]
}

fn layer(
    handle: &Handle,
) -> CircuitBreakerLayer<Handle, buttress::Respond, buttress::AtEndBoxed<classify::Http>> {
    CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end_boxed().respond()
}

#[tokio::test]
async fn h9_the_bodies_of_axum_and_tonic_are_boxed_again() {
    for ((body, expected), (same, _)) in bodies().into_iter().zip(bodies()) {
        let handle = handle();
        let response: Response<axum::body::Body> =
            answered(&layer(&handle), Response::new(axum::body::Body::new(body)));
        assert_eq!(outcomes(&handle), NOTHING_YET);
        assert_eq!(response.into_body().collect().await.is_err(), expected == FAILURE);
        assert_eq!(outcomes(&handle), expected);

        let handle = crate::handle();
        let response: Response<tonic::body::Body> =
            answered(&layer(&handle), Response::new(tonic::body::Body::new(same)));
        assert_eq!(outcomes(&handle), NOTHING_YET);
        assert_eq!(response.into_body().collect().await.is_err(), expected == FAILURE);
        assert_eq!(outcomes(&handle), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn h9_a_silent_body_in_a_box_is_a_timeout_too() {
    let handle = handle();
    let layer = layer(&handle).stalled_after(Duration::from_secs(1));
    let body = axum::body::Body::new(Script::new([Step::Hang]));
    let mut body = answered(&layer, Response::new(body)).into_body();
    assert!(crate::poll(&mut body).is_pending());
    advance(Duration::from_secs(1)).await;
    assert!(crate::poll(&mut body).is_pending());
    assert_eq!(crate::last_failure(&handle), Some(FailureKind::Timeout));
}

#[tokio::test]
async fn h9_a_reqwest_response_keeps_its_url() {
    for (body, expected) in bodies() {
        let handle = handle();
        let classify = |_: Result<&reqwest::Response, &Infallible>| Outcome::Success;
        let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify).at_body_end_boxed();
        let url: reqwest::Url = "http://orders.example/7?a=b".parse().unwrap();
        let body = reqwest::Body::wrap(body);
        let response = http::Response::builder().status(206).header("x-a", "1").url(url.clone());
        let response = reqwest::Response::from(response.body(body).unwrap());
        let layer = layer.respond_with(|_| unreachable!("it is closed"));
        let response: reqwest::Response = answered(&layer, response);
        assert_eq!((response.url(), response.status().as_u16()), (&url, 206));
        assert_eq!(response.headers()["x-a"], "1");
        assert_eq!(outcomes(&handle), NOTHING_YET);
        assert_eq!(response.bytes().await.is_err(), expected == FAILURE);
        assert_eq!(outcomes(&handle), expected);
    }
}

#[tokio::test]
async fn h9_a_rejection_is_found_in_the_body_errors_of_axum_and_tonic() {
    let rejected = breaker::open().acquire().unwrap_err();
    let body = || Script::new([Step::Broken(io::Error::other(rejected))]);
    let handle = handle();
    let axum = Response::new(axum::body::Body::new(body()));
    assert!(answered(&layer(&handle), axum).into_body().collect().await.is_err());
    assert_eq!(outcomes(&handle), IGNORED);
    let tonic = Response::new(tonic::body::Body::new(body()));
    assert!(answered(&layer(&handle), tonic).into_body().collect().await.is_err());
    assert_eq!(outcomes(&handle), [0, 0, 2, 0]);
}
