//! Which HTTP requests may be sent again, and what their attempts carry.

use crate::retry::attempt::{Attempt, GRPC_PREVIOUS};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::num::NonZeroU32;

/// What the owner of a layer said about that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) any_method: bool,
    pub(super) header: bool,
    /// Whether the client beneath follows redirects, if its owner says.
    pub(super) redirects: Option<bool>,
    grpc: bool,
}

/// The header of the IETF draft of that name, which many services know.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl Rules {
    pub(super) const HTTP: Self = Self { any_method: false, header: true, redirects: None, grpc: false };
    pub(super) const GRPC: Self = Self { grpc: true, ..Self::HTTP };

    /// Whether it does no harm to process the request twice.
    pub(super) fn repeatable(self, method: &Method, headers: &HeaderMap) -> bool {
        self.any_method || method.is_idempotent() || headers.contains_key(IDEMPOTENCY_KEY)
    }

    /// Whether another attempt may be made. `unprocessed`: the last request that was sent is known not to have been processed,
    /// which is another than the first if redirects were followed, as they are by a client that `usually` does.
    pub(super) fn permits(
        self,
        method: &Method,
        headers: &HeaderMap,
        unprocessed: bool,
        usually: bool,
    ) -> bool {
        (unprocessed && !self.redirects.unwrap_or(usually)) || self.repeatable(method, headers)
    }

    /// Marks the first attempt.
    pub(super) fn mark_first(self, method: &Method, headers: &mut HeaderMap) {
        if self.marks(method, headers) {
            Attempt::FIRST.write(headers);
        }
    }

    /// Marks a further attempt.
    pub(super) fn mark(self, attempt: NonZeroU32, method: &Method, headers: &mut HeaderMap) {
        if self.marks(method, headers) {
            Attempt::new(attempt).write(headers);
        }
        if self.grpc {
            headers.insert(GRPC_PREVIOUS, HeaderValue::from(attempt.get() - 1));
        }
    }

    /// Whether the attempts of such a request keep other retries from trying it again.
    fn marks(self, method: &Method, headers: &HeaderMap) -> bool {
        self.header && (self.grpc || self.repeatable(method, headers))
    }
}
