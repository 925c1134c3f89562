//! The service.

use super::answers::{Answers, KeepOf};
use super::future::ResponseFuture;
use super::handle::Handle;
use super::protocol::{Plain, Protocol};
use super::when::{Open, When};
use crate::{Boxed, Refuse};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// A service whose calls have an answer also when they fail.
pub struct FallbackService<S, A, W = Open, P = Plain, R = Boxed> {
    inner: S,
    parts: Arc<Parts<A, W, P, R>>,
}

/// What a call holds of its service, for when it fails.
pub(super) struct Parts<A, W, P, R> {
    pub(super) answers: A,
    pub(super) when: W,
    pub(super) protocol: P,
    pub(super) handle: Option<Handle>,
    pub(super) source: &'static str,
    pub(super) refuse: PhantomData<fn() -> R>,
}

impl<S, A, W, P, R> FallbackService<S, A, W, P, R> {
    pub(super) const fn new(inner: S, parts: Arc<Parts<A, W, P, R>>) -> Self {
        Self { inner, parts }
    }

    accessors!();
}

impl<S, Req, A, W, P, R> Service<Req> for FallbackService<S, A, W, P, R>
where
    A: KeepOf<Req>,
    S: Service<<A as KeepOf<Req>>::Attempt>,
    A: Answers<Req, S::Response, S::Error>,
    W: When<S::Response, S::Error>,
    P: Protocol<S::Response> + Protocol<A::Response>,
    R: Refuse<A::Response, S::Error>,
{
    type Response = A::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, Req, S::Response, S::Error, A, W, P, R>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::inner)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let (attempt, kept) = self.parts.answers.keep(request);
        let call = self.inner.call(attempt);
        let watched = self.parts.handle.is_some().then(|| (kept, Arc::clone(&self.parts)));
        ResponseFuture::new(call, watched)
    }
}

impl<S: Clone, A, W, P, R> Clone for FallbackService<S, A, W, P, R> {
    /// Shares the fallback.
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.parts))
    }
}

impl<S: fmt::Debug, A, W, P, R> fmt::Debug for FallbackService<S, A, W, P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
