//! The service: carries out what the layer decides.

use super::condition::{ByClass, Condition};
use super::course::{Course, Owner, Rules};
use super::future::ResponseFuture;
use super::handle::{Handle, Shared};
use super::hooks::{Hooks, Watch};
use super::nested;
use super::replay::{ByClone, Replay};
use super::source::Source;
use crate::{Boxed, Refuse, classify};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tower_service::Service;

/// A service whose failed calls are tried again.
pub struct RetryService<S, H = Handle, R = Boxed, Y = ByClone, W = ByClass<classify::Errors>, K = Hooks> {
    inner: S,
    common: Common<S, H, R, Y, W, K>,
}

/// What a call holds of its service and nothing else, so that one that needs no retry counts one reference.
pub(super) type Common<S, H, R, Y, W, K> = Arc<Base<S, H, R, Y, W, K>>;

/// What a service, its clones and its calls share.
pub(super) struct Base<S, H, R, Y, W, K> {
    source: H,
    pub(super) refuse: R,
    pub(super) replay: Y,
    pub(super) rules: Rules<W, K>,
    /// What further attempts are made with, each with a clone of its own. Behind a lock, so that it need not be `Sync`.
    spare: Mutex<S>,
}

impl<S, H: Source, R, Y, W, K> Owner for Common<S, H, R, Y, W, K> {
    #[inline]
    fn shared(&self) -> &Shared {
        &self.source.handle().expect("a call has a course only where there is a handle").0
    }
}

impl<S: Clone, H, R, Y, W, K> Base<S, H, R, Y, W, K> {
    /// A service for another attempt; not ready, as any clone.
    pub(super) fn spare(&self) -> S {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<S, H, R, Y, W, K> RetryService<S, H, R, Y, W, K> {
    pub(super) fn new(inner: S, source: H, refuse: R, replay: Y, rules: Rules<W, K>) -> Self
    where
        S: Clone,
    {
        let spare = Mutex::new(inner.clone());
        let common = Arc::new(Base { source, refuse, replay, rules, spare });
        Self { inner, common }
    }

    /// The service beneath, that first attempts are made with.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service beneath, without this layer.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, Req, H, R, Y, W, K> Service<Req> for RetryService<S, H, R, Y, W, K>
where
    S: Service<Y::Attempt> + Clone,
    H: Source,
    R: Refuse<S::Response, S::Error>,
    Y: Replay<Req>,
    W: Condition<S::Response, S::Error>,
    K: Watch<S::Response, S::Error>,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S, Req, H, R, Y, W, K>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::inner)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        if self.common.source.handle().is_none() {
            return ResponseFuture::once(self.inner.call(self.common.replay.once(request)));
        }
        if nested::is_attempt::<Req>() {
            let attempt = self.common.replay.once(request);
            return ResponseFuture::once(nested::hand_over::<Y::Attempt, _>(|| self.inner.call(attempt)));
        }
        let (attempt, tape) = self.common.replay.first(request);
        if !self.common.replay.counts(&tape) {
            return ResponseFuture::once(self.inner.call(attempt));
        }
        let course = Course::begin(Arc::clone(&self.common), K::TELLS_SUCCESS);
        ResponseFuture::first(nested::hand_over::<Y::Attempt, _>(|| self.inner.call(attempt)), tape, course)
    }
}

impl<S: Clone, H, R, Y, W, K> Clone for RetryService<S, H, R, Y, W, K> {
    /// Shares the handle and the spare service.
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), common: Arc::clone(&self.common) }
    }
}

impl<S: fmt::Debug, H: fmt::Debug, R, Y, W, K> fmt::Debug for RetryService<S, H, R, Y, W, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RetryService");
        debug.field("inner", &self.inner).field("source", &self.common.source).finish_non_exhaustive()
    }
}
