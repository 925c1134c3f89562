//! Which HTTP results are worth another attempt.

use super::unsent::is_unsent;
use crate::classify::{hint, outcome_of};
use crate::retry::{Condition, Decision};
use crate::{Classify, Outcome, Rejected, classify};
use ::http::{Extensions, HeaderMap, Response, StatusCode};
use std::sync::Arc;

/// Tries again what the classifier calls a failure or throttling, and so by default
/// - errors of the connection and calls without an answer in time,
/// - 429, and 5xx but for 501 and 505, which say that the peer will never know how.
///
/// Beside these, 408 and 425: by their definition the same request may be sent again, and after a 425 it has not been
/// processed. These four exceptions are of the default alone: a [classifier of your own](Self::new) has the last word.
///
/// The wait is at least what the classifier reads in the result or, where that reads nothing, what the response asks for; see
/// [`classify::Http`].
///
/// It also knows which requests nobody has processed, so that those can be sent again whatever their method is: where there
/// was no connection, and where the peer refused the stream or had gone away before it. With features `hyper`, `reqwest` and
/// `tonic` it sees that in their errors; without them in a refused connection alone. Beneath redirects it is not so: see
/// [`ByBody::follows_redirects`](crate::retry::ByBody::follows_redirects).
///
/// A response that a layer beneath made of its own rejection is what the rejection is, whatever its status: a failure, and one
/// that was not sent is not tried again.
#[derive(Clone, Debug)]
pub struct HttpCondition<C = classify::Http> {
    classify: C,
    statuses: Statuses,
}

/// Which statuses of the peer are worth another attempt.
#[derive(Clone, Debug)]
enum Statuses {
    /// What the classifier calls a failure or throttling, with the exceptions of the page.
    Usual,
    /// What the classifier calls so, and nothing else.
    AsClassified,
    Listed(Arc<[StatusCode]>),
}

impl Default for HttpCondition {
    fn default() -> Self {
        Self { classify: classify::Http, statuses: Statuses::Usual }
    }
}

impl<C> HttpCondition<C> {
    /// By another classifier: a type, or a closure over `Result<&Response, &Error>`. What it calls a failure or throttling is
    /// tried again, and nothing else.
    #[must_use]
    pub const fn new(classify: C) -> Self {
        Self { classify, statuses: Statuses::AsClassified }
    }

    /// The same list by another classifier.
    pub(super) fn with<C2>(&self, classify: C2) -> HttpCondition<C2> {
        let statuses = match &self.statuses {
            Statuses::Listed(listed) => Statuses::Listed(listed.clone()),
            Statuses::Usual | Statuses::AsClassified => Statuses::AsClassified,
        };
        HttpCondition { classify, statuses }
    }

    pub(super) fn list(&mut self, statuses: impl IntoIterator<Item = StatusCode>) {
        self.statuses = Statuses::Listed(statuses.into_iter().collect());
    }

    /// Tries responses again with these statuses and no others, whatever the classifier says of them. Errors are left to it.
    #[must_use]
    pub fn on_statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.list(statuses);
        self
    }

    /// Whether a response with this status, which is the peer's, is worth another attempt.
    fn retries(&self, status: StatusCode, outcome: Outcome) -> bool {
        match (&self.statuses, status) {
            (Statuses::Listed(statuses), _) => statuses.contains(&status),
            (Statuses::Usual, StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED) => false,
            (Statuses::Usual, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY) => true,
            _ => is_failure(outcome),
        }
    }

    fn decide<Res, Err: 'static>(
        &self,
        result: Result<&Res, &Err>,
        head: impl FnOnce(&Res) -> Head<'_>,
    ) -> Decision
    where
        C: Classify<Res, Err>,
    {
        let outcome = self.classify.classify(result);
        match result.map(head) {
            Ok(Head(status, ..))
                if status.is_success()
                    && outcome == Outcome::Success
                    && !matches!(self.statuses, Statuses::Listed(_)) =>
            {
                Decision::Keep
            }
            Ok(Head(status, headers, extensions)) => {
                if let Some(rejected) = extensions.get() {
                    return of_own_answer(*rejected);
                }
                match (self.retries(status, outcome), is_failure(outcome)) {
                    (true, _) => {
                        let asked = self.classify.retry_after(result);
                        let hint = asked.or_else(|| hint::of_http(status, headers));
                        Decision::Retry { hint, unprocessed: status == StatusCode::TOO_EARLY }
                    }
                    (false, true) => Decision::Stop,
                    (false, false) => Decision::Keep,
                }
            }
            Err(error) if is_failure(outcome) => {
                Decision::Retry { hint: self.classify.retry_after(result), unprocessed: is_unsent(error) }
            }
            Err(_) => Decision::Keep,
        }
    }
}

/// What a condition looks at in a response.
struct Head<'a>(StatusCode, &'a HeaderMap, &'a Extensions);

/// What to do about a response that a layer beneath made of its rejection. Whether one that was not sent is tried again is
/// not for a condition to say.
pub(super) fn of_own_answer(rejected: Rejected) -> Decision {
    if !rejected.was_sent() || is_failure(outcome_of(rejected)) { Decision::RETRY } else { Decision::Stop }
}

const fn is_failure(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failure(_) | Outcome::Throttled)
}

impl<B, Err: 'static, C: Classify<Response<B>, Err>> Condition<Response<B>, Err> for HttpCondition<C> {
    #[inline]
    fn decide(&self, result: Result<&Response<B>, &Err>) -> Decision {
        self.decide(result, |response| Head(response.status(), response.headers(), response.extensions()))
    }

    fn rejected(&self, response: &Response<B>) -> Option<Rejected> {
        response.extensions().get().copied()
    }
}

