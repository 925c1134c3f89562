//! The service.

use super::future::ResponseFuture;
use crate::rejected::Site;
use crate::{Boxed, Refuse, Rejected};
use buttress_core::{Reason, Refusal};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// A service whose calls have a time limit.
#[derive(Clone, Debug)]
pub struct TimeoutService<S, R = Boxed> {
    inner: S,
    limit: Duration,
    rejected: Rejected,
    refuse: R,
}

impl<S, R> TimeoutService<S, R> {
    pub(super) fn new(inner: S, limit: Duration, site: &'static Site, refuse: R) -> Self {
        let rejected = Rejected::new(site, Refusal::after(Reason::TimedOut, limit));
        Self { inner, limit, rejected, refuse }
    }

    accessors!();
}

impl<S, Req, R> Service<Req> for TimeoutService<S, R>
where
    S: Service<Req>,
    R: Refuse<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, R>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::inner)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        ResponseFuture::new(self.inner.call(request), self.limit, self.rejected, self.refuse.clone())
    }
}
