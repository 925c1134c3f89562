//! The services of a stack, each around the next.

use super::Stack;
use crate::circuit_breaker::{CircuitBreakerLayer, CircuitBreakerService, Handle};
use crate::operation::{OperationLayer, OperationService};
use crate::timeout::{TimeoutLayer, TimeoutService};
use std::time::Duration;
use tower_layer::Layer;

/// A service with a stack on it: what a struct that holds one names as the type of its field.
///
/// `L` is the type of the stack: [`Http`](super::Http), [`Grpc`](super::Grpc), or what its modes make of it.
pub type Stacked<S, L = Stack> = <L as Layer<S>>::Service;

type Attempt<S, R, J> = Breaker<TimeoutService<S, R>, R, J>;

type Breaker<S, R, J> = CircuitBreakerService<S, Option<Handle>, R, J>;

impl<S, R: Clone, J: Clone> Layer<S> for Stack<R, J> {
    type Service = OperationService<Breaker<Attempt<S, R, J>, R, J>, J>;

    fn layer(&self, inner: S) -> Self::Service {
        let timeout = TimeoutLayer::new(self.timeout.unwrap_or(Duration::MAX))
            .named(self.name)
            .with_refuse(self.refuse.clone());
        let attempt = self.breaker(&self.breaker_per_attempt).layer(timeout.layer(inner));
        let call = self.breaker(&self.breaker_outside).layer(attempt);
        OperationLayer::from_handle(self.operation.clone()).map_judge(|_| self.judge.clone()).layer(call)
    }
}

impl<R: Clone, J: Clone> Stack<R, J> {
    fn breaker(&self, handle: &Option<Handle>) -> CircuitBreakerLayer<Option<Handle>, R, J> {
        let layer = CircuitBreakerLayer::from_handle(handle.clone());
        layer.with_refuse(self.refuse.clone()).map_judge(|_| self.judge.clone())
    }
}
