//! The service.

use super::future::ResponseFuture;
use super::source::{Limit, Source};
use crate::{Boxed, Refuse};
use std::task::{Context, Poll};
use tower_service::Service;

/// A service whose calls have a time limit.
#[derive(Clone, Debug)]
pub struct TimeoutService<S, R = Boxed, H = Limit> {
    inner: S,
    source: H,
    refuse: R,
}

impl<S, R, H> TimeoutService<S, R, H> {
    pub(super) const fn new(inner: S, source: H, refuse: R) -> Self {
        Self { inner, source, refuse }
    }

    accessors!();
}

impl<S, Req, R, H> Service<Req> for TimeoutService<S, R, H>
where
    S: Service<Req>,
    R: Refuse<S::Response, S::Error> + Clone,
    H: Source,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, R, H>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::inner)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let (source, refuse) = (self.source.clone(), self.refuse.clone());
        let began = source.begin();
        ResponseFuture::new(self.inner.call(request), began, source, refuse)
    }
}
