//! The service.

use super::future::ResponseFuture;
use super::source::{Limit, Source};
use crate::{Boxed, Deadline, Refuse};
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
        let expired = Deadline::current_or_never().was_there() && is_over(&self.source);
        let (source, refuse) = (self.source.clone(), self.refuse.clone());
        let began = source.begin();
        let call = if expired { None } else { Some(self.inner.call(request)) };
        ResponseFuture::new(call, began, source, refuse)
    }
}

/// Whether nothing is left, where the layer is not off. Out of the way of calls that have no deadline.
#[cold]
#[inline(never)]
fn is_over(source: &impl Source) -> bool {
    source.limit().is_some() && Deadline::current_or_never().is_over()
}
