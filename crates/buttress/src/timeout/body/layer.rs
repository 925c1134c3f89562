//! Limits for the bodies of responses, as a layer.

use super::{BodyLimits, LimitedBody};
use http::Response;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Gives the bodies of responses their [limits](BodyLimits).
///
/// The type of the body changes, to [`LimitedBody`]. Beneath a layer that judges a call when its body has
/// [ended](crate::AtEnd), what is given up here is a failure there.
///
/// ```
/// use buttress::timeout::{BodyLimits, BodyTimeoutLayer};
/// use buttress::{CircuitBreakerLayer, Config, TimeoutLayer};
/// use std::time::Duration;
/// use tower::ServiceBuilder;
///
/// let limits = BodyLimits::new().idle(Duration::from_secs(10)).total(Duration::from_secs(300));
/// let stack = ServiceBuilder::new()
///     .layer(CircuitBreakerLayer::http(Config::default()).at_body_end())
///     .layer(TimeoutLayer::new(Duration::from_secs(5)))
///     .layer(BodyTimeoutLayer::new(limits));
/// # let _ = stack;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BodyTimeoutLayer(BodyLimits);

impl BodyTimeoutLayer {
    /// These limits, for each body.
    #[must_use]
    pub const fn new(limits: BodyLimits) -> Self {
        Self(limits)
    }
}

impl<S> Layer<S> for BodyTimeoutLayer {
    type Service = BodyTimeoutService<S>;

    fn layer(&self, inner: S) -> BodyTimeoutService<S> {
        BodyTimeoutService { inner, limits: self.0 }
    }
}

/// A service whose responses have bodies with limits.
#[derive(Clone, Debug)]
pub struct BodyTimeoutService<S> {
    inner: S,
    limits: BodyLimits,
}

impl<S> BodyTimeoutService<S> {
    accessors!();
}

impl<S, Req, B> Service<Req> for BodyTimeoutService<S>
where
    S: Service<Req, Response = Response<B>>,
{
    type Response = Response<LimitedBody<B>>;
    type Error = S::Error;
    type Future = BodyFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        BodyFuture { inner: self.inner.call(request), limits: self.limits }
    }
}

pin_project! {
    /// The response of a [`BodyTimeoutService`].
    pub struct BodyFuture<F> {
        #[pin]
        inner: F,
        limits: BodyLimits,
    }
}

impl<F, B, Err> Future for BodyFuture<F>
where
    F: Future<Output = Result<Response<B>, Err>>,
{
    type Output = Result<Response<LimitedBody<B>>, Err>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let limits = *this.limits;
        this.inner.poll(cx).map_ok(|response| response.map(|body| limits.watch(body)))
    }
}

impl<F> fmt::Debug for BodyFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyFuture").field("limits", &self.limits).finish_non_exhaustive()
    }
}
