//! Rejections in the terms of gRPC.

use super::Refuse;
use crate::{Reason, Rejected};
use http::{HeaderValue, Response, header};
use std::fmt::Write as _;

/// The rejection becomes a gRPC response without a body: HTTP 200, and the status in the head.
///
/// The status is UNAVAILABLE for a peer that is left alone, where there is none to ask and for what is shed, RESOURCE_EXHAUSTED
/// for a limit and DEADLINE_EXCEEDED for a call that had no answer in time or none left. Where the layer knows when to ask again, `grpc-retry-pushback-ms` tells it to clients that
/// retry by themselves. What found no room has none: their own backoff spreads them, a time that is guessed would bring all of
/// them back at once. The rejection is in the extensions.
#[derive(Clone, Copy, Debug, Default)]
pub struct RespondGrpc;

#[diagnostic::do_not_recommend]
impl<B: Default, Err: 'static> Refuse<Response<B>, Err> for RespondGrpc {
    type Error = Err;

    fn refuse(&self, rejected: Rejected) -> Result<Response<B>, Err> {
        let mut response = Response::new(B::default());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(STATUS, HeaderValue::from(code(rejected)));
        headers.insert(MESSAGE, message(&rejected.to_string()));
        if let Some(pushback) = pushback(rejected) {
            headers.insert(PUSHBACK, HeaderValue::from(pushback));
        }
        response.extensions_mut().insert(rejected);
        Ok(response)
    }

    fn inner(error: Err) -> Err {
        error
    }

    fn rejected(error: &Err) -> Option<Rejected> {
        Rejected::within(error)
    }
}

pub(crate) const STATUS: &str = "grpc-status";
pub(crate) const MESSAGE: &str = "grpc-message";
pub(crate) const PUSHBACK: &str = "grpc-retry-pushback-ms";

const DEADLINE_EXCEEDED: i32 = 4;
const RESOURCE_EXHAUSTED: i32 = 8;
const UNAVAILABLE: i32 = 14;

/// The status code. What is not about the peer itself is about a limit.
pub(super) const fn code(rejected: Rejected) -> i32 {
    match rejected.reason() {
        reason if reason.is_time_over() => DEADLINE_EXCEEDED,
        Reason::Open | Reason::HalfOpen | Reason::ForcedOpen | Reason::Shed | Reason::NoPeer => UNAVAILABLE,
        _ => RESOURCE_EXHAUSTED,
    }
}

/// When to ask again, in milliseconds: rounded up, as who comes early is refused once more. The field is a signed 32-bit
/// number, of which a negative one would forbid to retry at all.
pub(super) fn pushback(rejected: Rejected) -> Option<i32> {
    let millis = rejected.retry_after()?.as_nanos().div_ceil(1_000_000);
    Some(i32::try_from(millis).unwrap_or(i32::MAX))
}

/// Text as `grpc-message` carries it: all but the printable characters of ASCII percent-encoded, and `%` itself.
fn message(text: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    HeaderValue::try_from(encoded).expect("only printable characters are left")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use crate::rejected::Site;
    use std::time::Duration;

    fn respond(refusal: Refusal) -> Response<()> {
        let rejected = Rejected::new(Site::intern("circuit_breaker", "preise für 100 %\n"), refusal);
        Refuse::<_, ()>::refuse(&RespondGrpc, rejected).expect("it answers")
    }

    fn header<'a>(response: &'a Response<()>, name: &str) -> Option<&'a str> {
        response.headers().get(name).map(|value| value.to_str().expect("ASCII"))
    }

    #[test]
    fn a_refusal_is_a_whole_grpc_answer_in_one_head() {
        let response = respond(Refusal::new(Reason::ForcedOpen));
        assert_eq!(response.status(), http::StatusCode::OK);
        assert_eq!(header(&response, "content-type"), Some("application/grpc"));
        assert_eq!(header(&response, STATUS), Some("14"));
        let told = "circuit_breaker \"preise f%C3%BCr 100 %25\\n\": forced open";
        assert_eq!(header(&response, MESSAGE), Some(told));
        assert_eq!(header(&response, PUSHBACK), None);
        assert!(response.extensions().get::<Rejected>().is_some());
        let timed_out = respond(Refusal::after(Reason::TimedOut, Duration::from_secs(1)));
        assert_eq!((header(&timed_out, STATUS), header(&timed_out, PUSHBACK)), (Some("4"), None));
        assert_eq!(header(&respond(Refusal::new(Reason::Expired)), STATUS), Some("4"));
        let full = respond(Refusal::new(Reason::Full));
        assert_eq!((header(&full, STATUS), header(&full, PUSHBACK)), (Some("8"), None));
        let no_peer = respond(Refusal::after(Reason::NoPeer, Duration::from_millis(250)));
        assert_eq!((header(&no_peer, STATUS), header(&no_peer, PUSHBACK)), (Some("14"), Some("250")));
    }

    #[test]
    fn d10_pushback_is_the_time_left_in_milliseconds_rounded_up() {
        let told = |wait| {
            let response = respond(Refusal::after(Reason::Open, wait));
            header(&response, PUSHBACK).map(str::to_owned)
        };
        assert_eq!(told(Duration::from_nanos(1)).as_deref(), Some("1"));
        assert_eq!(told(Duration::from_micros(1_500)).as_deref(), Some("2"));
        assert_eq!(told(Duration::from_secs(30)).as_deref(), Some("30000"));
        assert_eq!(told(Duration::MAX).as_deref(), Some("2147483647"));
    }
}
