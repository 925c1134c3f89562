//! How a deadline comes and goes with requests.

use buttress::deadline::{Header, Headers, PropagateLayer, Unit};
use buttress::{Deadline, DeadlineLayer};
use http::{HeaderName, HeaderValue, Request, Response};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::sleep;
use tower::buffer::BufferLayer;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

const LIMIT: Duration = Duration::from_secs(10);
const MS: Duration = Duration::from_millis(1);

/// What is left to a request with these headers under `headers`; `None` if it is refused.
async fn left(headers: Headers, told: &[(&'static str, &'static str)]) -> Option<Duration> {
    let seen = service_fn(|request: Request<()>| async move {
        let deadline = *request.extensions().get::<Deadline>().unwrap();
        assert_eq!(Deadline::current(), Some(deadline));
        Ok::<_, Infallible>(Response::new(deadline.remaining()))
    });
    let mut request = Request::new(());
    for (name, value) in told {
        request.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    let layer = DeadlineLayer::new(LIMIT).incoming(headers);
    layer.layer(seen).oneshot(request).await.ok().map(Response::into_body)
}

#[tokio::test(start_paused = true)]
async fn the_earliest_of_all_deadlines_holds() {
    let default = Headers::default;
    assert_eq!(left(default(), &[]).await, Some(LIMIT));
    assert_eq!(left(default(), &[("grpc-timeout", "3S")]).await, Some(300 * LIMIT / 1_000));
    assert_eq!(left(default(), &[("buttress-timeout-ms", "250")]).await, Some(250 * MS));
    let both = [("grpc-timeout", "3S"), ("buttress-timeout-ms", "2500")];
    assert_eq!(left(default(), &both).await, Some(2_500 * MS));
    let seconds = || Headers::none().and(Header::new(HeaderName::from_static("x-left"), Unit::Seconds));
    assert_eq!(left(seconds(), &[("x-left", "4"), ("grpc-timeout", "1S")]).await, Some(4_000 * MS));
}

#[tokio::test(start_paused = true)]
async fn e5_headers_of_strangers_shorten_and_never_lengthen() {
    let default = Headers::default;
    for value in ["99999999H", "18446744073709551616", "-5S", "garbage", "", "1.5S"] {
        let both = [("grpc-timeout", value), ("buttress-timeout-ms", value)];
        assert_eq!(left(default(), &both).await, Some(LIMIT), "{value}");
    }
    assert_eq!(left(default(), &[("grpc-timeout", "0n")]).await, None, "nothing is left");
    // Where even that is too much trust, they are not looked at.
    assert_eq!(left(Headers::none(), &[("grpc-timeout", "0n")]).await, Some(LIMIT));
}

#[tokio::test(start_paused = true)]
async fn the_extension_reaches_what_runs_on_another_task() {
    // The buffer makes the call on its own task, and lets the caller wait for the answer.
    let seen = service_fn(|request: Request<()>| {
        assert_eq!(Deadline::current(), None, "another task");
        std::future::ready(Ok::<_, Infallible>(request.extensions().get::<Deadline>().unwrap().remaining()))
    });
    let service =
        ServiceBuilder::new().layer(DeadlineLayer::http(LIMIT)).layer(BufferLayer::new(4)).service(seen);
    assert_eq!(service.oneshot(Request::new(())).await.unwrap(), LIMIT);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_tells_what_is_left_when_it_is_sent() {
    let told = |name: &'static str| {
        service_fn(move |request: Request<()>| async move {
            let value = request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            Ok::<_, Infallible>(value)
        })
    };
    let default = || Header::default().name().as_str().to_owned();
    assert_eq!(default(), "buttress-timeout-ms");
    let attempt =
        PropagateLayer::new(Header::default()).at_most(4_000 * MS).layer(told("buttress-timeout-ms"));
    let attempts = service_fn(move |request: Request<()>| {
        let attempt = attempt.clone();
        async move {
            let mut all = Vec::new();
            for _ in 0..3 {
                all.extend(attempt.clone().oneshot(request.clone()).await?);
                sleep(3_500 * MS).await;
            }
            Ok::<_, Infallible>(all)
        }
    });
    let service = DeadlineLayer::http(11_000 * MS).layer(attempts);
    assert_eq!(service.oneshot(Request::new(())).await.unwrap(), ["4000", "4000", "4000"]);
    // Without a limit of its own it tells what is left; without any deadline the request stays as it came.
    let plain = PropagateLayer::grpc().layer(told("grpc-timeout"));
    let limited = DeadlineLayer::http(5_000 * MS).layer(plain.clone());
    assert_eq!(limited.oneshot(Request::new(())).await.unwrap().as_deref(), Some("5000000u"));
    let request = || Request::builder().header("grpc-timeout", "7S").body(()).unwrap();
    assert_eq!(plain.clone().oneshot(request()).await.unwrap().as_deref(), Some("7S"));
    let limited = DeadlineLayer::http(5_000 * MS).layer(plain);
    assert_eq!(
        limited.oneshot(request()).await.unwrap().as_deref(),
        Some("5000000u"),
        "7 s are no longer true"
    );
}
