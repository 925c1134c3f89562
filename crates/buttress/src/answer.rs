//! Rejections as HTTP responses, of the `http` crate and of its hosts.

use crate::{Answer, Reason, Rejected, bulkhead};
use http::{HeaderValue, Response, StatusCode, header};
use std::time::Duration;

#[diagnostic::do_not_recommend]
impl<B: Default> Answer for Response<B> {
    /// 504 for what had no answer in time, sent or not; 429 for what a rate limit refuses; 503 for all else that was not sent.
    /// With `Retry-After` in whole seconds where the layer knows it, and of one for what found no room, as any call that ends
    /// makes some. The body is empty, the rejection is in the extensions.
    fn answer(rejected: Rejected) -> Self {
        let mut response = Self::new(B::default());
        *response.status_mut() = status(rejected);
        if let Some(wait) = wait(rejected) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        response.extensions_mut().insert(rejected);
        response
    }
}

/// As of [`http::Response`]. Its URL is the one that reqwest gives to responses that it did not fetch.
#[cfg(feature = "reqwest")]
impl Answer for reqwest::Response {
    fn answer(rejected: Rejected) -> Self {
        Response::<reqwest::Body>::answer(rejected).into()
    }
}

/// For handlers that hold a rejection in their hands: the answer that `.respond()` gives.
#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for Rejected {
    fn into_response(self) -> axum_core::response::Response {
        Response::answer(self)
    }
}

fn status(rejected: Rejected) -> StatusCode {
    match rejected.reason() {
        // Who is too heavy for a bulkhead did not ask too often.
        Reason::TooLarge if rejected.layer() == bulkhead::LAYER => StatusCode::SERVICE_UNAVAILABLE,
        Reason::RateLimited | Reason::TooLarge => StatusCode::TOO_MANY_REQUESTS,
        reason if reason.is_time_over() => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// When to come again. Nobody knows when there is room: a second is the least that can be said, and long for a call to wait.
fn wait(rejected: Rejected) -> Option<Duration> {
    match rejected.reason() {
        Reason::Full | Reason::QueueTimedOut => Some(Duration::from_secs(1)),
        _ => rejected.retry_after(),
    }
}

/// A wait as `Retry-After` tells it: rounded up, as who comes early is refused once more, and so never 0.
#[must_use]
pub fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use crate::rejected::Site;

    #[test]
    fn g4_where_no_peer_may_be_asked_the_answer_is_503_and_says_when_to_come_again() {
        let answer =
            |refusal| Response::<()>::answer(Rejected::new(Site::intern("router", "orders"), refusal));
        let told = |response: &Response<()>| response.headers().get(header::RETRY_AFTER).cloned();
        let all_open = answer(Refusal::after(Reason::NoPeer, Duration::from_millis(1_200)));
        assert_eq!((all_open.status().as_u16(), told(&all_open)), (503, Some(HeaderValue::from(2))));
        // Nobody knows when there will be peers.
        let none_at_all = answer(Refusal::new(Reason::NoPeer));
        assert_eq!((none_at_all.status().as_u16(), told(&none_at_all)), (503, None));
    }

    #[test]
    fn d10_retry_after_is_rounded_up_and_never_zero() {
        let waits = [0, 1, 999_999_999, 1_000_000_000, 1_000_000_001, 29_400_000_000];
        let told = waits.map(|nanos| whole_seconds(Duration::from_nanos(nanos)));
        assert_eq!(told, [1, 1, 1, 1, 2, 30]);
    }
}
