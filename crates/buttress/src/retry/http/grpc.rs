//! Which gRPC results are worth another attempt.

use super::unsent::is_unsent;
use crate::classify::grpc::code_in;
use crate::classify::hint::{self, Pushback, pushback};
use crate::retry::{Condition, Decision};
use crate::{Rejected, classify};
use ::http::{HeaderMap, Response, StatusCode};
use std::sync::Arc;

/// Tries again after the status UNAVAILABLE, by which a server says that the call can be made again.
///
/// After RESOURCE_EXHAUSTED only where the server says when, in `grpc-retry-pushback-ms`. With any status that field is
/// the wait; a negative value, or one that makes no sense, forbids another attempt, as the specification has it.
///
/// A call is over once its response has begun: a status in trailers, after a head without one, is final. tonic's servers send
/// an error that comes before the first message in the head.
///
/// An error of the connection is tried again where nobody can have processed the call: there was no connection, or the
/// server refused the stream or had gone away before it. After others, and after an answer of something on the way (429, 502,
/// 503 or 504 without a `grpc-status`), only with [`any_method`](crate::retry::RetryLayer::any_method), for a service that does nothing twice.
#[derive(Clone, Debug)]
pub struct GrpcCondition {
    codes: Arc<[i32]>,
}

const UNAVAILABLE: i32 = 14;
const RESOURCE_EXHAUSTED: i32 = 8;

impl Default for GrpcCondition {
    fn default() -> Self {
        Self::on_codes([UNAVAILABLE])
    }
}

impl GrpcCondition {
    /// Tries again after these status codes and no others: as of [a service's retry policy][policy], which says that calls that
    /// end so can be made again.
    ///
    /// [policy]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
    #[must_use]
    pub fn on_codes(codes: impl IntoIterator<Item = i32>) -> Self {
        Self { codes: codes.into_iter().collect() }
    }

    fn retries(&self, code: i32) -> bool {
        self.codes.contains(&code)
    }

    fn of_code(&self, code: i32, headers: &HeaderMap) -> Decision {
        const OK: i32 = 0;
        let (hint, told_when) = match pushback(headers) {
            Pushback::Never if code != OK => return Decision::Stop,
            Pushback::After(wait) => (Some(wait), true),
            Pushback::Silent | Pushback::Never => (None, false),
        };
        if self.retries(code) || (code == RESOURCE_EXHAUSTED && told_when) {
            // Or was, by a server that says all the same that the call can be made again.
            Decision::Retry { hint, unprocessed: true }
        } else {
            Decision::Keep
        }
    }

    /// An HTTP status without one of gRPC, as the specification maps it.
    fn of_http(&self, status: StatusCode, headers: &HeaderMap) -> Decision {
        match status.as_u16() {
            429 | 502 | 503 | 504 if self.retries(UNAVAILABLE) => {
                Decision::Retry { hint: hint::of_http(status, headers), unprocessed: false }
            }
            _ => Decision::Keep,
        }
    }

    fn of_error<Err: 'static>(&self, error: &Err) -> Decision {
        let unprocessed = is_unsent(error);
        if unprocessed || Rejected::within(error).is_some_and(|rejected| rejected.was_sent()) {
            return Decision::Retry { hint: None, unprocessed };
        }
        match classify::grpc::code_of(error) {
            Some(code) if !self.retries(code) => Decision::Keep,
            _ => Decision::RETRY,
        }
    }
}

impl<B, Err: 'static> Condition<Response<B>, Err> for GrpcCondition {
    #[inline]
    fn decide(&self, result: Result<&Response<B>, &Err>) -> Decision {
        let response = match result {
            Ok(response) => response,
            Err(error) => return self.of_error(error),
        };
        if let Some(rejected) = response.extensions().get::<Rejected>() {
            return if rejected.was_sent() { Decision::RETRY } else { Decision::Keep };
        }
        match (code_in(response.headers()), response.status()) {
            (Some(code), _) => self.of_code(i32::from(code), response.headers()),
            (None, status) => self.of_http(status, response.headers()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoxError;
    use std::time::Duration;

    fn decide(condition: &GrpcCondition, fields: &[(&'static str, &str)]) -> Decision {
        let mut response = Response::new(());
        for (name, value) in fields {
            response.headers_mut().append(*name, value.parse().expect("a value"));
        }
        Condition::<_, BoxError>::decide(condition, Ok(&response))
    }

    const AGAIN: Decision = Decision::Retry { hint: None, unprocessed: true };

    #[test]
    fn unavailable_is_tried_again_and_no_other_code() {
        for code in 0..17 {
            let expected = if code == 14 { AGAIN } else { Decision::Keep };
            let told = decide(&GrpcCondition::default(), &[("grpc-status", &code.to_string())]);
            assert_eq!(told, expected, "{code}");
        }
        assert_eq!(decide(&GrpcCondition::default(), &[]), Decision::Keep, "the response has begun");
        let aborted = GrpcCondition::on_codes([10]);
        assert_eq!(decide(&aborted, &[("grpc-status", "10")]), AGAIN);
        assert_eq!(decide(&aborted, &[("grpc-status", "14")]), Decision::Keep);
    }

    #[test]
    fn e5_a_pushback_says_when_or_never() {
        let told = |code: &str, millis: &str| {
            decide(&GrpcCondition::default(), &[("grpc-status", code), ("grpc-retry-pushback-ms", millis)])
        };
        let after = |millis| Decision::Retry { hint: Some(Duration::from_millis(millis)), unprocessed: true };
        assert_eq!(told("14", "1500"), after(1500));
        assert_eq!(told("14", "0"), after(0));
        assert_eq!(told("8", "20"), after(20));
        assert_eq!(told("3", "20"), Decision::Keep);
        for never in ["-1", "1.5", "+3", "NaN", "", "soon"] {
            assert_eq!(told("14", never), Decision::Stop, "{never:?}");
            assert_eq!(told("0", never), Decision::Keep, "{never:?}");
        }
    }

    #[test]
    fn e6_what_was_on_the_way_is_no_word_of_the_server() {
        for status in 100..600 {
            let mut response = Response::new(());
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            let told = Condition::<_, BoxError>::decide(&GrpcCondition::default(), Ok(&response));
            let expected =
                if matches!(status, 429 | 502 | 503 | 504) { Decision::RETRY } else { Decision::Keep };
            assert_eq!(told, expected, "{status}");
        }
        let reset: BoxError = std::io::Error::from(std::io::ErrorKind::ConnectionReset).into();
        let told = Condition::<Response<()>, _>::decide(&GrpcCondition::default(), Err(&reset));
        assert_eq!(told, Decision::RETRY);
    }

    #[cfg(feature = "tonic")]
    #[test]
    fn an_error_with_a_status_is_what_its_code_says() {
        let told = |status: tonic::Status| {
            Condition::<Response<()>, _>::decide(&GrpcCondition::default(), Err(&status))
        };
        assert_eq!(told(tonic::Status::unavailable("")), Decision::RETRY);
        assert_eq!(told(tonic::Status::internal("")), Decision::Keep);
    }
}
