//! The services of a stack, each around the next.

use super::Stack;
use super::shape::{Fallback, Terms, Tries};
use crate::bulkhead::BulkheadService;
use crate::circuit_breaker::{CircuitBreakerLayer, CircuitBreakerService, Handle};
use crate::deadline::{DeadlineLayer, DeadlineService};
use crate::error_budget::ErrorBudgetService;
use crate::failure_log::{FailureLogLayer, FailureLogService, Nothing};
use crate::operation::{OperationLayer, OperationService};
use crate::rate_limit::{InTurn, RateLimitLayer, RateLimitService, Silent};
use crate::retry::RetryService;
use crate::timeout::{TimeoutLayer, TimeoutService};
use crate::{deadline, rate_limit, retry, timeout};
use tower_layer::Layer;

/// A service with a stack on it: what a struct that holds one names as the type of its field.
///
/// `L` is the type of the stack: [`Http`](super::Http), [`Grpc`](super::Grpc), or what its modes make of it.
///
/// ```
/// use buttress::{Stack, Stacked};
///
/// struct Prices<S: Clone> {
///     service: Stacked<S>,
/// }
///
/// impl<S: Clone> Prices<S> {
///     fn new(service: S) -> Self {
///         Self { service: tower::Layer::layer(&Stack::new("prices"), service) }
///     }
/// }
/// ```
pub type Stacked<S, L = Stack> = <L as Layer<S>>::Service;

/// One attempt.
type Attempt<S, R, J, Q> = RateLimitService<
    Breaker<BulkheadService<TimeoutService<S, R, Option<timeout::Handle>>, <Q as Terms>::Places, R, J>, R, J>,
    Option<rate_limit::Handle>,
    R,
    <Q as Terms>::Cost,
    Silent,
    InTurn,
>;

/// All attempts, and what limits them.
type Attempts<S, R, Y, W, K, I> =
    DeadlineService<RetryService<S, Option<retry::Handle>, R, Y, W, K>, R, Option<deadline::Handle>, I>;

/// The same with the fallback.
type Answered<S, R, J, Y, W, K, I, F, Q> =
    <<F as Fallback<R>>::Layer as Layer<Guarded<S, R, J, Y, W, K, I, Q>>>::Service;

/// All but what stands around it to look on or to step in.
type Guarded<S, R, J, Y, W, K, I, Q> = Breaker<Attempts<Attempt<S, R, J, Q>, R, Y, W, K, I>, R, J>;

type Breaker<S, R, J> = CircuitBreakerService<S, Option<Handle>, R, J>;

impl<S, R, J, Y, W, K, I, F, B, Q> Layer<S> for Stack<R, J, Tries<Y, W, K>, I, F, B, Q>
where
    S: Clone,
    R: Clone,
    J: Clone,
    Y: Clone,
    W: Clone,
    K: Clone,
    I: Clone,
    F: Fallback<R, Layer: Layer<Guarded<S, R, J, Y, W, K, I, Q>>>,
    B: Layer<Answered<S, R, J, Y, W, K, I, F, Q>>,
    Q: Terms,
{
    type Service = FailureLogService<
        ErrorBudgetService<OperationService<B::Service, J>, Q::Budget, R, J>,
        Q::Failures,
        Nothing,
        J,
    >;

    fn layer(&self, inner: S) -> Self::Service {
        let refuse = || self.refuse.clone();
        let breaker = |handle: &Option<Handle>| {
            let layer = CircuitBreakerLayer::from_handle(handle.clone()).with_refuse(refuse());
            layer.map_judge(|_| self.judge.clone())
        };
        let timeout = TimeoutLayer::from_handle(self.handles.timeout.clone()).with_refuse(refuse());
        let deadline = DeadlineLayer::from_handle(self.handles.deadline.clone()).with_refuse(refuse());
        let places = self.terms.places(self.handles.bulkhead.clone()).with_refuse(refuse());
        let places = places.map_judge(|_| self.judge.clone());
        let rate = RateLimitLayer::from_handle(self.handles.rate_limit.clone()).with_refuse(refuse());
        let rate = rate.cost(self.terms.cost()).wait(self.handles.rate_wait);
        let attempt = breaker(&self.handles.breaker_per_attempt).layer(places.layer(timeout.layer(inner)));
        let attempt = rate.layer(attempt);
        let attempts = self.tries.clone().with_refuse(refuse()).layer(attempt);
        let attempts = deadline.incoming(self.incoming.clone()).layer(attempts);
        let guarded = breaker(&self.handles.breaker_outside).layer(attempts);
        let answered = self.fallback.in_mode(&self.refuse).layer(guarded);
        let operation = OperationLayer::from_handle(self.handles.operation.clone());
        let operation = operation.map_judge(|_| self.judge.clone()).layer(self.bandwidth.layer(answered));
        let budget = self.terms.budget(self.handles.error_budget.clone(), self.handles.sheds);
        let budget = budget.with_refuse(refuse()).map_judge(|_| self.judge.clone()).layer(operation);
        let failures = FailureLogLayer::from_operation(self.handles.failure_log.clone());
        failures.described(self.terms.failures()).map_judge(|_| self.judge.clone()).layer(budget)
    }
}
