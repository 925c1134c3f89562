//! The layer.

use super::handle::Handle;
use super::service::OperationService;
#[cfg(feature = "http")]
use crate::AtEnd;
use crate::{AtHead, classify};
use tower_layer::Layer;

/// Counts and times the calls of an operation. All services it makes, and those of its clones, count together.
#[derive(Clone, Debug)]
pub struct OperationLayer<J = AtHead<classify::Errors>> {
    handle: Option<Handle>,
    judge: J,
}

impl OperationLayer {
    /// The operation `operation` of `component`. Any error is a failure, any response a success.
    #[must_use]
    pub fn new(operation: &str, component: &str) -> Self {
        Self::from_handle(Handle::new(operation, component))
    }

    /// The operation of a [`Handle`], shared with whoever else has it. `None` is a layer that is off.
    #[must_use]
    pub fn from_handle(handle: impl Into<Option<Handle>>) -> Self {
        Self { handle: handle.into(), judge: AtHead(classify::Errors) }
    }
}

#[cfg(feature = "http")]
impl OperationLayer<AtHead<classify::Http>> {
    /// The same, judging [HTTP responses](classify::Http).
    #[must_use]
    pub fn http(operation: &str, component: &str) -> Self {
        OperationLayer::new(operation, component).classify(classify::Http)
    }
}

#[cfg(feature = "http")]
impl OperationLayer<AtEnd<classify::Grpc>> {
    /// The same, judging [gRPC responses](classify::Grpc) when their trailers are there.
    #[must_use]
    pub fn grpc(operation: &str, component: &str) -> Self {
        OperationLayer::new(operation, component).classify(classify::Grpc).at_body_end()
    }
}

impl<J> OperationLayer<J> {
    /// The handle, to look at the operation; `None` of a layer that is off.
    #[must_use]
    pub const fn handle(&self) -> Option<&Handle> {
        self.handle.as_ref()
    }

    pub(crate) fn map_judge<J2>(self, map: impl FnOnce(J) -> J2) -> OperationLayer<J2> {
        OperationLayer { handle: self.handle, judge: map(self.judge) }
    }
}

judged!(OperationLayer);

impl<S, J: Clone> Layer<S> for OperationLayer<J> {
    type Service = OperationService<S, J>;

    fn layer(&self, inner: S) -> Self::Service {
        OperationService::new(inner, self.handle.clone(), self.judge.clone())
    }
}
