//! The service.

use super::future::ResponseFuture;
use super::handle::Handle;
use super::recording::Recording;
use super::shared::Shared;
use super::source::Sheds;
use crate::source::Source;
use crate::{AtHead, Boxed, Judge, Refuse, classify};
use std::task::{Context, Poll};
use tower_service::Service;

/// A service with an error budget.
#[derive(Clone, Debug)]
pub struct ErrorBudgetService<S, H = Handle, R = Boxed, J = AtHead<classify::Errors>> {
    inner: S,
    source: H,
    refuse: R,
    judge: J,
}

impl<S, H: Source<State = Shared>, R, J> ErrorBudgetService<S, H, R, J> {
    pub(super) const fn new(inner: S, source: H, refuse: R, judge: J) -> Self {
        Self { inner, source, refuse, judge }
    }

    accessors!();
}

impl<S, Req, H, R, J> Service<Req> for ErrorBudgetService<S, H, R, J>
where
    S: Service<Req>,
    H: Sheds<Req>,
    J: Judge<S::Response, S::Error> + Clone,
    R: Refuse<J::Response<Recording<H::Lease>>, S::Error> + Clone,
{
    type Response = J::Response<Recording<H::Lease>>;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, H::Lease, R, J>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::inner)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let recording = match self.source.select(&request) {
            None => Recording::none(),
            Some(lease) if lease.spares() && self.source.is_minor(&request) => match lease.admit_minor() {
                Ok(()) => Recording::begin(lease),
                Err(rejected) => return ResponseFuture::refused(rejected, self.refuse.clone()),
            },
            Some(lease) => Recording::begin(lease),
        };
        ResponseFuture::called(self.inner.call(request), recording, self.judge.clone())
    }
}
