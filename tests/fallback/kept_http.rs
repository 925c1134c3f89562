//! The last good answer over HTTP: what is kept, for whom, and what it says about itself.

use crate::frames::{Frames, Part, answer, plain, read};
use buttress::fallback::{AnyError, Degraded, FallbackLayer, Http, KeptBody, LastGoodHttp};
use buttress::{BoxError, key};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Empty, Full};
use proptest::prelude::*;
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::serve;
use tokio::time::advance;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

const MINUTE: Duration = Duration::from_secs(60);

/// What the primary answers; `None` is down.
type Script = Arc<Mutex<Option<Response<Frames>>>>;

/// What a client sends: most often nothing.
type Sent = Either<Empty<Bytes>, Frames>;

fn get(uri: &str, headers: &[(&'static str, &'static str)]) -> Request<Sent> {
    let mut request = Request::get(uri).body(Either::Left(Empty::new())).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    request
}

/// A service of a script under a layer that keeps what is good.
struct Kept<X> {
    script: Script,
    layer: FallbackLayer<LastGoodHttp<X>, AnyError, Http>,
}

impl<X: key::KeyOf<Request<Sent>> + Clone> Kept<X> {
    fn new(kept: LastGoodHttp<X>) -> Self {
        Self { script: Script::default(), layer: FallbackLayer::last_good_http(kept).when(AnyError) }
    }

    /// What the primary says now.
    async fn ask(
        &self,
        says: Option<Response<Frames>>,
        request: Request<Sent>,
    ) -> Result<Response<KeptBody<Frames>>, BoxError> {
        *self.script.lock().unwrap() = says;
        let script = Arc::clone(&self.script);
        let primary = service_fn(move |_: Request<Sent>| {
            let says = script.lock().unwrap().take().ok_or_else(|| BoxError::from("down"));
            std::future::ready(says)
        });
        self.layer.layer(primary).oneshot(request).await
    }

    /// The whole answer that is there while the primary is down.
    async fn spare(&self, request: Request<Sent>) -> Option<(HeaderMap, Bytes)> {
        let response = self.ask(None, request).await.ok()?;
        assert_eq!(response.extensions().get::<Degraded>().unwrap().source, "last good answer");
        let (head, body) = response.into_parts();
        Some((head.headers, body.collect().await.unwrap().to_bytes()))
    }

    /// Whether what the primary says to `request` is kept for `later`.
    async fn keeps_for(
        &self,
        says: Option<Response<Frames>>,
        request: Request<Sent>,
        later: Request<Sent>,
    ) -> bool {
        let response = self.ask(says, request).await.unwrap();
        let _ = response.into_body().collect().await;
        self.spare(later).await.is_some()
    }
}

fn kept() -> Kept<buttress::fallback::Anybody> {
    Kept::new(LastGoodHttp::new(MINUTE))
}

#[tokio::test(start_paused = true)]
async fn s1_46_s1_49_the_last_good_answer_stands_in_and_says_how_old_it_is() {
    let kept = kept();
    let headers =
        [("content-type", "text/plain"), ("age", "5"), ("connection", "close"), ("content-length", "6")];
    let says = answer(&headers, Frames::of(&["four", "ty"]));
    let response = kept.ask(says, get("http://a.example/x?y", &[])).await.unwrap();
    assert!(response.extensions().get::<Degraded>().is_none());
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "fourty");
    advance(Duration::from_secs(55)).await;
    for _ in 0..2 {
        let (headers, body) = kept.spare(get("http://A.example/x?y", &[])).await.unwrap();
        let said = ["age", "content-type", "warning"].map(|name| headers[name].to_str().unwrap());
        assert_eq!(said, ["60", "text/plain", "111 - \"Revalidation Failed\""]);
        assert_eq!(body, "fourty");
        assert!(!headers.contains_key("connection"), "that was of another connection");
    }
    advance(Duration::from_secs(1)).await;
    let error = kept.ask(None, get("http://a.example/x?y", &[])).await.err().unwrap().to_string();
    assert_eq!(
        error,
        "down; its fallback failed too: the answer that is kept for this call is too old: 61.0s"
    );
}

