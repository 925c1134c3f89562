//! What answers tell about the limit.

use crate::script::{millis, per_second};
use buttress::rate_limit::{Config, Handle, Rate, RateLimitLayer, Rule, WindowConfig};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::advance;
use tower::{Layer, ServiceExt, service_fn};

/// The status and the headers of the answer to one request.
async fn ask(handle: &Handle) -> (StatusCode, HeaderMap) {
    let answer = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let layer = RateLimitLayer::from_handle(handle.clone()).respond().headers();
    let response = layer.layer(answer).oneshot(Request::new(())).await.unwrap();
    let (head, ()) = response.into_parts();
    (head.status, head.headers)
}

fn of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn s2_04_admitted_and_refused_answers_tell_policy_and_rest() {
    let handle = Handle::new("api", Config::new(Rate::per_minute(60).unwrap(), 3).unwrap());
    for rest in ["\"api\";r=2;t=1", "\"api\";r=1;t=1", "\"api\";r=0;t=1"] {
        let (status, headers) = ask(&handle).await;
        assert_eq!((status, of(&headers, "ratelimit")), (StatusCode::OK, Some(rest)));
        assert_eq!(of(&headers, "ratelimit-policy"), Some("\"api\";q=3;w=3"));
        assert_eq!(of(&headers, "retry-after"), None);
    }
    advance(millis(400)).await;
    let (status, headers) = ask(&handle).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(of(&headers, "ratelimit"), Some("\"api\";r=0;t=1"));
    assert_eq!(of(&headers, "retry-after"), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn a_policy_promises_no_more_than_passes() {
    let told = async |rule: Rule| {
        let (_, headers) = ask(&Handle::new("p", rule)).await;
        of(&headers, "ratelimit-policy").unwrap().to_owned()
    };
    // A burst below a second's worth, above it, with a part of a second, and one that takes a day.
    assert_eq!(told(per_second(100, 10).into()).await, "\"p\";q=100;w=1");
    assert_eq!(told(per_second(1, 100).into()).await, "\"p\";q=100;w=100");
    assert_eq!(told(per_second(2, 3).into()).await, "\"p\";q=4;w=2");
    assert_eq!(told(Config::new(Rate::per_day(1).unwrap(), 1).unwrap().into()).await, "\"p\";q=1;w=86400");
    assert_eq!(told(per_second(1 << 32, u32::MAX).into()).await, "\"p\";q=4294967296;w=1");
    let five = WindowConfig::log(Rate::per_minute(5).unwrap()).unwrap();
    assert_eq!(told(five.into()).await, "\"p\";q=5;w=60");
}

#[tokio::test(start_paused = true)]
async fn several_limits_are_several_items_and_names_are_strings() {
    let minute = WindowConfig::log(Rate::per_minute(100).unwrap()).unwrap();
    let several = Handle::of("api", [Rule::from(per_second(10, 10)), minute.into()]);
    let (_, headers) = ask(&several).await;
    assert_eq!(of(&headers, "ratelimit-policy"), Some("\"api#1\";q=10;w=1, \"api#2\";q=100;w=60"));
    assert_eq!(of(&headers, "ratelimit"), Some("\"api#1\";r=9;t=1, \"api#2\";r=99;t=60"));
    for (name, told) in
        [("", "default"), ("a \"b\" \\c", "a \\\"b\\\" \\\\c"), ("größe\r\nx: y", "gr??e??x: y")]
    {
        let (_, headers) = ask(&Handle::new(name, per_second(10, 10))).await;
        assert_eq!(of(&headers, "ratelimit-policy"), Some(&*format!("\"{told}\";q=10;w=1")), "{name:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn s2_04_a_window_tells_when_its_oldest_grant_is_over() {
    let five = Handle::new("five", WindowConfig::log(Rate::per_minute(5).unwrap()).unwrap());
    for rest in ["\"five\";r=4;t=60", "\"five\";r=3;t=60"] {
        assert_eq!(of(&ask(&five).await.1, "ratelimit"), Some(rest));
    }
    advance(Duration::from_secs(20)).await;
    assert_eq!(of(&ask(&five).await.1, "ratelimit"), Some("\"five\";r=2;t=40"));
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_beneath_stays_beside_it() {
    let beneath = service_fn(async |_: Request<()>| {
        let mut response = Response::new(());
        response.headers_mut().insert("ratelimit", HeaderValue::from_static("\"origin\";r=7"));
        Ok::<_, Infallible>(response)
    });
    let layer = RateLimitLayer::from_handle(Handle::new("api", per_second(10, 10))).headers().respond();
    let response = layer.layer(beneath).oneshot(Request::new(())).await.unwrap();
    let all: Vec<_> = response.headers().get_all("ratelimit").iter().collect();
    assert_eq!(all, ["\"origin\";r=7", "\"api\";r=9;t=1"]);
}

#[tokio::test(start_paused = true)]
async fn requests_that_pass_by_are_told_nothing() {
    let answer = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let layer =
        RateLimitLayer::http(per_second(1, 1)).bypass_when(|_: &Request<()>| true).respond().headers();
    let response = layer.layer(answer).oneshot(Request::new(())).await.unwrap();
    assert!(response.headers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_full_limit_has_nothing_to_wait_for() {
    let handle = Handle::new("api", per_second(1_000_000, 10));
    let answer = service_fn(async |_: Request<()>| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, Infallible>(Response::new(()))
    });
    let layer = RateLimitLayer::from_handle(handle).respond().headers();
    let response = layer.layer(answer).oneshot(Request::new(())).await.unwrap();
    assert_eq!(
        of(response.headers(), "ratelimit"),
        Some("\"api\";r=10"),
        "as it is when the answer goes out"
    );
}
