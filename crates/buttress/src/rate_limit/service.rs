//! The service.

use super::after::{After, Silent, Task};
use super::cost::{CostOf, One};
use super::future::{ResponseFuture, TurnFuture};
use super::handle::Handle;
use super::source::{Limit, Select, Source};
use crate::{Boxed, Refuse};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// A service with a rate limit before it.
#[derive(Clone, Debug)]
pub struct RateLimitService<S, H = Handle, R = Boxed, C = One, A = Silent, W = AtOnce> {
    inner: S,
    source: H,
    refuse: R,
    cost: C,
    after: A,
    when: W,
}

/// What cannot be admitted at once is refused. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtOnce;

/// What cannot be admitted at once waits for its turn for so long at most, unless that is `None`.
#[derive(Clone, Copy, Debug)]
pub struct InTurn(pub(super) Option<Duration>);

impl<S, H: Source, R, C, A, W> RateLimitService<S, H, R, C, A, W> {
    pub(super) const fn new(inner: S, source: H, refuse: R, cost: C, after: A, when: W) -> Self {
        Self { inner, source, refuse, cost, after, when }
    }

    accessors!();
}

impl<S, Req, H, R, C, A> Service<Req> for RateLimitService<S, H, R, C, A, AtOnce>
where
    S: Service<Req>,
    H: Select<Req>,
    R: Refuse<S::Response, S::Error> + Clone,
    C: CostOf<Req>,
    A: After<Task<H::Kept>: Task<S::Response>>,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, R, A::Task<H::Kept>>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::inner)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let Some(limit) = self.source.select(&request) else {
            return ResponseFuture::called(self.inner.call(request), A::Task::default());
        };
        let admitted = limit.try_acquire(self.cost.cost(&request));
        let task = self.after.task(|| limit.keep());
        drop(limit);
        match admitted {
            Ok(()) => ResponseFuture::called(self.inner.call(request), task),
            Err(rejected) => ResponseFuture::refused(rejected, self.refuse.clone(), task),
        }
    }
}

impl<S, Req, H, R, C, A> Service<Req> for RateLimitService<S, H, R, C, A, InTurn>
where
    S: Service<Req> + Clone,
    H: Select<Req>,
    R: Refuse<S::Response, S::Error> + Clone,
    C: CostOf<Req>,
    A: After<Task<H::Kept>: Task<S::Response>>,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = TurnFuture<S, Req, S::Future, R, A::Task<H::Kept>>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::inner)
    }

    #[inline]
    fn call(&mut self, request: Req) -> Self::Future {
        let Some(limit) = self.source.select(&request) else {
            return TurnFuture::called(self.inner.call(request), self.refuse.clone(), A::Task::default());
        };
        let cost = self.cost.cost(&request);
        let admitted = match self.when.0 {
            Some(max_wait) => limit.admit_within(cost, max_wait),
            None => limit.try_acquire(cost).map(|()| None),
        };
        let task = self.after.task(|| limit.keep());
        drop(limit);
        match admitted {
            Ok(None) => TurnFuture::called(self.inner.call(request), self.refuse.clone(), task),
            // What is readied here stays with this service: a wait may be long, and is not to hold a place beneath.
            Ok(Some(turn)) => {
                TurnFuture::waiting(turn, self.inner.clone(), request, self.refuse.clone(), task)
            }
            Err(rejected) => TurnFuture::refused(rejected, self.refuse.clone(), task),
        }
    }
}
