//! Telling the peer how much time is left.

use super::{Deadline, Header};
use http::Request;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// Writes what is left of the deadline into a header of each request, so that the peer does not work for a caller who is
/// gone.
///
/// Innermost in a stack, beneath the retry: each attempt has less time than the one before. Requests without a deadline stay as
/// they are.
///
/// ```
/// use buttress::deadline::{Header, PropagateLayer};
/// use buttress::{DeadlineLayer, TimeoutLayer};
/// use std::time::Duration;
/// use tower::ServiceBuilder;
///
/// let attempt = Duration::from_secs(10);
/// let stack = ServiceBuilder::new()
///     .layer(DeadlineLayer::http(Duration::from_secs(30)))
///     .layer(TimeoutLayer::new(attempt))
///     .layer(PropagateLayer::new(Header::default()).at_most(attempt));
/// # let _ = stack;
/// ```
#[derive(Clone, Debug)]
pub struct PropagateLayer {
    header: Header,
    at_most: Option<Duration>,
}

impl PropagateLayer {
    /// Writes it into `header`.
    #[must_use]
    pub const fn new(header: Header) -> Self {
        Self { header, at_most: None }
    }

    /// Writes it as gRPC does.
    #[must_use]
    pub const fn grpc() -> Self {
        Self::new(Header::grpc())
    }

    /// Tells no more than `limit`, also where there is no deadline: that of a timeout for each attempt.
    #[must_use]
    pub fn at_most(self, limit: Duration) -> Self {
        Self { at_most: Some(limit), ..self }
    }
}

impl<S> Layer<S> for PropagateLayer {
    type Service = PropagateService<S>;

    fn layer(&self, inner: S) -> PropagateService<S> {
        PropagateService { inner, told: self.clone() }
    }
}

/// A service that tells its peer how much time is left.
#[derive(Clone, Debug)]
pub struct PropagateService<S> {
    inner: S,
    told: PropagateLayer,
}

impl<S> PropagateService<S> {
    accessors!();
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for PropagateService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let (deadline, at_most) = (Deadline::of(&request), self.told.at_most);
        if deadline.was_there() || at_most.is_some() {
            let left = deadline.remaining().min(at_most.unwrap_or(Duration::MAX));
            self.told.header.write(request.headers_mut(), left);
        }
        self.inner.call(request)
    }
}
