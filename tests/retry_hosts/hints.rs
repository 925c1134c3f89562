//! What a peer asks for, through the whole layer: never earlier than it says, and never a longer wait than somebody chose.

use buttress::Outcome;
use buttress::retry::{Config, Jitter, RetryLayer};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use tower::util::BoxCloneService;
use tower::{Layer, ServiceExt, service_fn};

type Answer = Response<Full<Bytes>>;
type Peer<Req> = BoxCloneService<Req, Answer, Infallible>;
/// When it was called, since the beginning of the test.
type Book = Arc<Mutex<Vec<Duration>>>;

const BACKOFF: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(5);

fn config() -> Config {
    Config::builder().attempts(2).fixed(BACKOFF).jitter(Jitter::None).max_hint(LONGEST).build().unwrap()
}

/// Refuses with these fields. Keeps when it was called.
fn refusing<Req: Send + 'static>(
    status: StatusCode,
    fields: Vec<(HeaderName, HeaderValue)>,
) -> (Peer<Req>, Book) {
    let (calls, start) = (Book::default(), tokio_now());
    let book = calls.clone();
    let service = service_fn(move |_: Req| {
        book.lock().unwrap().push(tokio_now() - start);
        let mut response = Response::builder().status(status).body(Full::default()).unwrap();
        response.headers_mut().extend(fields.clone());
        async move { Ok(response) }
    });
    (BoxCloneService::new(service), calls)
}

#[expect(clippy::disallowed_methods, reason = "the paused time of the test")]
fn tokio_now() -> Instant {
    Instant::now()
}

fn request() -> Request<Full<Bytes>> {
    Request::new(Full::default())
}

/// How long after the first attempt the second came, if it came.
fn waited(calls: &Mutex<Vec<Duration>>) -> Option<Duration> {
    match calls.lock().unwrap()[..] {
        [_] => None,
        [first, second] => Some(second - first),
        ref more => panic!("{more:?}"),
    }
}

fn field(name: &'static str, value: &[u8]) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
}

#[tokio::test(start_paused = true)]
async fn e5_whatever_a_peer_asks_for_is_never_early_and_never_longer_than_the_limit() {
    // What it asks for, and whether that can be waited for; `None`: it makes no sense, and is no wish at all.
    let seconds: [(&[u8], Option<u64>); 17] = [
        (b"0", Some(0)),
        (b"1", Some(1)),
        (b"5", Some(5)),
        (b"6", Some(6)),
        (b"0000000003", Some(3)),
        (b"1000000000", Some(1_000_000_000)),
        (b"9223372036854775808", Some(u64::MAX)),
        (b"18446744073709551617", Some(u64::MAX)),
        (b"99999999999999999999999999999999999999", Some(u64::MAX)),
        (b"", None),
        (b"-1", None),
        (b"1.5", None),
        (b"+3", None),
        (b"NaN", None),
        (b"inf", None),
        (b"\xff\xfe", None),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", None),
    ];
    let huge = vec![b'9'; 900_000];
    let values = seconds.into_iter().chain([(&huge[..], Some(u64::MAX))]);
    for (value, asked) in values {
        for name in ["retry-after", "ratelimit-reset", "x-ratelimit-reset"] {
            let (service, calls) = refusing(StatusCode::TOO_MANY_REQUESTS, vec![field(name, value)]);
            RetryLayer::http(config()).layer(service).oneshot(request()).await.unwrap();
            let expected = match asked.map(Duration::from_secs) {
                Some(asked) if asked > LONGEST => None,
                asked => Some(asked.unwrap_or_default().max(BACKOFF)),
            };
            let text = String::from_utf8_lossy(&value[..value.len().min(40)]);
            assert_eq!(waited(&calls), expected, "{name}: {text}");
        }
    }
    // Of several the longest counts, and one that is too long among them is not passed over.
    for (values, expected) in [
        (["1", "3"], Some(3)),
        (["3", "soon"], Some(3)),
        (["1", "1000000000"], None),
        (["99999999999999999999", "0"], None),
    ] {
        let fields = values.map(|value| field("retry-after", value.as_bytes())).to_vec();
        let (service, calls) = refusing(StatusCode::SERVICE_UNAVAILABLE, fields);
        RetryLayer::http(config()).layer(service).oneshot(request()).await.unwrap();
        assert_eq!(waited(&calls), expected.map(Duration::from_secs), "{values:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn e5_random_fields_of_a_peer_hold_nobody_longer_than_the_limit() {
    let mut state = 0x5EED_u64;
    let mut roll = move |below: u64| {
        state = (state ^ (state >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
        (state >> 33) % below
    };
    const PIECES: [&str; 14] = [
        "0",
        "7",
        "99",
        "-",
        "+",
        ".",
        "r=0",
        ";t=",
        "\"a\";",
        ", ",
        "remaining=0",
        "reset=",
        "18446744073709551616",
        "GMT",
    ];
    const NAMES: [&str; 5] =
        ["retry-after", "ratelimit", "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-remaining"];
    for round in 0..2_000 {
        let fields: Vec<_> = (0..1 + roll(3))
            .map(|_| {
                let value: String = (0..roll(6)).map(|_| PIECES[roll(14) as usize]).collect();
                field(NAMES[roll(5) as usize], value.as_bytes())
            })
            .collect();
        let shown = format!("{round}: {fields:?}");
        let (service, calls) = refusing(StatusCode::TOO_MANY_REQUESTS, fields);
        RetryLayer::http(config()).layer(service).oneshot(request()).await.unwrap();
        if let Some(waited) = waited(&calls) {
            assert!((BACKOFF..=LONGEST).contains(&waited), "{waited:?} {shown}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn e5_c16_a_classifier_of_ones_own_does_not_lose_what_the_peer_asks_for() {
    let (service, calls) = refusing(StatusCode::TOO_MANY_REQUESTS, vec![field("retry-after", b"5")]);
    let own = |result: Result<&Answer, &Infallible>| match result {
        Ok(response) if response.status().is_client_error() => Outcome::Throttled,
        _ => Outcome::Success,
    };
    RetryLayer::http(config()).classify(own).layer(service).oneshot(request()).await.unwrap();
    assert_eq!(waited(&calls), Some(Duration::from_secs(5)));
}
