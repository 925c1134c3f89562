//! The layers as methods of tower's builder.

use crate::circuit_breaker::Handle;
use crate::fallback::{FallbackLayer, Value};
use crate::{
    BulkheadLayer, CircuitBreakerLayer, DeadlineLayer, ErrorBudgetLayer, FailureLogLayer, RateLimitLayer,
    RetryLayer, TimeoutLayer, bulkhead, error_budget, failure_log, rate_limit, retry,
};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_layer::Stack;

/// The layers of buttress as methods of [`ServiceBuilder`], with rejections [boxed](crate::Boxed); for the other ways take
/// [`ServiceBuilder::layer`].
///
/// ```
/// use buttress::circuit_breaker::{Config, Handle};
/// use buttress::ServiceBuilderExt as _;
/// use buttress::{bulkhead, error_budget, rate_limit, retry};
/// use std::time::Duration;
/// use tower::{ServiceBuilder, service_fn};
///
/// let orders = Handle::new("orders", Config::default());
/// let service = ServiceBuilder::new()
///     .error_budget(error_budget::presets::standard())
///     .fall_back_to(0)
///     .retries(retry::Config::default()) // or a `retry::Handle`, to look at it
///     .rate(rate_limit::Config::default())
///     .circuit_breaker(orders.clone()) // or a `Config`, for a breaker that only this stack knows
///     .bulkhead(bulkhead::Config::default())
///     .time_limit(Duration::from_secs(1))
///     .service(service_fn(|id: u64| async move { Ok::<_, std::io::Error>(id) }));
/// # let _ = buttress::check::<u64, _>(service);
/// ```
pub trait ServiceBuilderExt<L>: sealed::Sealed<L> + Sized {
    /// A [`CircuitBreakerLayer`]: any error is a failure, any response a success.
    fn circuit_breaker(self, breaker: impl Into<Handle>) -> ServiceBuilder<Stack<CircuitBreakerLayer, L>>;

    /// A [`CircuitBreakerLayer`] that judges [HTTP responses](crate::classify::Http).
    #[cfg(feature = "http")]
    fn circuit_breaker_http(self, breaker: impl Into<Handle>) -> ServiceBuilder<Stack<HttpBreaker, L>>;

    /// A [`BulkheadLayer`]: so many calls at a time, and a few that wait for their turn.
    fn bulkhead(self, places: impl Into<bulkhead::Handle>) -> ServiceBuilder<Stack<BulkheadLayer, L>>;

    /// A [`RateLimitLayer`] that refuses what comes too soon; each call costs one token. Not `rate_limit`, as tower's own layer
    /// has that name.
    fn rate(self, limit: impl Into<rate_limit::Handle>) -> ServiceBuilder<Stack<RateLimitLayer, L>>;

    /// A [`BandwidthLayer`](crate::BandwidthLayer) for all bodies together.
    #[cfg(feature = "http")]
    fn bandwidth(
        self,
        limits: impl Into<crate::bandwidth::Handle>,
    ) -> ServiceBuilder<Stack<crate::BandwidthLayer, L>>;

    /// A [`FailureLogLayer`] that writes the failures of an operation down: any error is one.
    fn failure_log(self, operation: failure_log::Operation) -> ServiceBuilder<Stack<FailureLogLayer, L>>;

    /// An [`ErrorBudgetLayer`]: any error is a failure, any response a success.
    fn error_budget(
        self,
        budget: impl Into<error_budget::Handle>,
    ) -> ServiceBuilder<Stack<ErrorBudgetLayer, L>>;

    /// An [`ErrorBudgetLayer`] that judges [HTTP responses](crate::classify::Http).
    #[cfg(feature = "http")]
    fn error_budget_http(
        self,
        budget: impl Into<error_budget::Handle>,
    ) -> ServiceBuilder<Stack<HttpBudget, L>>;

    /// A [`FallbackLayer`] that answers with clones of `value` what is refused beneath.
    fn fall_back_to<V: Clone>(self, value: V) -> ServiceBuilder<Stack<FallbackLayer<Value<V>>, L>>;

    /// A [`RetryLayer`]: any error is tried again, with a clone of the request. Not `retry`, as tower's own layer has that
    /// name.
    fn retries(self, retry: impl Into<retry::Handle>) -> ServiceBuilder<Stack<RetryLayer, L>>;

