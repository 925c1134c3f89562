//! What a gRPC response says about the peer.

use super::hint::{Pushback, digits, pushback};
use super::{Classify, End, Until, outcome_of};
use crate::refuse::grpc::STATUS;
use crate::{FailureKind, Outcome, Rejected};
use http::{HeaderMap, Response, StatusCode};
use std::time::Duration;

/// Judges a response by its `grpc-status`, in the trailers or, where there is nothing else, in the head.
///
/// UNKNOWN, INTERNAL, UNAVAILABLE and DATA_LOSS are failures, DEADLINE_EXCEEDED one in time; RESOURCE_EXHAUSTED is throttling;
/// with any other code the peer did what a peer can do. A status that is missing or makes no sense is UNKNOWN. An HTTP
/// status other than 200 without a `grpc-status` comes from something on the way, and is translated as the gRPC
/// specification has it, but for 429, which stays throttling. `grpc-retry-pushback-ms` is the peer's hint.
///
/// Most responses have their status in the trailers, so this belongs with `.at_body_end()`, as in
/// [`CircuitBreakerLayer::grpc`](crate::CircuitBreakerLayer::grpc): judged by their heads alone, all calls succeed but those
/// that fail before they have sent anything. A call whose trailers nobody waits for is cancelled.
///
/// With feature `tonic`, a `tonic::Status` in the error of the service beneath is judged by its code. Any other error is a
/// failure of the connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grpc;

impl<B, Err: 'static> Classify<Response<B>, Err> for Grpc {
    fn classify(&self, result: Result<&Response<B>, &Err>) -> Outcome {
        let response = match result {
            Ok(response) => response,
            Err(error) => return of_error(error),
        };
        if let Some(rejected) = response.extensions().get::<Rejected>() {
            return outcome_of(*rejected);
        }
        match (code_in(response.headers()), response.status()) {
            (Some(code), _) => of_code(code),
            (None, StatusCode::OK) => Outcome::Success,
            (None, status) => of_http(status),
        }
    }

    fn retry_after(&self, result: Result<&Response<B>, &Err>) -> Option<Duration> {
        wait(result.ok()?.headers())
    }

    fn rejection(&self, result: Result<&Response<B>, &Err>) -> Option<Rejected> {
        result.ok()?.extensions().get().copied()
    }

    fn until(&self, response: &Response<B>) -> Until {
        match code_in(response.headers()) {
            Some(_) => Until::Head,
            None => Until::Trailers,
        }
    }

    fn classify_end(&self, end: End<'_>) -> Outcome {
        match end {
            End::Complete => of_code(UNKNOWN),
            End::Trailers(trailers) => of_code(code_in(trailers).unwrap_or(UNKNOWN)),
            end => end.outcome(),
        }
    }

    fn retry_after_end(&self, end: End<'_>) -> Option<Duration> {
        match end {
            End::Trailers(trailers) => wait(trailers),
            _ => None,
        }
    }
}

const UNKNOWN: u8 = 2;

/// The outcome of a call with this status code.
const fn of_code(code: u8) -> Outcome {
    const DEADLINE_EXCEEDED: u8 = 4;
    const RESOURCE_EXHAUSTED: u8 = 8;
    const INTERNAL: u8 = 13;
    const UNAVAILABLE: u8 = 14;
    const DATA_LOSS: u8 = 15;
    match code {
        UNKNOWN | INTERNAL | UNAVAILABLE | DATA_LOSS => Outcome::Failure(FailureKind::Response),
        DEADLINE_EXCEEDED => Outcome::Failure(FailureKind::Timeout),
        RESOURCE_EXHAUSTED => Outcome::Throttled,
        _ => Outcome::Success,
    }
}

/// The outcome of a call that something answered which does not speak gRPC: `doc/http-grpc-status-mapping.md` of the
/// specification makes these UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED, and the rest INTERNAL, UNAVAILABLE or UNKNOWN.
const fn of_http(status: StatusCode) -> Outcome {
    match status.as_u16() {
        401 | 403 | 404 => Outcome::Success,
        429 => Outcome::Throttled,
        _ => Outcome::Failure(FailureKind::Response),
    }
}

/// The status code in a head or in trailers, if there is one: a number of the 17 there are, or UNKNOWN.
pub(crate) fn code_in(headers: &HeaderMap) -> Option<u8> {
    const CODES: u64 = 17;
    let value = headers.get(STATUS)?;
    match digits(value.as_bytes()) {
        Some(code) if code < CODES => Some(code as u8),
        _ => Some(UNKNOWN),
    }
}

/// How long the peer asks to be left alone. A pushback that forbids to try again does not say for how long.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    match pushback(headers) {
        Pushback::After(wait) => Some(wait),
        Pushback::Silent | Pushback::Never => None,
    }
}

const OF_THE_CONNECTION: Outcome = Outcome::Failure(FailureKind::Connection);

fn of_error<E: 'static>(error: &E) -> Outcome {
    code_of(error).map_or(OF_THE_CONNECTION, |code| of_code(code as u8))
}

