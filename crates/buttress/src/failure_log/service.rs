//! The service.

use super::ask::{Ask, Nothing};
use super::describe::{Describe, Plain};
use super::future::ResponseFuture;
use super::operation::Operation;
use super::running::Running;
use crate::{AtHead, Judge, classify};
use std::task::{Context, Poll};
use tower_service::Service;

/// A service whose failures are written down.
#[derive(Clone, Debug)]
pub struct FailureLogService<S, D = Plain, K = Nothing, J = AtHead<classify::Errors>> {
    inner: S,
    operation: Option<Operation>,
    describe: D,
    ask: K,
    judge: J,
}

impl<S, D, K, J> FailureLogService<S, D, K, J> {
    pub(super) const fn new(inner: S, operation: Option<Operation>, describe: D, ask: K, judge: J) -> Self {
        Self { inner, operation, describe, ask, judge }
    }

    accessors!();
}

impl<S, Req, D, K, J> Service<Req> for FailureLogService<S, D, K, J>
where
    S: Service<Req, Error: 'static>,
    K: Ask<Req>,
    J: Judge<S::Response, S::Error> + Clone,
    D: Describe<J::Response<Running<K::Seen>>, S::Error> + Clone,
{
    type Response = J::Response<Running<K::Seen>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, D, K::Seen, J>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        // Before the inner call, so that a panic in it is one of a call that began.
        let mut running = match &self.operation {
            Some(operation) => Running::new(operation.slot(), self.ask.ask(&request)),
            None => Running::none(),
        };
        let call = running.in_turn(|_| self.inner.call(request));
        ResponseFuture::new(call, running, self.describe.clone(), self.judge.clone())
    }
}
