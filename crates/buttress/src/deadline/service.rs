//! The service.

use super::future::ResponseFuture;
use super::incoming::{Incoming, Inherit};
use super::{Deadline, scope};
use crate::timeout::{Limit, Source};
use crate::{Boxed, Refuse, clock};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// A service whose calls have a deadline.
#[derive(Clone, Debug)]
pub struct DeadlineService<S, R = Boxed, H = Limit, I = Inherit> {
    inner: S,
    source: H,
    refuse: R,
    incoming: I,
}

impl<S, R, H, I> DeadlineService<S, R, H, I> {
    pub(super) const fn new(inner: S, source: H, refuse: R, incoming: I) -> Self {
        Self { inner, source, refuse, incoming }
    }

    accessors!();
}

impl<S, Req, R, H, I> Service<Req> for DeadlineService<S, R, H, I>
where
    S: Service<Req>,
    R: Refuse<S::Response, S::Error> + Clone,
    H: Source,
    I: Incoming<Req>,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, R, H>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::inner)
    }

    fn call(&mut self, mut request: Req) -> Self::Future {
        let (source, refuse) = (self.source.clone(), self.refuse.clone());
        let Some(limit) = source.limit() else {
            let call = self.inner.call(request);
            return ResponseFuture::new(Some(call), Deadline::NEVER, Duration::ZERO, source, refuse);
        };
        let now = clock::precise();
        let own = Deadline::at(now + limit).earlier(Deadline::current_or_never());
        let deadline = self.incoming.read(&request, now).map_or(own, |deadline| deadline.earlier(own));
        let limit = deadline.remaining_at(now);
        if limit.is_zero() {
            return ResponseFuture::new(None, deadline, limit, source, refuse);
        }
        self.incoming.write(&mut request, deadline);
        let call = scope::scope(deadline, || self.inner.call(request));
        ResponseFuture::new(Some(call), deadline, limit, source, refuse)
    }
}
