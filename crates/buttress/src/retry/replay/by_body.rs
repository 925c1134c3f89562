//! HTTP requests that are sent again with their bodies.

use super::body::{Recording, ReplayBody};
use super::rules::Rules;
use super::{RepeatBody, Replay};
use crate::Deadline;
use crate::retry::attempt::{Attempt, NoRetry, is_of_another_retry};
use http::Request;
use http::request::Parts;
use std::fmt;
use std::num::NonZeroU32;

/// Sends HTTP requests again: the head as it was, and the body from a tape.
///
/// The first attempt streams, and what it reads of the body is copied on the way, up to a limit of 64 KiB. While it fits, every
/// attempt sends the same bytes and trailers, however little the one before had read. A body that is longer is sent once,
/// and what was kept of it is freed at once; if it says its length, it goes to the next attempt as long as none has
/// touched it, as after a connection that was refused. A body that is empty costs nothing.
///
/// # Which requests
/// Those whose method is idempotent: GET, HEAD, OPTIONS, TRACE, PUT and DELETE. Others only with the header `Idempotency-Key`,
/// [if you say so](Self::any_method), or if it is known that nobody has processed them: there was no connection, or the
/// peer refused the stream, and [no redirect](Self::follows_redirects) led there. None that has [`NoRetry`] in its extensions, and none that is [an attempt](Attempt)
/// of somebody else's retry.
///
/// A `reqwest::Request` has no extensions for others, so [`NoRetry`] cannot travel in it.
#[derive(Clone, Copy, Debug)]
pub struct ByBody {
    pub(super) limit: usize,
    pub(super) rules: Rules,
}

impl ByBody {
    /// Up to 64 KiB of each body, for idempotent requests.
    ///
    /// 64 KiB, as most requests of services are far shorter, and a thousand of the longest under way take 64 MiB.
    #[must_use]
    pub const fn new() -> Self {
        Self { limit: 64 * 1024, rules: Rules::HTTP }
    }

    /// The same for gRPC, where every request is a POST: [`GrpcCondition`](crate::retry::GrpcCondition) says which may be sent
    /// again. Further attempts say how many there were before in `grpc-previous-rpc-attempts`.
    #[must_use]
    pub const fn grpc() -> Self {
        Self { rules: Rules::GRPC, ..Self::new() }
    }

    /// The most bytes that are kept of one body. With 0 only requests without a body are sent again, or those whose body nobody
    /// has touched.
    #[must_use]
    pub const fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Sends requests of any method again: for a peer that does nothing twice.
    #[must_use]
    pub const fn any_method(mut self) -> Self {
        self.rules.any_method = true;
        self
    }

    /// Does not write the [header](Attempt::HEADER) into attempts: for peers that are not yours. Retries on the way there then
    /// try again too.
    #[must_use]
    pub const fn without_header(mut self) -> Self {
        self.rules.header = false;
        self
    }

    /// Whether the client beneath follows redirects within a call. Behind a redirect an error says nothing about the request that
    /// was sent first: that was processed, and answered with the redirect. So what is known not to have been processed is not
    /// sent again for that reason, but by its method and key alone.
    ///
    /// By default true for `reqwest::Request`, whose client does follow them unless it is built with
    /// `redirect::Policy::none()`: then say false here. For `http::Request` it is false by default: say true above a layer that
    /// follows redirects, such as tower-http's `FollowRedirect`, or place the retry beneath that.
    #[must_use]
    pub const fn follows_redirects(mut self, follows: bool) -> Self {
        self.rules.redirects = Some(follows);
        self
    }

    pub(crate) const fn sends_any_method(&self) -> bool {
        self.rules.any_method
    }
}

impl Default for ByBody {
    fn default() -> Self {
        Self::new()
    }
}

/// What is kept of an HTTP request while it may be sent again.
pub struct RequestTape<B>(Option<Kept<B>>);

struct Kept<B> {
    head: Parts,
    body: Recording<B>,
}

impl<B: RepeatBody> Replay<Request<B>> for ByBody {
    type Attempt = Request<B::Attempt>;
    type Tape = RequestTape<B>;

    fn first(&self, request: Request<B>) -> (Self::Attempt, RequestTape<B>) {
        if is_of_another_retry(request.headers(), Some(request.extensions())) {
            return (self.once(request), RequestTape(None));
        }
        let (mut parts, body) = request.into_parts();
        let head = parts.clone();
        let (body, kept) = if head.extensions.get::<NoRetry>().is_some() {
            (ReplayBody::once(body), Recording::Nothing)
        } else {
            self.rules.mark_first(&head.method, &mut parts.headers);
            Recording::of(body, self.limit)
        };
        (Request::from_parts(parts, B::attempt(body)), RequestTape(Some(Kept { head, body: kept })))
    }

    fn once(&self, request: Request<B>) -> Self::Attempt {
        request.map(|body| B::attempt(ReplayBody::once(body)))
    }

    fn again(&self, tape: &RequestTape<B>, attempt: NonZeroU32) -> Option<Self::Attempt> {
        let Kept { head, body } = tape.0.as_ref()?;
        let body = B::attempt(body.again()?);
        let mut parts = head.clone();
        parts.extensions.insert(Attempt::new(attempt));
        self.rules.mark(attempt, &parts.method, &mut parts.headers);
        Some(Request::from_parts(parts, body))
    }

    fn permits(&self, tape: &RequestTape<B>, unprocessed: bool) -> bool {
        tape.0.as_ref().is_some_and(|Kept { head, .. }| {
            head.extensions.get::<NoRetry>().is_none()
                && self.rules.permits(&head.method, &head.headers, unprocessed, false)
        })
    }

    fn counts(&self, tape: &RequestTape<B>) -> bool {
        tape.0.is_some()
    }

    fn deadline(&self, tape: &RequestTape<B>) -> Option<Deadline> {
        tape.0.as_ref()?.head.extensions.get().copied()
    }
}

impl<B> fmt::Debug for RequestTape<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.as_ref();
        let mut debug = f.debug_struct("RequestTape");
        debug.field("method", &kept.map(|kept| &kept.head.method));
        debug.field("uri", &kept.map(|kept| &kept.head.uri)).field("body", &kept.map(|kept| &kept.body));
        debug.finish_non_exhaustive()
    }
}
