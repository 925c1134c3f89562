//! Retries of HTTP and gRPC requests.

mod grpc;
mod status;
mod unsent;

pub use self::grpc::GrpcCondition;
pub use self::status::HttpCondition;

use super::handle::Handle;
use super::layer::RetryLayer;
use super::replay::ByBody;
use crate::Boxed;
use ::http::StatusCode;
use buttress_core::retry::Config;

impl RetryLayer<Handle, Boxed, ByBody, HttpCondition> {
    /// For HTTP: idempotent requests with [their bodies](ByBody), after the [results](HttpCondition) that another attempt may
    /// mend.
    ///
    /// ```
    /// use buttress::retry::{Config, ReplayBody, RetryLayer};
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use http_body_util::Full;
    /// use tower::{Layer, service_fn};
    ///
    /// let client = service_fn(|request: Request<ReplayBody<Full<Bytes>>>| async move {
    ///     Ok::<_, std::io::Error>(Response::new(request.into_body()))
    /// });
    /// let service = RetryLayer::http(Config::default()).layer(client);
    /// buttress::check::<Request<Full<Bytes>>, _>(service);
    /// ```
    ///
    /// The same over a handle: `RetryLayer::from_handle(handle).replay(ByBody::new()).when(HttpCondition::default())`.
    #[must_use]
    pub fn http(config: Config) -> Self {
        RetryLayer::new(config).replay(ByBody::new()).when(HttpCondition::default())
    }
}

impl RetryLayer<Handle, Boxed, ByBody, GrpcCondition> {
    /// For gRPC: calls that a server [asks for again, or that nobody has processed](GrpcCondition); with
    /// [`any_method`](Self::any_method) or [`on_codes`](Self::on_codes) all that end with UNAVAILABLE, or with these codes.
    ///
    /// The same over a handle: `RetryLayer::from_handle(handle).replay(ByBody::grpc()).when(GrpcCondition::default())`.
    #[must_use]
    pub fn grpc(config: Config) -> Self {
        RetryLayer::new(config).replay(ByBody::grpc()).when(GrpcCondition::default())
    }
}

impl<H, R, W, K> RetryLayer<H, R, ByBody, W, K> {
    /// Sends requests of [any method](ByBody::any_method) again: for a peer that does nothing twice.
    #[must_use]
    pub fn any_method(mut self) -> Self {
        self.replay = self.replay.any_method();
        self
    }

    /// Whether the client beneath [follows redirects](ByBody::follows_redirects); by default reqwest's does, and others do not.
    #[must_use]
    pub fn follows_redirects(mut self, follows: bool) -> Self {
        self.replay = self.replay.follows_redirects(follows);
        self
    }

    /// The [most bytes](ByBody::limit) that are kept of one request's body; by default 64 KiB.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.replay = self.replay.limit(bytes);
        self
    }
}

impl<H, R, Y, C, K> RetryLayer<H, R, Y, HttpCondition<C>, K> {
    /// Judges by `classify` instead of [`classify::Http`](crate::classify::Http): a type, or a closure over
    /// `Result<&Response, &Error>`.
    #[must_use]
    pub fn classify<C2>(self, classify: C2) -> RetryLayer<H, R, Y, HttpCondition<C2>, K> {
        let condition = self.rules.condition.with(classify);
        self.when(condition)
    }

    /// Tries again after these statuses [and no others](HttpCondition::on_statuses).
    #[must_use]
    pub fn on_statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.rules.condition.list(statuses);
        self
    }
}

impl<H, R, Y, K> RetryLayer<H, R, Y, GrpcCondition, K> {
    /// Tries again after these status codes [and no others](GrpcCondition::on_codes).
    #[must_use]
    pub fn on_codes(mut self, codes: impl IntoIterator<Item = i32>) -> Self {
        self.rules.condition = GrpcCondition::on_codes(codes);
        self
    }
}
