//! What an HTTP response says about the peer.

use super::{Classify, Until, hint, outcome_of};
use crate::{FailureKind, Outcome, Rejected};
use http::{Extensions, HeaderMap, Response, StatusCode, header};
use std::time::Duration;

/// Judges a response by its status: 5xx is a failure, 429 is throttling, anything else a success, as what the caller did
/// wrong says nothing about the peer. An error is a failure of the connection.
///
/// A response that a layer beneath made of its own rejection is judged as that rejection. `Retry-After`, in seconds or as a
/// date, is the peer's hint; without it the time until its limit for the caller is renewed, where that is used up (429, or
/// a remaining of 0): `RateLimit`, `RateLimit-Reset` or `X-RateLimit-Reset`.
///
/// Where the end of the body is waited for, one that breaks off is a failure. The head of an event stream (`text/event-stream`)
/// says it all: it ends when one side has had enough.
#[derive(Clone, Copy, Debug, Default)]
pub struct Http;

impl<B, Err> Classify<Response<B>, Err> for Http {
    #[inline]
    fn classify(&self, result: Result<&Response<B>, &Err>) -> Outcome {
        match result {
            Ok(response) => of_head(response.status(), response.extensions()),
            Err(_) => Outcome::Failure(FailureKind::Connection),
        }
    }

    fn retry_after(&self, result: Result<&Response<B>, &Err>) -> Option<Duration> {
        let response = result.ok()?;
        hint::of_http(response.status(), response.headers())
    }

    fn rejection(&self, result: Result<&Response<B>, &Err>) -> Option<Rejected> {
        result.ok()?.extensions().get().copied()
    }

    fn until(&self, response: &Response<B>) -> Until {
        until(response.headers())
    }
}

pub(super) fn until(headers: &HeaderMap) -> Until {
    if is_event_stream(headers) { Until::Head } else { Until::LastByte }
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    const EVENT_STREAM: &[u8] = b"text/event-stream";
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return false };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(EVENT_STREAM)
}

#[inline(always)]
pub(super) fn of_head(status: StatusCode, extensions: &Extensions) -> Outcome {
    // Whatever the status of an answer of our own, it is not the peer's.
    if status.as_u16() < 429 && extensions.is_empty() {
        Outcome::Success
    } else {
        unless_plain(status, extensions)
    }
}

#[cold]
fn unless_plain(status: StatusCode, extensions: &Extensions) -> Outcome {
    if let Some(rejected) = extensions.get::<Rejected>() {
        return outcome_of(*rejected);
    }
    match status {
        StatusCode::TOO_MANY_REQUESTS => Outcome::Throttled,
        status if status.is_server_error() => Outcome::Failure(FailureKind::Response),
        _ => Outcome::Success,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Answer;

    fn outcome(status: u16) -> Outcome {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        Http.classify(Ok::<_, &()>(&response))
    }

    #[test]
    fn c15_statuses_and_errors_say_what_the_peer_did() {
        for status in [100, 200, 304, 400, 404, 428, 431, 499] {
            assert_eq!(outcome(status), Outcome::Success, "{status}");
        }
        assert_eq!(outcome(429), Outcome::Throttled);
        for status in [500, 502, 503, 599] {
            assert_eq!(outcome(status), Outcome::Failure(FailureKind::Response), "{status}");
        }
        let error = Http.classify(Err::<&Response<()>, _>(&()));
        assert_eq!(error, Outcome::Failure(FailureKind::Connection));
    }

    #[test]
    fn our_own_answers_are_no_failures_of_the_peer() {
        use crate::rejected::Site;
        use crate::{Reason, Refusal};
        let rejected = |refusal| Rejected::new(Site::intern("circuit_breaker", ""), refusal);
        let judge = |refusal| {
            let response = Response::<()>::answer(rejected(refusal));
            Http.classify(Ok::<_, &()>(&response))
        };
        for not_sent in [Reason::Open, Reason::NoPeer] {
            assert_eq!(judge(Refusal::new(not_sent)), Outcome::Ignored);
        }
        let mut fallback = Response::new(());
        fallback.extensions_mut().insert(rejected(Refusal::new(Reason::Open)));
        assert_eq!(Http.classify(Ok::<_, &()>(&fallback)), Outcome::Ignored, "also with status 200");
        let timed_out = judge(Refusal::after(Reason::TimedOut, Duration::from_secs(1)));
        assert_eq!(timed_out, Outcome::Failure(FailureKind::Timeout));
    }
}
