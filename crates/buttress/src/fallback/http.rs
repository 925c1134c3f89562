//! Fallbacks of HTTP services.

use super::Degraded;
use super::layer::FallbackLayer;
use super::protocol::{Plain, Protocol};
use crate::Rejected;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use std::sync::Arc;

/// Knows HTTP responses: a rejection that a layer beneath made a response of, and which statuses are failures. A response of
/// the fallback has [`Degraded`] in its extensions, and a header where [one is named](FallbackLayer::mark_header).
#[derive(Clone, Debug, Default)]
pub struct Http {
    failures: Option<Arc<[StatusCode]>>,
    mark: Option<HeaderName>,
}

impl<A, W, R> FallbackLayer<A, W, Plain, R> {
    /// Knows [HTTP responses](Http): a 5xx is a failure, which [`AnyError`](super::AnyError) and
    /// [`OpenOrOpening`](super::OpenOrOpening) see, and a rejection that a layer beneath answered with a response is one.
    #[must_use]
    pub fn http(self) -> FallbackLayer<A, W, Http, R> {
        self.with_protocol(|_| Http::default())
    }
}

impl<A, W, R> FallbackLayer<A, W, Http, R> {
    /// Takes responses of these statuses for failures, and no others.
    #[must_use]
    pub fn failures(self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        let failures = Some(statuses.into_iter().collect());
        self.with_protocol(|http| Http { failures, ..http })
    }

    /// Says in a header of this name where a response of the fallback comes from: its [source](FallbackLayer::source).
    #[must_use]
    pub fn mark_header(self, name: HeaderName) -> Self {
        self.with_protocol(|http| Http { mark: Some(name), ..http })
    }
}

impl Http {
    fn is_failure(&self, status: StatusCode) -> bool {
        self.failures.as_ref().map_or(status.is_server_error(), |failures| failures.contains(&status))
    }

    fn write(&self, degraded: Degraded, headers: &mut HeaderMap, extensions: &mut Extensions) {
        // A source that is no header value has no place in one.
        if let (Some(name), Ok(source)) = (&self.mark, HeaderValue::from_str(degraded.source)) {
            headers.insert(name, source);
        }
        extensions.insert(degraded);
    }
}

impl<B> Protocol<Response<B>> for Http {
    #[inline]
    fn rejected(&self, response: &Response<B>) -> Option<Rejected> {
        response.extensions().get().copied()
    }

    #[inline]
    fn failed(&self, response: &Response<B>) -> bool {
        self.is_failure(response.status())
    }

    fn mark(&self, response: &mut Response<B>, degraded: Degraded) {
        let mut headers = std::mem::take(response.headers_mut());
        self.write(degraded, &mut headers, response.extensions_mut());
        *response.headers_mut() = headers;
    }
}

#[cfg(feature = "reqwest")]
impl Protocol<reqwest::Response> for Http {
    fn rejected(&self, response: &reqwest::Response) -> Option<Rejected> {
        response.extensions().get().copied()
    }

    fn failed(&self, response: &reqwest::Response) -> bool {
        self.is_failure(response.status())
    }

    fn mark(&self, response: &mut reqwest::Response, degraded: Degraded) {
        let mut headers = std::mem::take(response.headers_mut());
        self.write(degraded, &mut headers, response.extensions_mut());
        *response.headers_mut() = headers;
    }
}