#[cfg(feature = "reqwest")]
impl<Err: 'static, C: Classify<reqwest::Response, Err>> Condition<reqwest::Response, Err>
    for HttpCondition<C>
{
    #[inline]
    fn decide(&self, result: Result<&reqwest::Response, &Err>) -> Decision {
        self.decide(result, |response| Head(response.status(), response.headers(), response.extensions()))
    }

    fn rejected(&self, response: &reqwest::Response) -> Option<Rejected> {
        response.extensions().get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejected::Site;
    use crate::{Answer, BoxError, Reason, Refusal};
    use std::io;
    use std::time::Duration;

    const AGAIN: Decision = Decision::RETRY;

    fn response(status: u16) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        response
    }

    fn decide<C: Classify<Response<()>, BoxError>>(
        condition: &HttpCondition<C>,
        result: Result<Response<()>, BoxError>,
    ) -> Decision {
        Condition::<Response<()>, BoxError>::decide(condition, result.as_ref())
    }

    #[test]
    fn c16_s1_31_every_status_is_decided_as_the_page_says() {
        let condition = HttpCondition::default();
        for status in 100..600 {
            let expected = match status {
                501 | 505 => Decision::Stop,
                425 => Decision::Retry { hint: None, unprocessed: true },
                408 | 429 | 500..600 => AGAIN,
                _ => Decision::Keep,
            };
            assert_eq!(decide(&condition, Ok(response(status))), expected, "{status}");
        }
    }

    #[test]
    fn c16_a_list_of_statuses_is_exclusive() {
        let listed = [StatusCode::NOT_FOUND, StatusCode::NOT_IMPLEMENTED, StatusCode::ACCEPTED];
        let condition = HttpCondition::default().on_statuses(listed);
        for status in 100..600 {
            let expected = match status {
                404 | 501 | 202 => AGAIN,
                // A failure all the same.
                429 | 500..600 => Decision::Stop,
                _ => Decision::Keep,
            };
            assert_eq!(decide(&condition, Ok(response(status))), expected, "{status}");
        }
        assert_eq!(decide(&condition, Err(io::Error::from(io::ErrorKind::ConnectionReset).into())), AGAIN);
        let none = HttpCondition::default().on_statuses([]);
        assert_eq!(decide(&none, Ok(response(503))), Decision::Stop);
    }

    #[test]
    fn c16_the_users_own_classifier_wins() {
        let teapots = |result: Result<&Response<()>, &BoxError>| match result {
            Ok(response) if response.status() == StatusCode::IM_A_TEAPOT => Outcome::Throttled,
            _ => Outcome::Success,
        };
        let condition = HttpCondition::new(teapots);
        assert_eq!(decide(&condition, Ok(response(418))), AGAIN);
        assert_eq!(decide(&condition, Ok(response(503))), Decision::Keep);
        assert_eq!(decide(&condition, Err(io::Error::other("reset").into())), Decision::Keep);
        for said in [Outcome::Ignored, Outcome::Success, Outcome::Throttled] {
            let condition = HttpCondition::new(move |_: Result<&Response<()>, &BoxError>| said);
            for status in [200, 404, 408, 500, 501, 503, 505] {
                let expected = if said == Outcome::Throttled { AGAIN } else { Decision::Keep };
                assert_eq!(decide(&condition, Ok(response(status))), expected, "{status} {said:?}");
                let replaced = HttpCondition::default().with(move |_: Result<&Response<()>, &BoxError>| said);
                assert_eq!(decide(&replaced, Ok(response(status))), expected, "{status} {said:?}");
            }
        }
    }

    #[test]
    fn s1_31_w20_s1_60_every_error_of_the_network_is_tried_again_and_a_404_is_not() {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, NotFound, TimedOut, UnexpectedEof};
        let condition = HttpCondition::default();
        // A name that is not found comes as `NotFound` or `Other` from the resolver.
        for kind in [ConnectionReset, ConnectionAborted, TimedOut, UnexpectedEof, NotFound] {
            assert_eq!(decide(&condition, Err(io::Error::from(kind).into())), AGAIN, "{kind}");
        }
        let refused = decide(&condition, Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()));
        assert_eq!(refused, Decision::Retry { hint: None, unprocessed: true });
        assert_eq!(decide(&condition, Ok(response(404))), Decision::Keep);
    }

    #[test]
    fn e5_the_hint_of_a_response_comes_along() {
        let mut throttled = response(429);
        throttled.headers_mut().insert("retry-after", "7".parse().expect("a value"));
        let hint = Some(Duration::from_secs(7));
        assert_eq!(
            decide(&HttpCondition::default(), Ok(throttled)),
            Decision::Retry { hint, unprocessed: false }
        );
    }

    #[test]
    fn e8_c14_an_answer_of_our_own_is_what_the_rejection_is() {
        let answer = |refusal| {
            Response::<()>::answer(Rejected::new(Site::intern("circuit_breaker", "orders"), refusal))
        };
        for condition in [
            HttpCondition::default(),
            HttpCondition::default().on_statuses([StatusCode::SERVICE_UNAVAILABLE]),
        ] {
            let refused = answer(Refusal::new(Reason::Open));
            let rejected = Condition::<_, BoxError>::rejected(&condition, &refused);
            assert_eq!(rejected.map(|rejected| rejected.was_sent()), Some(false));
            assert_ne!(decide(&condition, Ok(refused)), Decision::Keep, "it is no success");
            let late = answer(Refusal::after(Reason::TimedOut, Duration::from_secs(1)));
            assert_eq!(decide(&condition, Ok(late)), AGAIN);
        }
    }
}