#[tokio::test]
async fn only_the_same_request_has_it() {
    let kept = kept();
    let uri = "http://a.example/x?y";
    assert!(kept.keeps_for(plain("x"), get(uri, &[]), get(uri, &[])).await);
    for other in [
        "http://a.example/x",
        "http://a.example/x?z",
        "http://b.example/x?y",
        "https://a.example/x?y",
        "/x?y",
    ] {
        assert!(kept.spare(get(other, &[])).await.is_none(), "{other}");
    }
    for method in ["HEAD", "POST", "PUT"] {
        let mut request = get(uri, &[]);
        *request.method_mut() = method.parse().unwrap();
        assert!(kept.spare(request).await.is_none(), "{method}");
    }
    // Behind a server, the host is in a header.
    assert!(kept.keeps_for(plain("x"), get("/x", &[("host", "a")]), get("/x", &[("host", "a")])).await);
    assert!(kept.spare(get("/x", &[("host", "b")])).await.is_none());
}

#[tokio::test]
async fn w23_what_is_for_one_is_kept_for_nobody_unless_a_key_tells_them_apart() {
    const URI: &str = "http://a.example/";
    let with = |name, value| get(URI, &[(name, value)]);
    for name in ["authorization", "cookie", "proxy-authorization"] {
        let kept = kept();
        assert!(!kept.keeps_for(plain("x"), with(name, "alice"), with(name, "alice")).await, "{name}");
        assert!(!kept.keeps_for(plain("x"), with(name, "alice"), get(URI, &[])).await, "{name}");
        assert!(!kept.keeps_for(plain("x"), get(URI, &[]), with(name, "alice")).await, "{name}");
    }
    for (name, value) in
        [("cache-control", "no-store"), ("cache-control", "private"), ("set-cookie", "a=b"), ("vary", "*")]
    {
        let says = answer(&[(name, value)], Frames::of(&["x"]));
        assert!(!kept().keeps_for(says, get(URI, &[]), get(URI, &[])).await, "{name}: {value}");
    }
    assert!(!kept().keeps_for(plain("x"), get(URI, &[("range", "bytes=0-1")]), get(URI, &[])).await);
    let by_tenant =
        Kept::new(LastGoodHttp::new(MINUTE).keyed(key::by_header(HeaderName::from_static("x-tenant"))));
    let of = |tenant| get(URI, &[("authorization", "secret"), ("x-tenant", tenant)]);
    assert!(by_tenant.keeps_for(plain("x"), of("a"), of("a")).await);
    assert!(by_tenant.spare(of("b")).await.is_none());
    assert!(by_tenant.spare(get(URI, &[])).await.is_none(), "without a key");
    assert!(!format!("{:?}", by_tenant.layer).contains("secret"));
}

#[tokio::test]
async fn s1_49_a_question_in_a_body_has_no_part_in_it() {
    const URI: &str = "http://a.example/_search";
    let in_frames = |text| get(URI, &[]).map(|_| Either::Right(Frames::of(&[text])));
    let kept = kept();
    // Over HTTP/2 no header needs to say that there is a body.
    assert!(!kept.keeps_for(plain("of alice"), in_frames("alice"), in_frames("alice")).await);
    assert!(!kept.keeps_for(plain("of alice"), in_frames("alice"), get(URI, &[])).await);
    assert!(kept.keeps_for(plain("of nobody"), get(URI, &[]), get(URI, &[("content-length", "0")])).await);
    assert!(kept.spare(in_frames("bob")).await.is_none());
    for header in [("content-length", "5"), ("content-length", "x"), ("transfer-encoding", "chunked")] {
        // Somebody has read it before.
        assert!(kept.spare(get(URI, &[header])).await.is_none(), "{header:?}");
    }
}

