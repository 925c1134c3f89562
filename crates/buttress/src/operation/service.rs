//! The service.

use super::future::ResponseFuture;
use super::handle::Handle;
use super::running::Running;
use crate::{AtHead, Judge, classify, observe};
use std::task::{Context, Poll};
use tower_service::Service;

/// A service whose calls are counted and timed as one operation.
#[derive(Clone, Debug)]
pub struct OperationService<S, J = AtHead<classify::Errors>> {
    inner: S,
    handle: Option<Handle>,
    judge: J,
}

impl<S, J> OperationService<S, J> {
    pub(super) const fn new(inner: S, handle: Option<Handle>, judge: J) -> Self {
        Self { inner, handle, judge }
    }

    accessors!();
}

impl<S, Req, J> Service<Req> for OperationService<S, J>
where
    S: Service<Req, Error: 'static>,
    J: Judge<S::Response, S::Error> + Clone,
{
    type Response = J::Response<Running>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, J>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let running = self.handle.as_ref().map_or_else(Running::none, Handle::begin);
        let names = self.handle.as_ref().map(|handle| (handle.name(), handle.component()));
        let call = observe::in_operation(names, || self.inner.call(request));
        ResponseFuture::new(call, running, self.judge.clone())
    }
}
