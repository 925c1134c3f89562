//! The answers the proxy gives itself.

use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};

use super::answer_body::AnswerBody;

/// An answer of the proxy's own: a status, and a line that says why without naming the origin.
#[derive(Debug)]
pub(super) struct OwnAnswer {
    status: StatusCode,
    message: &'static str,
    retry_after: Option<Duration>,
    close: bool,
}

impl OwnAnswer {
    pub(super) const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message, retry_after: None, close: false }
    }

    pub(super) const fn bad_request(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).closing()
    }

    pub(super) const fn bad_gateway(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, message)
    }

    pub(super) const fn late() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "the origin did not answer in time\n")
    }

    pub(super) const fn unavailable(retry_after: Option<Duration>) -> Self {
        let message = "no origin takes requests at the moment\n";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, message, retry_after, close: false }
    }

    /// The client, or all of them together, asked more often than they may.
    pub(super) const fn too_many(retry_after: Option<Duration>) -> Self {
        let message = "too many requests\n";
        Self { status: StatusCode::TOO_MANY_REQUESTS, message, retry_after, close: false }
    }

    /// Every origin has as much to do as it bears.
    pub(super) const fn busy() -> Self {
        let message = "no origin has room for this request at the moment\n";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { status, message, retry_after: Some(Duration::from_secs(1)), close: false }
    }

    /// The same, and the connection ends with it.
    pub(super) const fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// Why, without the end of the line.
    pub(super) const fn message(&self) -> &'static str {
        self.message.trim_ascii_end()
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn into_response(self) -> Response<AnswerBody> {
        let mut response = Response::new(AnswerBody::text(Bytes::from_static(self.message.as_bytes())));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, const { HeaderValue::from_static("text/plain; charset=utf-8") });
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(buttress::whole_seconds(after)));
        }
        if self.close {
            headers.insert(header::CONNECTION, const { HeaderValue::from_static("close") });
        }
        response
    }
}