#[tokio::test]
async fn w23_whoever_says_who_they_are_in_another_header_is_not_everybody() {
    const URI: &str = "http://a.example/";
    for name in [
        "x-api-key",
        "api-key",
        "apikey",
        "x-goog-api-key",
        "ocp-apim-subscription-key",
        "x-auth-token",
        "x-access-token",
        "x-amz-security-token",
        "private-token",
        "x-client-secret",
        "x-session-id",
        "x-auth-request-email",
        "cf-access-jwt-assertion",
    ] {
        let of = |who| get(URI, &[(name, who)]);
        let kept = kept();
        assert!(!kept.keeps_for(plain("of alice"), of("alice"), of("bob")).await, "{name}");
        assert!(!kept.keeps_for(plain("of alice"), get(URI, &[]), of("bob")).await, "{name}");
        assert!(kept.spare(get(URI, &[("user-agent", "x"), ("accept", "*/*")])).await.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn s1_49_the_age_that_an_answer_came_with_counts() {
    const URI: &str = "http://a.example/";
    let aged = |age| answer(&[("age", age)], Frames::of(&["x"]));
    let ask = || get(URI, &[]);
    let kept = Kept::new(LastGoodHttp::new(MINUTE).answers(NonZeroUsize::MIN));
    assert!(kept.keeps_for(aged("50"), ask(), ask()).await);
    advance(Duration::from_secs(10)).await;
    assert_eq!(kept.spare(ask()).await.unwrap().0["age"], "60");
    advance(Duration::from_secs(1)).await;
    let error = kept.ask(None, ask()).await.err().unwrap().to_string();
    assert!(error.ends_with("too old: 61.0s"), "{error}");
    // What is too old when it comes is nothing to put in the place of another.
    assert!(kept.keeps_for(aged("1"), ask(), ask()).await);
    for age in ["61", "18446744073709551615"] {
        assert!(kept.keeps_for(aged(age), ask(), ask()).await, "{age}");
        assert_eq!(kept.spare(ask()).await.unwrap().0["age"], "1");
    }
}

#[tokio::test]
async fn it_varies_by_what_the_answer_says() {
    const URI: &str = "http://a.example/";
    let kept = kept();
    let german = || get(URI, &[("accept-language", "de")]);
    let says = answer(&[("vary", "Accept-Language")], Frames::of(&["Hallo"]));
    assert!(kept.keeps_for(says, german(), german()).await);
    assert!(kept.spare(get(URI, &[("accept-language", "fr")])).await.is_none());
    assert!(kept.spare(get(URI, &[])).await.is_none());
}

#[tokio::test]
async fn h9_half_an_answer_is_none_and_what_comes_is_passed_on_as_it_is() {
    const URI: &str = "http://a.example/";
    let ask = || get(URI, &[]);
    let kept = Kept::new(LastGoodHttp::new(MINUTE).answer_bytes(100));
    assert!(!kept.keeps_for(answer(&[], Frames::of(&["half"]).and(Err("reset"))), ask(), ask()).await);
    assert!(!kept.keeps_for(answer(&[], Frames::of(&["all"]).and(Ok(Part::Trailers))), ask(), ask()).await);
    assert!(!kept.keeps_for(answer(&[("content-length", "5")], Frames::of(&["half"])), ask(), ask()).await);
    for (limit, fits) in [(KEY_BYTES + 100, true), (KEY_BYTES + 99, false), (KEY_BYTES - 1, false)] {
        let kept = Kept::new(LastGoodHttp::new(MINUTE).answer_bytes(limit));
        let part = "0123456789012345678901234567890123456789";
        let says = || answer(&[], Frames::of(&[part, part, &part[..20]]));
        let response = kept.ask(says(), ask()).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 100, "it comes through");
        assert_eq!(kept.spare(ask()).await.is_some(), fits, "{limit}");
    }
    // Dropped before its end.
    let response = kept.ask(plain("whole"), ask()).await.unwrap();
    drop(response);
    assert!(kept.spare(ask()).await.is_none());
    assert!(kept.keeps_for(plain("whole"), ask(), ask()).await);
    let mut not_found = plain("missing").unwrap();
    *not_found.status_mut() = StatusCode::NOT_FOUND;
    assert!(kept.keeps_for(Some(not_found), ask(), ask()).await, "the earlier one stays");
    assert_eq!(kept.spare(ask()).await.unwrap().1, "whole");
}

#[tokio::test]
async fn a_spare_answer_is_no_good_answer_of_the_layer_above() {
    let inner = kept();
    let outer = LastGoodHttp::new(MINUTE);
    let request = || get("http://a.example/", &[]);
    assert!(inner.keeps_for(plain("x"), request(), request()).await);
    let down = service_fn(async |_: Request<Sent>| Err::<Response<Frames>, BoxError>("down".into()));
    let layers = (FallbackLayer::last_good_http(outer.clone()), inner.layer.clone());
    let response = layers.layer(down).oneshot(request()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "x");
    assert!(outer.is_empty());
}

#[tokio::test]
async fn f4_no_more_is_kept_than_somebody_chose() {
    let answers = NonZeroUsize::new(8).unwrap();
    let kept = LastGoodHttp::new(MINUTE).answers(answers).answer_bytes(1000);
    let service = Kept::new(kept.clone());
    for at in 0..1000 {
        let request = || get(&format!("http://a.example/{at}"), &[]);
        assert!(service.keeps_for(plain("x"), request(), request()).await);
    }
    assert_eq!(kept.len(), 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn f4_h9_any_body_comes_through_as_it_is_and_is_kept_whole_or_not_at_all(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
        ending in 0..3_u8,
        limit in 0..200_usize,
    ) {
        let mut body = Frames::default();
        body.frames.extend(parts.iter().map(|part| Ok(Part::Data(Bytes::copy_from_slice(part)))));
        let body = match ending {
            0 => body,
            1 => body.and(Ok(Part::Trailers)),
            _ => body.and(Err("reset")),
        };
        let request = || get("http://a.example/", &[]);
        support::paused(async {
            let kept = Kept::new(LastGoodHttp::new(MINUTE).answer_bytes(limit));
            let bare = read(body.clone()).await;
            let response = kept.ask(answer(&[], body), request()).await.unwrap();
            let through = read(response.into_body()).await;
            assert_eq!(through, bare);
            let whole: Vec<u8> = parts.concat();
            let head = KEY_BYTES;
            let expected = (ending == 0 && whole.len() + head <= limit).then_some(whole);
            assert_eq!(kept.spare(request()).await.map(|(_, body)| body.to_vec()), expected);
        });
    }
}

/// What the key of `GET http://a.example/` takes.
const KEY_BYTES: usize = "0:GET http 9:a.example/".len();

#[tokio::test]
async fn s1_59_behind_axum_and_before_hyper_and_reqwest_over_real_sockets() {
    use axum::extract::Request;
    use axum::response::IntoResponse;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    let down = Arc::new(AtomicBool::new(false));
    let origin = {
        let down = Arc::clone(&down);
        service_fn(move |request: Request| {
            let down = down.load(Ordering::Relaxed);
            async move {
                let path = request.uri().path().to_owned();
                Ok::<_, Infallible>(match down {
                    false => format!("well: {path}").into_response(),
                    true => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                })
            }
        })
    };
    // A server that keeps its own answers.
    let keeps = FallbackLayer::last_good_http(LastGoodHttp::new(MINUTE)).when(AnyError);
    let keeps = ServiceBuilder::new().layer(keeps.respond()).service(origin.clone());
    let address =
        serve::http(axum::Router::new().route_service("/kept/{*path}", keeps).fallback_service(origin)).await;

    // Clients that keep the answers of a server.
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let layer = FallbackLayer::last_good_http(LastGoodHttp::new(MINUTE)).when(AnyError);
    let mut hyper = ServiceBuilder::new().layer(layer).service(client);
    let layer = FallbackLayer::last_good_http(LastGoodHttp::new(MINUTE)).when(AnyError);
    let mut reqwest = ServiceBuilder::new()
        .layer(layer)
        .map_request(|request: http::Request<Full<Bytes>>| {
            reqwest::Request::try_from(request.map(reqwest::Body::wrap)).unwrap()
        })
        .map_response(http::Response::<reqwest::Body>::from)
        .service(serve::client().build().unwrap());
    let uri = |path: &str| format!("http://{address}/{path}");
    for expected in ["well: /kept/7", "well: /kept/7"] {
        let request = http::Request::get(uri("kept/7")).body(Empty::new()).unwrap();
        let mut bare = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let response = bare.ready().await.unwrap().call(request).await.unwrap();
        let aged = response.headers().contains_key("age");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), expected);
        assert_eq!(aged, down.swap(true, Ordering::Relaxed));
    }
    down.store(false, Ordering::Relaxed);
    for spare in [false, true] {
        let request = http::Request::get(uri("h")).body(Empty::new()).unwrap();
        let response = hyper.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.extensions().get::<Degraded>().is_some(), spare);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "well: /h");
        let request = http::Request::get(uri("r")).body(Full::default()).unwrap();
        let response = reqwest.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.extensions().get::<Degraded>().is_some(), spare);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "well: /r");
        down.store(true, Ordering::Relaxed);
    }
}