    /// A [`TimeoutLayer`]. Not `timeout`, as tower's own layer has that name.
    fn time_limit(self, limit: Duration) -> ServiceBuilder<Stack<TimeoutLayer, L>>;

    /// A [`DeadlineLayer`].
    fn deadline(self, limit: Duration) -> ServiceBuilder<Stack<DeadlineLayer, L>>;

    /// A [`DeadlineLayer`] for [HTTP](DeadlineLayer::http).
    #[cfg(feature = "http")]
    fn deadline_http(self, limit: Duration) -> ServiceBuilder<Stack<HttpDeadline, L>>;
}

#[cfg(feature = "http")]
type HttpDeadline = DeadlineLayer<crate::Boxed, crate::timeout::Limit, crate::deadline::Headers>;

#[cfg(feature = "http")]
type HttpBudget = ErrorBudgetLayer<error_budget::Handle, crate::Boxed, crate::AtHead<crate::classify::Http>>;

#[cfg(feature = "http")]
type HttpBreaker = CircuitBreakerLayer<Handle, crate::Boxed, crate::AtHead<crate::classify::Http>>;

impl<L> ServiceBuilderExt<L> for ServiceBuilder<L> {
    fn circuit_breaker(self, breaker: impl Into<Handle>) -> ServiceBuilder<Stack<CircuitBreakerLayer, L>> {
        self.layer(CircuitBreakerLayer::from_handle(breaker.into()))
    }

    #[cfg(feature = "http")]
    fn circuit_breaker_http(self, breaker: impl Into<Handle>) -> ServiceBuilder<Stack<HttpBreaker, L>> {
        self.layer(CircuitBreakerLayer::from_handle(breaker.into()).classify(crate::classify::Http))
    }

    fn bulkhead(self, places: impl Into<bulkhead::Handle>) -> ServiceBuilder<Stack<BulkheadLayer, L>> {
        self.layer(BulkheadLayer::from_handle(places.into()))
    }

    fn rate(self, limit: impl Into<rate_limit::Handle>) -> ServiceBuilder<Stack<RateLimitLayer, L>> {
        self.layer(RateLimitLayer::from_handle(limit.into()))
    }

    #[cfg(feature = "http")]
    fn bandwidth(
        self,
        limits: impl Into<crate::bandwidth::Handle>,
    ) -> ServiceBuilder<Stack<crate::BandwidthLayer, L>> {
        self.layer(crate::BandwidthLayer::from_handle(limits.into()))
    }

    fn failure_log(self, operation: failure_log::Operation) -> ServiceBuilder<Stack<FailureLogLayer, L>> {
        self.layer(FailureLogLayer::from_operation(operation))
    }

    fn error_budget(
        self,
        budget: impl Into<error_budget::Handle>,
    ) -> ServiceBuilder<Stack<ErrorBudgetLayer, L>> {
        self.layer(ErrorBudgetLayer::from_handle(budget.into()))
    }

    #[cfg(feature = "http")]
    fn error_budget_http(
        self,
        budget: impl Into<error_budget::Handle>,
    ) -> ServiceBuilder<Stack<HttpBudget, L>> {
        self.layer(ErrorBudgetLayer::from_handle(budget.into()).classify(crate::classify::Http))
    }

    fn fall_back_to<V: Clone>(self, value: V) -> ServiceBuilder<Stack<FallbackLayer<Value<V>>, L>> {
        self.layer(FallbackLayer::value(value))
    }

    fn retries(self, retry: impl Into<retry::Handle>) -> ServiceBuilder<Stack<RetryLayer, L>> {
        self.layer(RetryLayer::from_handle(retry.into()))
    }

    fn time_limit(self, limit: Duration) -> ServiceBuilder<Stack<TimeoutLayer, L>> {
        self.layer(TimeoutLayer::new(limit))
    }

    fn deadline(self, limit: Duration) -> ServiceBuilder<Stack<DeadlineLayer, L>> {
        self.layer(DeadlineLayer::new(limit))
    }

    #[cfg(feature = "http")]
    fn deadline_http(self, limit: Duration) -> ServiceBuilder<Stack<HttpDeadline, L>> {
        self.layer(DeadlineLayer::http(limit))
    }
}

mod sealed {
    /// The methods are tower's builder's alone, so that more of them are no breaking change.
    pub trait Sealed<L> {}

    impl<L> Sealed<L> for tower::ServiceBuilder<L> {}
}
