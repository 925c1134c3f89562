//! The service.

use super::future::ResponseFuture;
use super::handle::Handle;
use super::source::{Select, Together};
use super::{Direction, ShapedBody};
use http::{Request, Response};
use std::task::{Context, Poll};
use tower_service::Service;

/// A service whose bodies pass as fast as they may.
#[derive(Clone, Debug)]
pub struct BandwidthService<S, X = Together> {
    inner: S,
    handle: Option<Handle>,
    find: X,
}

impl<S, X> BandwidthService<S, X> {
    pub(super) const fn new(inner: S, handle: Option<Handle>, find: X) -> Self {
        Self { inner, handle, find }
    }

    accessors!();
}

impl<S, X, A, B> Service<Request<A>> for BandwidthService<S, X>
where
    S: Service<Request<ShapedBody<A>>, Response = Response<B>>,
    X: Select<Request<A>>,
{
    type Response = Response<ShapedBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<A>) -> Self::Future {
        let line = self
            .handle
            .as_ref()
            .map(|handle| self.find.peer(handle, &request).map_or_else(|| handle.line(), |peer| peer.0));
        let request = request.map(|body| ShapedBody::new(body, line.clone(), Direction::Upload));
        ResponseFuture::new(self.inner.call(request), line)
    }
}
