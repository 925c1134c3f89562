//! A service of plans whose type is forgotten, so that layers of any type are held to one contract by the same code.
//!
//! tower's boxed services would do, were their futures `Sync`: a layer over one could not show that its own are.

use crate::Plan;
use buttress::BoxError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::Service;

/// The result of a call.
pub type CallResult = Result<&'static str, BoxError>;

/// The future of an [`Erased`] service.
pub type ErasedFuture = Pin<Box<dyn Future<Output = CallResult> + Send + Sync>>;

/// Any service of plans. Changes nothing: what it is asked, it asks the service inside, once.
pub struct Erased(Box<dyn Dynamic>);

trait Dynamic: Send + Sync {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>>;
    fn call(&mut self, plan: Plan) -> ErasedFuture;
    fn cloned(&self) -> Box<dyn Dynamic>;
}

/// What a service must be to be put to the test: that these bounds are met is a part of it.
pub trait Contracted:
    Service<Plan, Response = &'static str, Error: Into<BoxError>, Future: Send + Sync + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Contracted for S where
    S: Service<Plan, Response = &'static str, Error: Into<BoxError>, Future: Send + Sync + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

impl<S: Contracted> Dynamic for S {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Service::poll_ready(self, cx).map_err(Into::into)
    }

    fn call(&mut self, plan: Plan) -> ErasedFuture {
        let future = Service::call(self, plan);
        Box::pin(async move { future.await.map_err(Into::into) })
    }

    fn cloned(&self) -> Box<dyn Dynamic> {
        Box::new(self.clone())
    }
}

impl Erased {
    /// Forgets the type of `service`.
    pub fn new(service: impl Contracted) -> Self {
        Self(Box::new(service))
    }
}

impl Service<Plan> for Erased {
    type Response = &'static str;
    type Error = BoxError;
    type Future = ErasedFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, plan: Plan) -> ErasedFuture {
        self.0.call(plan)
    }
}

impl Clone for Erased {
    fn clone(&self) -> Self {
        Self(self.0.cloned())
    }
}

impl fmt::Debug for Erased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Erased")
    }
}
