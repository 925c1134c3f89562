//! Which gRPC results are worth another attempt.

use super::status::of_own_answer;
use super::unsent::is_unsent;
use crate::classify::grpc::code_in;
use crate::classify::hint::{self, Pushback, pushback};
use crate::retry::{Condition, Decision};
use crate::{Classify, Outcome, Rejected, classify};
use ::http::{HeaderMap, Response, StatusCode};
use std::sync::Arc;

/// Tries again after the status UNAVAILABLE, by which a server says that it cannot do the call at the moment.
///
/// After RESOURCE_EXHAUSTED only where the server says when, in `grpc-retry-pushback-ms`. With any status that field is
/// the wait; a negative value, or one that makes no sense, forbids another attempt, as the specification has it.
///
/// # Which calls
/// A handler may have done its work and answer UNAVAILABLE all the same, of something that it called afterwards. Every call of
/// gRPC is a POST, so one is made again if
/// - the server says when, in `grpc-retry-pushback-ms`;
/// - you [list the code](Self::on_codes) with which the server answers;
/// - nobody can have processed it: there was no connection, or the server refused the stream or had gone away before it;
/// - its metadata have an `idempotency-key`, or it is a call of a service that does nothing twice, by
///   [`any_method`](crate::retry::RetryLayer::any_method): also after other errors of the connection, and after an answer of
///   something on the way (429, 502, 503 or 504 without a `grpc-status`).
///
/// A call is over once its response has begun: a status in trailers, after a head without one, is final. tonic's servers send
/// an error that comes before the first message in the head.
#[derive(Clone, Debug, Default)]
pub struct GrpcCondition {
    /// `None`: UNAVAILABLE, which nobody has vouched for.
    listed: Option<Arc<[i32]>>,
}

const UNAVAILABLE: i32 = 14;
const RESOURCE_EXHAUSTED: i32 = 8;

impl GrpcCondition {
    /// Tries again after these status codes and no others: as of [a service's retry policy][policy], which says that calls that
    /// end so can be made again.
    ///
    /// [policy]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
    #[must_use]
    pub fn on_codes(codes: impl IntoIterator<Item = i32>) -> Self {
        Self { listed: Some(codes.into_iter().collect()) }
    }

    fn retries(&self, code: i32) -> bool {
        self.listed.as_ref().map_or(code == UNAVAILABLE, |codes| codes.contains(&code))
    }

    fn of_code(&self, code: i32, headers: &HeaderMap, outcome: Outcome) -> Decision {
        const OK: i32 = 0;
        let hint = match pushback(headers) {
            Pushback::Never if code != OK => return Decision::Stop,
            Pushback::After(wait) => Some(wait),
            Pushback::Silent | Pushback::Never => None,
        };
        if self.retries(code) || (code == RESOURCE_EXHAUSTED && hint.is_some()) {
            // Or was, by a server that says all the same that the call can be made again.
            Decision::Retry { hint, unprocessed: hint.is_some() || self.listed.is_some() }
        } else {
            unless_tried(outcome)
        }
    }

    /// An HTTP status without one of gRPC, as the specification maps it.
    fn of_http(&self, status: StatusCode, headers: &HeaderMap, outcome: Outcome) -> Decision {
        match status.as_u16() {
            429 | 502 | 503 | 504 if self.retries(UNAVAILABLE) => {
                Decision::Retry { hint: hint::of_http(status, headers), unprocessed: false }
            }
            _ => unless_tried(outcome),
        }
    }

    fn of_error<Err: 'static>(&self, error: &Err) -> Decision {
        let unprocessed = is_unsent(error);
        if unprocessed || Rejected::within(error).is_some_and(|rejected| rejected.was_sent()) {
            return Decision::Retry { hint: None, unprocessed };
        }
        match classify::grpc::code_of(error) {
            Some(code) if !self.retries(code) => Decision::Stop,
            _ => Decision::RETRY,
        }
    }
}

/// A result that is not tried again.
const fn unless_tried(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Failure(_) | Outcome::Throttled => Decision::Stop,
        Outcome::Success | Outcome::Ignored | Outcome::Cancelled => Decision::Keep,
    }
}

impl<B, Err: 'static> Condition<Response<B>, Err> for GrpcCondition {
    #[inline]
    fn decide(&self, result: Result<&Response<B>, &Err>) -> Decision {
        let response = match result {
            Ok(response) => response,
            Err(error) => return self.of_error(error),
        };
        if let Some(rejected) = response.extensions().get() {
            return of_own_answer(*rejected);
        }
        let (headers, outcome) = (response.headers(), classify::Grpc.classify(result));
        match (code_in(headers), response.status()) {
            (Some(code), _) => self.of_code(i32::from(code), headers, outcome),
            (None, status) => self.of_http(status, headers, outcome),
        }
    }

    fn rejected(&self, response: &Response<B>) -> Option<Rejected> {
        response.extensions().get().copied()
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

    const AGAIN: Decision = Decision::RETRY;
    const LISTED: Decision = Decision::Retry { hint: None, unprocessed: true };

    #[test]
    fn e6_unavailable_is_tried_again_and_nobody_says_that_it_was_not_processed() {
        for code in 0..17 {
            let expected = match code {
                14 => AGAIN,
                // Failures, and not such as another attempt mends.
                2 | 4 | 8 | 13 | 15 => Decision::Stop,
                _ => Decision::Keep,
            };
            let told = decide(&GrpcCondition::default(), &[("grpc-status", &code.to_string())]);
            assert_eq!(told, expected, "{code}");
        }
        assert_eq!(decide(&GrpcCondition::default(), &[]), Decision::Keep, "the response has begun");
        let aborted = GrpcCondition::on_codes([10]);
        assert_eq!(decide(&aborted, &[("grpc-status", "10")]), LISTED);
        assert_eq!(decide(&aborted, &[("grpc-status", "14")]), Decision::Stop);
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
            let expected = match status {
                429 | 502 | 503 | 504 => Decision::RETRY,
                200 | 401 | 403 | 404 => Decision::Keep,
                _ => Decision::Stop,
            };
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
        assert_eq!(told(tonic::Status::internal("")), Decision::Stop);
    }
}