/// The code of the status in an error, if there is one.
#[cfg(not(feature = "tonic"))]
pub(crate) const fn code_of<E: 'static>(_: &E) -> Option<i32> {
    None
}

/// The code of the status in an error, if there is one.
#[cfg(feature = "tonic")]
pub(crate) fn code_of<E: 'static>(error: &E) -> Option<i32> {
    use std::any::Any;
    let error: &dyn Any = error;
    let status = match error.downcast_ref::<crate::BoxError>() {
        Some(boxed) => status_in(&**boxed),
        None => error.downcast_ref(),
    };
    status.map(|status: &tonic::Status| status.code() as i32)
}

/// The status in `error` and everything it wraps.
#[cfg(feature = "tonic")]
fn status_in<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a tonic::Status> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(status) = error.downcast_ref() {
            return Some(status);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refuse::grpc::PUSHBACK;

    const FAILURE: Outcome = Outcome::Failure(FailureKind::Response);

    fn head(status: u16, code: Option<&[u8]>) -> Outcome {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        if let Some(code) = code {
            response.headers_mut().insert(STATUS, http::HeaderValue::from_bytes(code).expect("a value"));
        }
        Grpc.classify(Ok::<_, &()>(&response))
    }

    fn end(end: End<'_>) -> Outcome {
        Classify::<Response<()>, ()>::classify_end(&Grpc, end)
    }

    fn trailers(name: &'static str, value: &[u8]) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        trailers.insert(name, http::HeaderValue::from_bytes(value).expect("a value"));
        trailers
    }

    #[test]
    fn every_code_says_what_the_peer_did_wherever_it_stands() {
        for code in 0..17_u8 {
            let expected = match code {
                2 | 13 | 14 | 15 => FAILURE,
                4 => Outcome::Failure(FailureKind::Timeout),
                8 => Outcome::Throttled,
                _ => Outcome::Success,
            };
            let text = code.to_string();
            assert_eq!(head(200, Some(text.as_bytes())), expected, "{code}");
            assert_eq!(end(End::Trailers(&trailers(STATUS, text.as_bytes()))), expected, "{code}");
        }
    }

    #[test]
    fn a_status_that_is_missing_or_makes_no_sense_is_a_failure() {
        for wrong in
            [&b""[..], b"-1", b"17", b"256", b"258", b"18446744073709551616", b"0x0", b"OK", b"\xff", b"0 "]
        {
            assert_eq!(head(200, Some(wrong)), FAILURE, "{wrong:?}");
            assert_eq!(end(End::Trailers(&trailers(STATUS, wrong))), FAILURE, "{wrong:?}");
        }
        assert_eq!(end(End::Complete), FAILURE);
        assert_eq!(end(End::Trailers(&HeaderMap::new())), FAILURE);
        assert_eq!(end(End::Broken(&())), Outcome::Failure(FailureKind::Body));
    }

    #[test]
    fn an_http_status_counts_where_there_is_no_other() {
        for (status, expected) in [(200, Outcome::Success), (401, Outcome::Success), (403, Outcome::Success)]
        {
            assert_eq!(head(status, None), expected, "{status}");
        }
        assert_eq!(head(404, None), Outcome::Success);
        assert_eq!(head(429, None), Outcome::Throttled);
        for status in [204, 302, 400, 418, 500, 502, 503, 504] {
            assert_eq!(head(status, None), FAILURE, "{status}");
            assert_eq!(head(status, Some(b"0")), Outcome::Success, "{status}");
        }
    }

    #[test]
    fn e5_a_pushback_is_read_strictly() {
        let hint = |value: &[u8]| {
            let trailers = trailers(PUSHBACK, value);
            Classify::<Response<()>, ()>::retry_after_end(&Grpc, End::Trailers(&trailers))
        };
        assert_eq!(hint(b"1500"), Some(Duration::from_millis(1500)));
        assert_eq!(hint(b"18446744073709551617"), Some(Duration::from_millis(u64::MAX)));
        for wrong in [&b""[..], b"-1", b"1.5", b"+3", b"NaN", b"\xff", b"7 "] {
            assert_eq!(hint(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_error_is_the_connections_unless_it_has_a_status() {
        let connection = Outcome::Failure(FailureKind::Connection);
        let plain = std::io::Error::other("reset");
        assert_eq!(Grpc.classify(Err::<&Response<()>, _>(&plain)), connection);
        #[cfg(feature = "tonic")]
        {
            let status = |status: tonic::Status| Grpc.classify(Err::<&Response<()>, _>(&status));
            assert_eq!(status(tonic::Status::not_found("")), Outcome::Success);
            assert_eq!(status(tonic::Status::unavailable("")), FAILURE);
            let boxed: crate::BoxError = Box::new(std::io::Error::other("reset"));
            assert_eq!(Grpc.classify(Err::<&Response<()>, _>(&boxed)), connection);
            let boxed: crate::BoxError = Box::new(tonic::Status::resource_exhausted(""));
            assert_eq!(Grpc.classify(Err::<&Response<()>, _>(&boxed)), Outcome::Throttled);
        }
    }
}
