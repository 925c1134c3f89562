//! The client's side: what a peer says about its own limit.

use crate::script::{millis, per_second};
use axum::Router;
use axum::routing::get;
use buttress::rate_limit::{Config, FollowPeer, Handle, Keyed, Rate, RateLimitLayer};
use buttress::{Reason, Rejected, clock};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::serve;
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt, service_fn};

type Said = (StatusCode, &'static [(&'static str, &'static str)]);

/// How long a limit that follows keeps calls back after an answer like this.
async fn pause_after((status, headers): Said) -> Option<Duration> {
    let handle = Handle::new("peer", per_second(1_000, 1_000));
    let peer = service_fn(move |_: Request<()>| {
        let mut response = Response::new(());
        *response.status_mut() = status;
        for (name, value) in headers {
            let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
            response.headers_mut().append(name, value);
        }
        ready(Ok::<_, Infallible>(response))
    });
    let mut service = RateLimitLayer::from_handle(handle.clone()).respond().follow_peer().layer(peer);
    let first = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    assert_eq!(first.status(), status);
    let refused = handle.try_acquire(1).err()?;
    assert_eq!(refused.reason(), Reason::RateLimited);
    // Another call is not sent, and its own refusal is not taken for one of the peer.
    let second = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    assert!(second.extensions().get::<Rejected>().is_some());
    assert_eq!(handle.try_acquire(1).unwrap_err().retry_after(), refused.retry_after());
    refused.retry_after()
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_asks_to_be_left_alone_is_left_alone() {
    let secs = |secs| Some(Duration::from_secs(secs));
    let (ok, many, gone) = (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE);
    let cases: [(Said, _); 11] = [
        ((many, &[("retry-after", "7")]), secs(7)),
        ((gone, &[("retry-after", "7")]), secs(7)),
        ((many, &[("ratelimit", "\"default\";r=0;t=30")]), secs(30)),
        ((many, &[]), None),
        ((ok, &[("ratelimit", "\"default\";r=0;t=30")]), secs(30)),
        ((ok, &[("ratelimit", "\"default\";r=3;t=30")]), None),
        ((ok, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "4")]), secs(4)),
        // Retry-After means something else with these.
        ((StatusCode::SEE_OTHER, &[("retry-after", "7")]), None),
        ((ok, &[("grpc-status", "8"), ("grpc-retry-pushback-ms", "2000")]), secs(2)),
        ((ok, &[("grpc-status", "8"), ("grpc-retry-pushback-ms", "-1")]), None),
        ((many, &[("retry-after", "86400")]), secs(60)),
    ];
    for (said, expected) in cases {
        assert_eq!(pause_after(said).await, expected, "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn how_long_a_peer_is_obeyed_can_be_set() {
    let handle = Handle::new("peer", per_second(1_000, 1_000));
    let busy = service_fn(async |_: Request<()>| {
        let response = Response::builder().status(429).header("retry-after", "3600").body(());
        Ok::<_, Infallible>(response.unwrap())
    });
    let follow = FollowPeer::at_most(Duration::from_secs(2));
    let layer = RateLimitLayer::from_handle(handle.clone()).after(follow);
    layer.layer(busy).oneshot(Request::new(())).await.unwrap();
    assert_eq!(handle.try_acquire(1).unwrap_err().retry_after(), Some(Duration::from_secs(2)));
    advance(Duration::from_secs(2)).await;
    assert!(handle.allow());
}

#[tokio::test(start_paused = true)]
async fn per_key_only_the_peer_that_asked_is_left_alone() {
    let hosts = Keyed::<str>::new("hosts", per_second(100, 100));
    let busy = service_fn(async |request: Request<()>| {
        let mut response = Response::new(());
        if request.uri().host() == Some("busy.example") {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert("retry-after", HeaderValue::from_static("9"));
        }
        Ok::<_, Infallible>(response)
    });
    let layer = RateLimitLayer::from_handle(hosts.clone().by(buttress::key::by_host())).follow_peer();
    let ask = async |host: &str| {
        let request = Request::get(format!("http://{host}/")).body(()).unwrap();
        layer.layer(busy).oneshot(request).await.map(|response| response.status())
    };
    assert_eq!(ask("busy.example").await.unwrap(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask("idle.example").await.unwrap(), StatusCode::OK);
    let refused = ask("busy.example").await.unwrap_err();
    let wait = Rejected::find(&*refused).unwrap().retry_after().unwrap();
    assert_eq!(wait, Duration::from_secs(9));
    assert_eq!(ask("idle.example").await.unwrap(), StatusCode::OK);
    advance(wait).await;
    assert_eq!(ask("busy.example").await.unwrap(), StatusCode::TOO_MANY_REQUESTS, "it is asked again");
}

/// Both sides over a socket: what the server tells, its client does.
#[tokio::test]
async fn a_client_that_follows_is_never_refused_twice_in_a_row() {
    let server = Handle::new("server", Config::new(Rate::per_second(2).unwrap(), 1).unwrap());
    let layer = RateLimitLayer::from_handle(server.clone()).respond().headers();
    let addr = serve::http(Router::new().route("/", get(|| async {})).layer(layer)).await;
    let client = Handle::new("client", per_second(1_000, 1_000));
    let follow = RateLimitLayer::from_handle(client.clone()).wait(Duration::from_secs(30)).follow_peer();
    let service = follow.layer(serve::client().build().unwrap());
    let start = clock::now();
    let statuses = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        let request = reqwest::Request::new(reqwest::Method::GET, format!("http://{addr}/").parse().unwrap());
        let response = service.clone().oneshot(request).await.unwrap();
        statuses.lock().unwrap().push(response.status().as_u16());
    }
    // Each answer says that nothing is left for a second, and the client waits for that.
    assert_eq!(*statuses.lock().unwrap(), [200, 200, 200]);
    assert_eq!(server.snapshot().limited, 0);
    assert!(clock::now().since(start) >= millis(1_980), "two waits of a second");
}
