//! The head of a request: which may be sent again, and what the attempts carry.

use crate::sent::Sent;
use buttress::Deadline;
use buttress::retry::{Attempt, ByBody, NoRetry};
use bytes::Bytes;
use http::{Method, Request, Version};
use http_body_util::{Empty, Full};
use std::num::NonZeroU32;
use std::time::Duration;

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn request(method: &Method) -> Request<Empty<Bytes>> {
    Request::builder().method(method).uri("http://origin/path").body(Empty::new()).unwrap()
}

fn permits(replay: ByBody, request: Request<Empty<Bytes>>, unprocessed: bool) -> bool {
    Sent::first(replay, request).1.permits(unprocessed)
}

#[test]
fn e6_s4_01_idempotent_methods_are_sent_again_and_others_are_not() {
    use Method as M;
    for method in [M::GET, M::HEAD, M::OPTIONS, M::TRACE, M::PUT, M::DELETE] {
        assert!(permits(ByBody::new(), request(&method), false), "{method}");
    }
    let own = M::from_bytes(b"REPORT").unwrap();
    for method in [M::POST, M::PATCH, M::CONNECT, own] {
        assert!(!permits(ByBody::new(), request(&method), false), "{method}");
        assert!(permits(ByBody::new(), request(&method), true), "{method}, and nobody has processed it");
        assert!(permits(ByBody::new().any_method(), request(&method), false), "{method}");
        let mut with_key = request(&method);
        with_key.headers_mut().insert("Idempotency-Key", "7".parse().unwrap());
        assert!(permits(ByBody::new(), with_key, false), "{method}");
    }
}

#[test]
fn e6_one_request_can_be_kept_from_being_sent_again() {
    for unprocessed in [false, true] {
        let mut once = request(&Method::GET);
        once.extensions_mut().insert(NoRetry);
        assert!(!permits(ByBody::new().any_method(), once, unprocessed));
    }
}

#[test]
fn e8_attempts_say_so_to_the_retries_they_come_by() {
    let (first, sent) = Sent::first(ByBody::new(), request(&Method::GET));
    assert_eq!(Attempt::of(&first).unwrap().number(), number(1));
    assert_eq!(first.headers()["buttress-attempt"], "1");
    assert!(sent.counts());
    let third = sent.again(3).unwrap();
    assert_eq!(third.headers()["buttress-attempt"], "3");
    assert_eq!(third.headers().len(), 1);
    assert_eq!(third.extensions().get::<Attempt>().unwrap().number(), number(3));

    let by_the_wire = Request::get("/").header("buttress-attempt", "1").body(Empty::<Bytes>::new()).unwrap();
    let mut in_the_process = request(&Method::GET);
    in_the_process.extensions_mut().extend(third.extensions().clone());
    let of_grpc = Request::get("/").header("grpc-previous-rpc-attempts", "1").body(Empty::new()).unwrap();
    let nonsense = Request::get("/").header("buttress-attempt", "\u{ff}").body(Empty::new()).unwrap();
    for attempt in [by_the_wire, in_the_process, of_grpc, nonsense] {
        let before = format!("{attempt:?}");
        let (passed_on, sent) = Sent::first(ByBody::new(), attempt);
        assert!(!sent.counts() && !sent.permits(true), "{before}");
        assert!(sent.again(2).is_none(), "{before}");
        assert_eq!(passed_on.headers().len(), usize::from(!before.contains("headers: {}")), "{before}");
    }
}

/// The one nearest to the failure knows best that nobody has processed a request, so it is not kept from trying.
#[test]
fn e8_a_request_that_is_sent_again_only_unprocessed_keeps_nobody_from_it() {
    let (first, sent) = Sent::first(ByBody::new(), request(&Method::POST));
    assert_eq!(Attempt::of(&first), None);
    let second = sent.again(2).unwrap();
    assert!(second.headers().is_empty());
    assert_eq!(Attempt::of(&second).unwrap().number(), number(2));
    let (first, _) = Sent::first(ByBody::new().without_header(), request(&Method::GET));
    assert!(first.headers().is_empty());
}

#[test]
fn e8_grpc_attempts_count_those_before_as_grpc_does() {
    let (first, sent) = Sent::first(ByBody::grpc(), request(&Method::POST));
    assert_eq!(first.headers()["buttress-attempt"], "1");
    assert!(!first.headers().contains_key("grpc-previous-rpc-attempts"));
    let second = sent.again(2).unwrap();
    assert_eq!(second.headers()["buttress-attempt"], "2");
    assert_eq!(second.headers()["grpc-previous-rpc-attempts"], "1");
    assert!(!sent.permits(false));
}

#[test]
fn e7_the_whole_head_is_in_every_attempt() {
    let deadline = Deadline::within(Duration::from_secs(9));
    let request = Request::put("http://origin/path?query")
        .version(Version::HTTP_2)
        .header("x", "1")
        .header("x", "2")
        .extension("theirs")
        .extension(deadline)
        .body(Full::<Bytes>::from("body"))
        .unwrap();
    let (original, _) = request.clone().into_parts();
    let (first, sent) = Sent::first(ByBody::new(), request);
    assert_eq!(sent.deadline(), Some(deadline));
    let mut attempts = vec![first];
    attempts.extend((2..4).map(|attempt| sent.again(attempt).unwrap()));
    for attempt in attempts {
        let (mut parts, _) = attempt.into_parts();
        parts.headers.remove("buttress-attempt");
        assert_eq!(parts.method, original.method);
        assert_eq!(parts.uri, original.uri);
        assert_eq!(parts.version, original.version);
        assert_eq!(parts.headers, original.headers);
        assert_eq!(parts.extensions.get(), Some(&"theirs"));
        assert_eq!(parts.extensions.get(), Some(&deadline));
    }
}
