//! The number of an attempt, as it travels.

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Request};
use std::num::NonZeroU32;

/// Which attempt of its call a request is; the first is 1.
///
/// Every attempt of a retry layer for HTTP carries it in the header [`Attempt::HEADER`], and so tells the retries it comes
/// by on its way that somebody tries again already: they pass it on and leave it at that, also in other processes, so that
/// retries do not multiply. A request that is sent again only where nobody has processed it has no such header, as there
/// the retry nearest to the failure does best.
///
/// Further attempts have it in their extensions too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(NonZeroU32);

impl Attempt {
    /// `buttress-attempt`.
    pub const HEADER: HeaderName = HeaderName::from_static("buttress-attempt");

    pub(super) const FIRST: Self = Self(NonZeroU32::MIN);

    pub(super) const fn new(number: NonZeroU32) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> NonZeroU32 {
        self.0
    }

    /// The attempt that a request is, by its extensions or its header.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Option<Self> {
        request.extensions().get().copied().or_else(|| Self::in_headers(request.headers()))
    }

    fn in_headers(headers: &HeaderMap) -> Option<Self> {
        headers.get(Self::HEADER)?.to_str().ok()?.parse().ok().map(Self)
    }

    pub(super) fn write(self, headers: &mut HeaderMap) {
        headers.insert(Self::HEADER, HeaderValue::from(self.0.get()));
    }
}

/// In a request's extensions: it is sent once, whatever the retry layers would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoRetry;

/// The header in which gRPC has the number of the attempts before this one.
pub(super) const GRPC_PREVIOUS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// Whether somebody else's retry sent this, and tries again itself. What the header says does not matter: the client that
/// writes nonsense there does without retries.
pub(super) fn is_of_another_retry(headers: &HeaderMap, extensions: Option<&Extensions>) -> bool {
    headers.contains_key(Attempt::HEADER)
        || headers.contains_key(GRPC_PREVIOUS)
        || extensions.is_some_and(|extensions| extensions.get::<Attempt>().is_some())
}
