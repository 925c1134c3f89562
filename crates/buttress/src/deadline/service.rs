//! The service.

use super::future::ResponseFuture;
use super::incoming::{Incoming, Inherit};
use super::scope::{self, Scope};
use crate::timeout::{Given, Limit, SetBy, Source};
use crate::{Boxed, Refuse, clock};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// From here on a limit is counted by the cheap clock, which is behind by some milliseconds: it ends by that much early, and
/// never late.
const LONG: Duration = Duration::from_secs(1);

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
            return ResponseFuture::new(
                Some(call),
                Scope::NEVER,
                Given::limit(Duration::ZERO),
                source,
                refuse,
            );
        };
        let now = if limit >= LONG { clock::now() } else { clock::precise() };
        let own = Scope::own(now, limit);
        let mut scope = scope::current().earlier(own);
        if let Some(told) = self.incoming.read(&request, now) {
            scope = scope.earlier(Scope::told(told));
        }
        let time = scope.deadline.remaining_at(now);
        let by = if scope.deadline < own.deadline { scope.cuts(now) } else { SetBy::Limit };
        let given = Given { time, by };
        if time.is_zero() {
            return ResponseFuture::new(None, scope, given, source, refuse);
        }
        self.incoming.write(&mut request, scope.deadline);
        let call = scope::scope(scope, || self.inner.call(request));
        ResponseFuture::new(Some(call), scope, given, source, refuse)
    }
}
